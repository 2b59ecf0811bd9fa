import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { basename, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { rolldown } from 'rolldown';

const CACHE = fileURLToPath(new URL('../../node_modules/.cache/rdsctl-test/', import.meta.url));

/** A TypeScript program made into one that plain `node` runs. */
export interface Bundle {
  readonly path: string;
  remove(): void;
}

/**
 * Tests run programs of their own as child processes, and Node 20 doesn't run TypeScript. The program is
 * bundled by rolldown, as the executable is, into a folder below node_modules, from where it finds packages.
 * @param source the program's main file.
 */
export async function bundleProgram(source: URL): Promise<Bundle> {
  const input = fileURLToPath(source);
  const name = basename(input, '.ts');
  mkdirSync(CACHE, { recursive: true });
  const directory = mkdtempSync(join(CACHE, `${name}-`));
  const bundle = await rolldown({
    input: { [name]: input },
    platform: 'node',
    external: /^(?:node:|[a-z@])/,
    logLevel: 'warn',
  });
  await bundle.write({
    dir: directory,
    format: 'esm',
    entryFileNames: '[name].mjs',
    chunkFileNames: '[name]-[hash].mjs',
  });
  await bundle.close();
  return {
    path: join(directory, `${name}.mjs`),
    remove: () => rmSync(directory, { recursive: true, force: true }),
  };
}
