import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import path from 'node:path';
import { describe, expect, test } from 'vitest';
import { readDocument } from './document.ts';

/** docs/DEVELOPING.md: what it names is there, and its drawing is what the structure check allows. */

const root = path.join(import.meta.dirname, '../..');
const { text, sections } = readDocument('docs/DEVELOPING.md');

interface Rule {
  readonly name: string;
  readonly from: { readonly path?: string; readonly pathNot?: string };
  readonly to: { readonly path?: string };
}

/** The arrows of the drawing, as directories of src. */
const arrows = (): [string, string][] => {
  const drawing = sections.flatMap(({ blocks }) => blocks).find(({ language }) => language === 'mermaid');
  return (drawing?.lines ?? []).flatMap((line): [string, string][] => {
    const found = /^\s*([\w-]+)(?:\[[^\]]*\])? -(?:-|- [^>]* --)> ([\w-]+)/.exec(line);
    return found === null ? [] : [[found[1] ?? '', found[2] ?? '']];
  });
};

const directoryOf = (name: string): string => (name === 'ports' ? 'src/operations/ports/' : `src/${name}/`);

describe('docs/DEVELOPING.md', () => {
  test('every path in it is there', () => {
    const paths = [...text.matchAll(/`((?:src|test|docs|man|completions|packaging|\.ci)\/[^`\s]*)`/g)].map(
      (match) => match[1] ?? '',
    );
    const commands = [...text.matchAll(/vitest run (\S+?)`/g)].map((match) => match[1] ?? '');
    const documents = [...text.matchAll(/(?<![(\w/])((?:docs\/)?[A-Z]+\.md)/g)].map(
      (match) => match[1] ?? '',
    );
    expect(paths.length).toBeGreaterThan(30);
    const all = [...paths, ...commands, ...documents];
    expect(all.filter((each) => !existsSync(path.join(root, each)))).toEqual([]);
  });

  test('every part of src is in the drawing or in the table', () => {
    const drawn = new Set(arrows().flat());
    const parts = readdirSync(path.join(root, 'src'), { withFileTypes: true })
      .filter((entry) => entry.isDirectory())
      .map(({ name }) => name);
    expect(parts.filter((name) => !drawn.has(name) && !text.includes(`src/${name}/`))).toEqual([]);
  });

  test('no arrow of the drawing is one that the structure check forbids', () => {
    const { forbidden } = createRequire(import.meta.url)(path.join(root, '.dependency-cruiser.cjs')) as {
      forbidden: readonly Rule[];
    };
    const forbids = ({ from, to }: Rule, one: string, other: string): boolean =>
      from.path !== undefined &&
      to.path !== undefined &&
      new RegExp(from.path).test(one) &&
      !(from.pathNot !== undefined && new RegExp(from.pathNot).test(one)) &&
      new RegExp(to.path).test(other);
    const refused = (one: string, other: string): string[] =>
      forbidden
        .filter((rule) => forbids(rule, `${directoryOf(one)}x.ts`, `${directoryOf(other)}x.ts`))
        .map(({ name }) => name);
    expect(arrows().length).toBeGreaterThan(15);
    // The simulator is for its own command alone, as the drawing says.
    const ordinary = arrows().filter(
      ([one, other]) => one !== 'bin' && !(one === 'cli' && other === 'simulator'),
    );
    expect(ordinary.flatMap(([one, other]) => refused(one, other))).toEqual([]);
    expect(refused('operations', 'node')).toEqual(['operations-import-no-adapter']);
  });

  test('every arrow is an import that there is', () => {
    const imports = (one: string, other: string): boolean =>
      readdirSync(path.join(root, directoryOf(one)), { recursive: true, encoding: 'utf8' })
        .filter((name) => name.endsWith('.ts'))
        .some((name) => {
          const file = path.join(root, directoryOf(one), name);
          const found = readFileSync(file, 'utf8').matchAll(/(?:from |import\()'(\.[^']+)'/g);
          return [...found].some(([, to = '']) =>
            path.resolve(path.dirname(file), to).startsWith(path.join(root, directoryOf(other))),
          );
        });
    const inSrc = arrows().filter(([one]) => one !== 'bin');
    expect(inSrc.filter(([one, other]) => !imports(one, other))).toEqual([]);
  });
});
