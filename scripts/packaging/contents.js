// Which npm packages a package of rdsctl holds: those that the command line was built from, and the one that is not
// bundled, with what it needs. With what the lockfile says of them.
import { readFileSync, readdirSync } from 'node:fs';
import path from 'node:path';

const root = path.join(import.meta.dirname, '../..');
const read = (file) => readFileSync(path.join(root, file), 'utf8');

/** Stays outside of the bundle: it finds its native part at run time. */
const NATIVE = 'fs-native-extensions';

/** The packages, by their directories: `node_modules/NAME`. To be called after a build. */
export function contents() {
  const locked = JSON.parse(read('package-lock.json')).packages;
  const native = withDependencies(NATIVE, locked);
  const directories = [...new Set([...JSON.parse(read('dist/bundled-packages.json')), ...native])].sort();
  const packages = directories.map((directory) => {
    const { version } = locked[directory] ?? {};
    if (version === undefined) throw new Error(`${directory} is not in the lockfile`);
    const manifest = JSON.parse(read(`${directory}/package.json`));
    if (manifest.version !== version)
      throw new Error(`${directory} is ${manifest.version}, the lockfile has ${version}: run npm ci`);
    return { directory, name: manifest.name, version, licence: licenceOf(manifest) };
  });
  return { packages, native };
}

function withDependencies(name, locked, found = new Set()) {
  const directory = `node_modules/${name}`;
  if (found.has(directory)) return found;
  found.add(directory);
  for (const dependency of Object.keys(locked[directory]?.dependencies ?? {}))
    withDependencies(dependency, locked, found);
  return found;
}

const licenceOf = ({ license, licenses }) => license ?? licenses?.map(({ type }) => type).join(' OR ');

/** What is under /usr/share/doc/rdsctl/copyright: rdsctl's own part, and every licence of what it holds, whole. */
export function copyright(packages, runtime) {
  const line = '-'.repeat(78);
  const others = packages.map(({ directory, name, version, licence }) => {
    const texts = readdirSync(path.join(root, directory))
      .filter((file) => /^(licen[cs]e|copying|notice|.*notice.*)/i.test(file))
      .sort()
      .map((file) => read(`${directory}/${file}`).replaceAll('\r\n', '\n').trim());
    if (texts.length === 0) throw new Error(`${directory} has no licence`);
    return `${line}\n${name} ${version}: ${licence}\n\n${texts.join('\n\n')}\n`;
  });
  const node = `${line}\nNode.js ${runtime.version} (/usr/lib/rdsctl/node)\n\n${readFileSync(runtime.licence, 'utf8')}`;
  return [read('packaging/debian/copyright'), ...others, node].join('\n');
}
