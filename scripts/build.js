// Builds dist/: the command line as CommonJS files with a code cache (the quickest thing for Node to start), and
// the library entry as an ES module. With --types also the library's type declarations, which takes longer.
import { execFileSync } from 'node:child_process';
import { existsSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { rolldown } from 'rolldown';

const root = path.dirname(import.meta.dirname);
const dist = path.join(root, 'dist');
/** Built where nothing looks and put in its place at the end: whoever runs rdsctl meanwhile has a whole one. */
const next = path.join(root, `node_modules/.rdsctl-${process.pid}`);

/**
 * What stays out of the bundle: a package that finds its native part at run time. ssh2 has native parts too,
 * which it does without when they aren't there: bundled and cached it loads in half the time.
 */
const external = (id, importer) =>
  /^fs-native-extensions($|\/)/.test(id) || (id.startsWith('node:') && !isLeftOut(id, importer));

/**
 * What a package would load and nobody needs: commander for running other programs as subcommands; ssh2 for
 * quicker ciphers, which matter for many megabytes only.
 */
const isLeftOut = (id, importer = '') =>
  (id === 'node:child_process' && /[\\/]commander[\\/]/.test(importer)) ||
  ((id.endsWith('.node') || id === 'cpu-features') && /[\\/]ssh2[\\/]/.test(importer));

const withoutUnneeded = {
  name: 'without-unneeded',
  resolveId: (id, importer) => (isLeftOut(id, importer) ? `\0left-out:${id}` : null),
  load(id) {
    if (!id.startsWith('\0left-out:')) return null;
    return id.includes('child_process') ? 'export default {};' : 'throw new Error("left out"); export {};';
  },
};

/**
 * What every command needs is one file, with the handler of `list`, which is to be as quick as can be: each
 * file more costs half a millisecond.
 */
const needed = [
  /\/src\/cli\/(run-command|parser|option-values|confirm)\.ts$/,
  /\/src\/cli\/(commands\/(handlers\.ts|list\/)|output\/(results|document)\.ts|progress\/progress-lines\.ts)/,
  /\/src\/config\/(load-state-location|state-section-cache)\.ts$/,
  /\/src\/state\/file\/read\.ts$/,
];

/** The command line: a few files to start with, and one for each command's handler. */
async function buildCommandLine() {
  const bundle = await rolldown({
    input: { main: path.join(root, 'src/cli/main.ts') },
    platform: 'node',
    external,
    cwd: root,
    plugins: [withoutUnneeded],
    checks: { ineffectiveDynamicImport: false },
  });
  const { output } = await bundle.write({
    dir: path.join(next, 'cli'),
    format: 'cjs',
    dynamicImportInCjs: false,
    entryFileNames: '[name].cjs',
    chunkFileNames: '[name]-[hash].cjs',
    // ssh2 tells its sessions apart by the name of their class.
    minify: {
      mangle: { keepNames: { function: false, class: true } },
      compress: { keepNames: { function: false, class: true } },
      codegen: true,
    },
    codeSplitting: {
      groups: [
        { name: 'version', test: /\/src\/cli\/version\.ts$|\/package\.json$/, priority: 3 },
        { name: 'start', test: /\/src\/cli\/start\.ts$/, priority: 2 },
        { name: 'command', test: (id) => needed.some((pattern) => pattern.test(id)), priority: 1 },
      ],
    },
  });
  await bundle.close();
  const packages = [...new Set(output.flatMap(packagesIn))].sort();
  writeFileSync(path.join(next, 'bundled-packages.json'), `${JSON.stringify(packages, null, 2)}\n`);
}

/** The packages that a file was made of, as the lockfile calls them: what a package of rdsctl has to name. */
const packagesIn = ({ modules = {} }) =>
  Object.keys(modules).flatMap(
    (id) => /^node_modules\/(?:.+\/node_modules\/)?(?:@[^/]+\/)?[^/]+/.exec(path.relative(root, id)) ?? [],
  );

/** The library for programs that embed rdsctl: its dependencies stay dependencies. */
async function buildLibrary() {
  const input = path.join(root, 'src/index.ts');
  if (!existsSync(input)) return;
  const bundle = await rolldown({ input, platform: 'node', external: /^[^./]/, cwd: root });
  await bundle.write({
    dir: next,
    format: 'esm',
    entryFileNames: 'index.js',
    chunkFileNames: 'lib/[name]-[hash].js',
  });
  await bundle.close();
}

function run(script, ...args) {
  execFileSync(process.execPath, [script, ...args], { cwd: root, stdio: 'inherit' });
}

try {
  await Promise.all([buildCommandLine(), buildLibrary()]);
  run('scripts/code-cache.js', path.join(next, 'cli'));
  if (process.argv.includes('--types')) {
    run('node_modules/typescript/bin/tsc', '-p', 'tsconfig.build.json', '--outDir', path.join(next, 'types'));
  }
  const old = `${next}.old`;
  if (existsSync(dist)) renameSync(dist, old);
  renameSync(next, dist);
  rmSync(old, { recursive: true, force: true });
} finally {
  rmSync(next, { recursive: true, force: true });
}
