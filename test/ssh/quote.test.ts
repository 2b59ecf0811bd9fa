import { execFileSync } from 'node:child_process';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { quoteForShell } from '../../src/ssh/quote.ts';

/** Those of the shells that are installed here; `sh` always is. */
const shells = ['sh', 'bash', 'dash', 'zsh', 'ksh', 'busybox'].filter((shell) => {
  try {
    execFileSync(shell, shell === 'busybox' ? ['sh', '-c', ':'] : ['-c', ':'], { stdio: 'ignore' });
    return true;
  } catch {
    return false;
  }
});

/** The words that a shell makes of a command line. */
function wordsIn(shell: string, line: string): string[] {
  const args = shell === 'busybox' ? ['sh', '-c'] : ['-c'];
  const output = execFileSync(shell, [...args, `printf '%s\\0' ${line}`], { encoding: 'utf8' });
  return output.split('\0').slice(0, -1);
}

const AWKWARD = [
  "'",
  '"',
  '`',
  '$(x)',
  '$HOME',
  '\\',
  '!',
  '~',
  '*',
  '[a]',
  '{a,b}',
  ';',
  '&',
  '|',
  '<',
  '#',
  '=a',
  'a=b',
  '-n',
  ' ',
  '\t',
  '',
  'ü',
  '%s',
  '()',
  "''",
  "\\'",
  '^a',
  '?',
];

test.each(shells)('%s splits a line into the words it was made of', (shell) => {
  expect(wordsIn(shell, quoteForShell(AWKWARD))).toEqual(AWKWARD);
  const text = fc.string({ unit: fc.constantFrom(...AWKWARD, 'a', 'B', '7'), maxLength: 12 });
  fc.assert(
    fc.property(fc.array(text, { minLength: 1, maxLength: 5 }), (words) => {
      expect(wordsIn(shell, quoteForShell(words))).toEqual(words);
    }),
    { numRuns: 40 },
  );
});

test('plain words stay readable', () => {
  expect(quoteForShell(['nvme', 'connect', '--nqn', 'nqn.2000-02.com.mikrotik:vol-1'])).toBe(
    'nvme connect --nqn nqn.2000-02.com.mikrotik:vol-1',
  );
  expect(quoteForShell(["it's", 'a b'])).toBe(String.raw`'it'\''s' 'a b'`);
});

test.each(['a\nb', 'a\rb', 'a\0b'])('%j is refused', (word) => {
  expect(() => quoteForShell([word])).toThrow(expect.objectContaining({ reason: 'BAD_ARGUMENT' }) as Error);
});
