import { execFileSync } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import { generatedFiles } from '../../src/cli/generated-files.ts';

const root = path.join(import.meta.dirname, '../..');
const read = (file: string): string => readFileSync(path.join(root, file), 'utf8');
const files = generatedFiles(read);

describe('files that are made from the definitions (npm run generate)', () => {
  it.each([...files])('%s is up to date', (name, text) => {
    expect(read(name)).toBe(text);
  });

  it('are all that stand in their directories', () => {
    for (const directory of ['man', 'completions']) {
      const wanted = [...files.keys()].filter((name) => name.startsWith(`${directory}/`));
      expect(readdirSync(path.join(root, directory)).map((name) => `${directory}/${name}`)).toEqual(
        wanted.sort(),
      );
    }
  });
});

describe('the manual', () => {
  const pages = [...files.keys()].filter((name) => name.startsWith('man/'));

  it.each(pages)('%s is what mandoc takes for a clean page', (name) => {
    const said = execFileSync(
      'sh',
      ['-c', 'mandoc -Tlint -Wwarning "$1" 2>&1 || true', 'sh', path.join(root, name)],
      { encoding: 'utf8' },
    );
    expect(said).toBe('');
  });

  it.each(pages)('%s can be read at 80 columns', (name) => {
    const said = execFileSync('mandoc', ['-Tutf8', '-Owidth=78', path.join(root, name)], {
      encoding: 'utf8',
    });
    // Bold and underlined letters are written twice, one over the other.
    const text = said.replaceAll(new RegExp(`.${String.fromCharCode(8)}`, 'gu'), '');
    expect(text).toContain('NAME');
    expect(text).not.toMatch(/\\f[BIR]|^\.[A-Z][a-z]/m);
  });
});
