import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { basename, join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { rolldown, type Plugin } from 'rolldown';

const CACHE = fileURLToPath(new URL('../../node_modules/.cache/rdsctl-test/', import.meta.url));

/** A TypeScript program made into one that plain `node` runs. */
export interface Bundle {
  readonly path: string;
  remove(): void;
}

/** A deliberate mistake: a text of a source file and what is put in its place. */
export interface Mistake {
  /** From the project's root: `src/…`. */
  readonly file: string;
  readonly from: string;
  readonly to: string;
}

/**
 * Tests run programs of their own as child processes, and Node 20 doesn't run TypeScript. The program is
 * bundled by rolldown, as the executable is, into a folder below node_modules, from where it finds packages.
 * @param source the program's main file.
 * @param mistakes made in the sources on the way.
 * @throws Error when one can't be made: the source does not hold its text, or more than once.
 */
export async function bundleProgram(source: URL, mistakes: readonly Mistake[] = []): Promise<Bundle> {
  const input = fileURLToPath(source);
  const name = basename(input, '.ts');
  mkdirSync(CACHE, { recursive: true });
  const directory = mkdtempSync(join(CACHE, `${name}-`));
  const making = makeMistakes(mistakes);
  const bundle = await rolldown({
    input: { [name]: input },
    platform: 'node',
    external: /^(?:node:|[a-z@])/,
    logLevel: 'warn',
    plugins: [making.plugin],
  });
  await bundle.write({
    dir: directory,
    format: 'esm',
    entryFileNames: '[name].mjs',
    chunkFileNames: '[name]-[hash].mjs',
  });
  await bundle.close();
  making.check();
  return {
    path: join(directory, `${name}.mjs`),
    remove: () => rmSync(directory, { recursive: true, force: true }),
  };
}

const ROOT = fileURLToPath(new URL('../../', import.meta.url));

function makeMistakes(mistakes: readonly Mistake[]): { plugin: Plugin; check: () => void } {
  const left = new Set(mistakes);
  return {
    plugin: {
      name: 'mistakes',
      transform(code, id) {
        let changed = code;
        for (const mistake of mistakes) {
          if (id !== resolve(ROOT, mistake.file)) continue;
          const parts = changed.split(mistake.from);
          if (parts.length !== 2)
            throw new Error(
              `${mistake.file} holds ${parts.length - 1} times what is to be broken: ${mistake.from}`,
            );
          changed = parts.join(mistake.to);
          left.delete(mistake);
        }
        return changed === code ? null : { code: changed, map: null };
      },
    },
    check() {
      const [missed] = left;
      if (missed !== undefined) throw new Error(`${missed.file} is not part of the program`);
    },
  };
}
