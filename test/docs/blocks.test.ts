import { existsSync, readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, test } from 'vitest';
import { readDocument } from './document.ts';

/**
 * How each kind of block in the documents is checked: by which test. A block that is in no line here is one that
 * nobody runs.
 */
const PLAYED = 'played: every heading with sh blocks, its output held against the text blocks';
const CHECKS: Readonly<Record<string, Readonly<Record<string, readonly [test: string, how: string]>>>> = {
  'README.md': {
    console: ['docs/readme.test.ts', 'held against a run of the demo'],
    sh: ['docs/readme.test.ts', 'scripts of the package'],
    ts: ['docs/readme.test.ts', 'compiled'],
    text: ['docs/readme.test.ts', 'drawings'],
  },
  'docs/CONFIGURATION.md': { yaml: ['config/documented.test.ts', 'parsed'] },
  'docs/DEVELOPING.md': {
    sh: ['docs/readme.test.ts', 'scripts of the package'],
    mermaid: ['docs/developing.test.ts', 'held against the imports and the structure check'],
  },
  'docs/ETCD.md': {
    sh: ['docs/etcd.test.ts', PLAYED],
    yaml: ['docs/etcd.test.ts', 'parsed'],
  },
  'docs/FAQ.md': {
    sh: ['docs/faq.test.ts', PLAYED],
    text: ['docs/faq.test.ts', PLAYED],
    routeros: ['docs/faq.test.ts', 'parsed for each version, and run'],
  },
  'docs/GETTING-STARTED.md': {
    sh: ['docs/getting-started.test.ts', PLAYED],
    text: ['docs/getting-started.test.ts', PLAYED],
    routeros: [
      'docs/getting-started.test.ts',
      'parsed for each version, and run where the simulator has the menu',
    ],
  },
  'docs/MANIFEST.md': { yaml: ['docs/manifest.test.ts', 'applied'] },
  'docs/PACEMAKER.md': { sh: ['docs/pacemaker.test.ts', PLAYED] },
  'docs/RUNBOOKS.md': {
    sh: ['docs/readme.test.ts', 'run, in two shells'],
    yaml: ['docs/runbooks.test.ts', 'played'],
  },
  ...Object.fromEntries(
    ['admin-host-lost', 'cron', 'live-migration', 'node-died', 'node-maintenance', 'rds-rebooting'].map(
      (name) => [
        `docs/runbooks/${name}.md`,
        {
          sh: ['docs/runbooks.test.ts', PLAYED],
          text: ['docs/runbooks.test.ts', name === 'cron' ? 'the line that is shipped' : PLAYED],
          ...(name === 'live-migration'
            ? { yaml: ['docs/runbooks.test.ts', 'the setting it is about'] }
            : {}),
        } as const,
      ],
    ),
  ),
};

const root = path.join(import.meta.dirname, '../..');
const DOCUMENTS = [
  'README.md',
  ...readdirSync(path.join(root, 'docs'), { recursive: true, encoding: 'utf8' })
    .filter((name) => name.endsWith('.md'))
    .map((name) => path.posix.join('docs', name))
    .sort(),
];

describe('blocks of the documents', () => {
  test.each(DOCUMENTS)('%s: each is of a kind that a test runs or parses', (file) => {
    const blocks = readDocument(file).sections.flatMap((section) => section.blocks);
    const unchecked = blocks.filter(({ language }) => CHECKS[file]?.[language] === undefined);
    expect(unchecked.map(({ line, language }) => `${file}:${line}: ${language || 'no language'}`)).toEqual(
      [],
    );
    const kinds = new Set(blocks.map(({ language }) => language));
    expect(Object.keys(CHECKS[file] ?? {}).filter((kind) => !kinds.has(kind))).toEqual([]);
  });

  test.each(Object.entries(CHECKS))('%s: the tests that are named do look at it', (file, kinds) => {
    for (const [test, how] of Object.values(kinds)) {
      const text = readFileSync(path.join(root, 'test', test), 'utf8');
      expect(text).toContain(path.basename(file));
      if (how === PLAYED) expect(text).toMatch(/\.unplayed/);
    }
  });

  test('a text block shows the output of the sh block before it', () => {
    for (const [file, kinds] of Object.entries(CHECKS)) {
      if (kinds['text']?.[1] !== PLAYED) continue;
      for (const { blocks } of readDocument(file).sections) {
        for (const [index, { language, line }] of blocks.entries()) {
          if (language === 'text') expect(blocks[index - 1]?.language, `${file}:${line}`).toBe('sh');
        }
      }
    }
  });
});

describe('links of the documents', () => {
  /** How GitHub and others name a heading. */
  const anchorOf = (heading: string): string =>
    heading
      .toLowerCase()
      .replaceAll(/[^\w\s-]/g, '')
      .trim()
      .replaceAll(/\s/g, '-');

  test.each(DOCUMENTS)('%s: what they lead to is there', (file) => {
    const { text } = readDocument(file);
    const dead = [...text.matchAll(/\]\(([^)\s]+)\)/g)]
      .map((match) => match[1] ?? '')
      .filter((target) => !/^[a-z]+:/.test(target))
      .filter((target) => {
        const [to = '', anchor] = target.split('#');
        const other = to === '' ? file : path.posix.join(path.posix.dirname(file), to);
        if (!existsSync(path.join(root, other))) return true;
        if (anchor === undefined) return false;
        return !readDocument(other).sections.some(({ heading }) => anchorOf(heading) === anchor);
      });
    expect(dead).toEqual([]);
  });
});
