// What makes a directory of files a Debian package: the version, the control files, modes and times.
import { createHash } from 'node:crypto';
import {
  chmodSync,
  lstatSync,
  lutimesSync,
  mkdirSync,
  readFileSync,
  readdirSync,
  writeFileSync,
} from 'node:fs';
import path from 'node:path';

const root = path.join(import.meta.dirname, '../..');
const debian = path.join(root, 'packaging/debian');
const SCRIPTS = ['postinst', 'prerm', 'postrm'];
const PROGRAMS = [
  ...SCRIPTS.map((script) => `DEBIAN/${script}`),
  'usr/lib/rdsctl/node',
  'usr/lib/rdsctl/bin/rdsctl',
  'usr/lib/rdsctl/bin/fence_rds',
];

/** The package's version, and the seconds since 1970 that all its files get: $SOURCE_DATE_EPOCH or the changelog's. */
export function release() {
  const changelog = readFileSync(path.join(debian, 'changelog'), 'utf8');
  const [, version] = /^rdsctl \(([^)]+)\)/.exec(changelog) ?? [];
  const [, date] = /^ -- .* {2}(.+)$/m.exec(changelog) ?? [];
  const { version: upstream } = JSON.parse(readFileSync(path.join(root, 'package.json'), 'utf8'));
  if (!version?.startsWith(`${upstream}-`))
    throw new Error(`packaging/debian/changelog is of ${version}, package.json of ${upstream}`);
  const wanted = process.env['SOURCE_DATE_EPOCH'];
  const time = wanted === undefined ? Date.parse(date) / 1000 : Number(wanted);
  if (!Number.isInteger(time)) throw new Error(`neither "${date}" nor "${wanted}" is a time`);
  return { version, time };
}

/** Puts the control files beside the files of the package. */
export function writeControl(tree, { version, architecture }) {
  const files = filesBelow(tree, '');
  const sizes = files.map((file) => Math.ceil(lstatSync(path.join(tree, file)).size / 1024) + 1);
  const size = sizes.reduce((sum, one) => sum + one, 0);
  const sums = files
    .filter((file) => lstatSync(path.join(tree, file)).isFile())
    .map((file) => `${md5(path.join(tree, file))}  ${file}\n`);
  const control = path.join(tree, 'DEBIAN');
  mkdirSync(control);
  const fields = `Version: ${version}\nArchitecture: ${architecture}\nInstalled-Size: ${size}\n`;
  const text = readFileSync(path.join(debian, 'control'), 'utf8').replace(/^Section:/m, `${fields}Section:`);
  writeFileSync(path.join(control, 'control'), text);
  writeFileSync(path.join(control, 'md5sums'), sums.join(''));
  for (const script of SCRIPTS)
    writeFileSync(path.join(control, script), readFileSync(path.join(debian, script)));
}

function filesBelow(tree, directory) {
  return readdirSync(path.join(tree, directory), { withFileTypes: true })
    .sort((one, other) => (one.name < other.name ? -1 : 1))
    .flatMap((entry) => {
      const file = path.join(directory, entry.name);
      return entry.isDirectory() ? filesBelow(tree, file) : [file];
    });
}

/** dpkg knows no other digest; it is against damage, not against malice. */
function md5(file) {
  return createHash('md5').update(readFileSync(file)).digest('hex');
}

/** Gives everything below `tree` modes and times that depend on nothing of this machine. */
export function makeUniform(tree, time, inside = '') {
  const file = path.join(tree, inside);
  const status = lstatSync(file);
  if (status.isDirectory()) {
    for (const name of readdirSync(file)) makeUniform(tree, time, path.join(inside, name));
    // Nobody may enter /etc/rdsctl before postinst says who may.
    chmodSync(file, inside === 'etc/rdsctl' ? 0o750 : 0o755);
  } else if (!status.isSymbolicLink()) {
    chmodSync(file, PROGRAMS.includes(inside) ? 0o755 : 0o644);
  }
  lutimesSync(file, time, time);
}
