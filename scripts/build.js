// Builds dist/: the command line as CommonJS chunks (the quickest thing for Node to start), the library entry
// as an ES module. With --types also the library's type declarations, which takes longer.
import { execFileSync } from 'node:child_process';
import { existsSync, rmSync } from 'node:fs';
import path from 'node:path';
import { rolldown } from 'rolldown';

const root = path.dirname(import.meta.dirname);
const dist = path.join(root, 'dist');

/** Packages with native parts, or parts that are looked for at run time: loaded from node_modules. */
const external = [/^node:/, /^ssh2($|\/)/, /^fs-native-extensions($|\/)/, /^proper-lockfile($|\/)/];

/** The command line: one chunk to start with, one for each command's handler, loaded when it is used. */
async function buildCommandLine() {
  const bundle = await rolldown({
    input: { main: path.join(root, 'src/cli/main.ts') },
    platform: 'node',
    external,
    cwd: root,
  });
  await bundle.write({
    dir: path.join(dist, 'cli'),
    format: 'cjs',
    entryFileNames: '[name].cjs',
    chunkFileNames: '[name]-[hash].cjs',
    minify: true,
  });
  await bundle.close();
}

/** The library for programs that embed rdsctl: its dependencies stay dependencies. */
async function buildLibrary() {
  const input = path.join(root, 'src/index.ts');
  if (!existsSync(input)) return;
  const bundle = await rolldown({ input, platform: 'node', external: /^[^./]/, cwd: root });
  await bundle.write({
    dir: dist,
    format: 'esm',
    entryFileNames: 'index.js',
    chunkFileNames: 'lib/[name]-[hash].js',
  });
  await bundle.close();
}

rmSync(dist, { recursive: true, force: true });
await Promise.all([buildCommandLine(), buildLibrary()]);
if (process.argv.includes('--types')) {
  execFileSync(process.execPath, ['node_modules/typescript/bin/tsc', '-p', 'tsconfig.build.json'], {
    cwd: root,
    stdio: 'inherit',
  });
}
