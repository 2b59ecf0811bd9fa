import { readdirSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, test } from 'vitest';
import { splitArgv } from '../../src/cli/argv.ts';
import { COMMANDS, findDefinition } from '../../src/cli/commands/index.ts';
import { parseCommandLine } from '../../src/cli/parser.ts';
import { readDocument } from './document.ts';

/** No document names a command or an option that does not exist. */

const root = path.join(import.meta.dirname, '../..');
const DOCUMENTS = [
  'README.md',
  ...readdirSync(path.join(root, 'docs'), { recursive: true, encoding: 'utf8' })
    .filter((name) => name.endsWith('.md'))
    .map((name) => path.posix.join('docs', name))
    .sort(),
];

const groups = new Set(
  COMMANDS.filter(({ name }) => name.includes(' ')).map(({ name }) => name.split(' ')[0]),
);

/** Command lines in code, whole: `rdsctl …` in running text, and what stands on a line of a block or a table. */
function commandLines(text: string): string[] {
  const lines: string[] = [];
  let fenced = false;
  let ours = true;
  for (const line of text.split('\n')) {
    const fence = /^\s*```(.*)/.exec(line);
    if (fence !== null) fenced = !fenced;
    // A storage server's console knows no rdsctl: there the word stands in comments.
    if (fence !== null) ours = fence[1] !== 'routeros';
    if (fenced && !ours) continue;
    const code = fenced ? [line] : [...line.matchAll(/`([^`]+)`/g)].map((match) => match[1] ?? '');
    if (!fenced && /^ {4}\S/.test(line)) code.push(line);
    for (const each of code) {
      // At its beginning, after a prompt, or after what the shell or cron puts before a command.
      for (const match of each.matchAll(/(?:^|[\s(;|&/])rdsctl (?=[a-z_-])([^;|&)#]*)/g))
        lines.push((match[1] ?? '').trim());
    }
  }
  return lines;
}

/** The words as a shell makes them, as far as documents go: quotes and placeholders in braces. */
function wordsOf(line: string): string[] {
  return [...line.matchAll(/(?:"[^"]*"|'[^']*'|\S)+/g)]
    .map(([word]) => word.replaceAll(/["']/g, ''))
    .filter((word) => word !== '…');
}

/** Why it is not a command line of rdsctl; null when it is one. */
function problem(line: string): string | null {
  const argv = wordsOf(line);
  const { words, rest } = splitArgv(argv, (word) => groups.has(word));
  const name = words.join(' ');
  if (groups.has(name)) return null; // a group's name alone tells of the group
  const definition = findDefinition(name);
  if (definition === undefined) return `there is no command "${name}"`;
  if (argv.includes('--help')) return null;
  try {
    parseCommandLine(definition, rest);
    return null;
  } catch (error) {
    const message = error instanceof Error ? error.message : String(error);
    // Running text may name a command by itself.
    return rest.length === 0 && message.includes('missing required argument') ? null : message;
  }
}

describe.for(DOCUMENTS)('%s', (file) => {
  const { text } = readDocument(file);

  test('every command in it is one', () => {
    const wrong = commandLines(text).map((line) => `${line}: ${problem(line) ?? 'ok'}`);
    expect(wrong.filter((each) => !each.endsWith(': ok'))).toEqual([]);
  });
});

test('what is no command is found', () => {
  const text =
    'See `rdsctl frobnicate`.\n```sh\nDEV=$(rdsctl attach vol-1 --sharedd)\n```\n`$ rdsctl state mend`\n';
  expect(commandLines(text).map(problem)).toEqual([
    expect.stringContaining('frobnicate'),
    expect.stringContaining('--sharedd'),
    expect.stringContaining('mend'),
  ]);
});

test('the documents have commands', () => {
  const count = DOCUMENTS.reduce((sum, file) => sum + commandLines(readDocument(file).text).length, 0);
  expect(count).toBeGreaterThan(100);
});
