import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { RdsctlError } from '../../src/errors/rdsctl-error.ts';
import { errorDocument, formatErrorText } from '../../src/cli/output/error-output.ts';
import { formatColumns, type Column } from '../../src/cli/output/columns.ts';
import { makeResults, type ListResult, type Result } from '../../src/cli/output/results.ts';
import { sortNaturally } from '../../src/cli/output/natural-order.ts';
import { PLAIN } from '../../src/cli/output/style.ts';
import { formatAge, formatSize } from '../../src/cli/output/units.ts';
import { makeConsole } from './console.ts';

describe('an error for a person', () => {
  it('looks as the contract shows it', () => {
    const error = new RdsctlError('ATTACHED_ELSEWHERE', {
      message: 'vol-7 is attached to node-2 since 2026-11-20 14:03 (by ops@admin1)',
      now: 'Nothing was changed.',
      hints: [
        { when: 'To move it:', run: 'rdsctl move vol-7 node-3' },
        { when: 'If node-2 is dead, cut it off first:', run: 'rdsctl fence node-2' },
      ],
    });
    expect(formatErrorText(error, PLAIN)).toBe(
      'error: vol-7 is attached to node-2 since 2026-11-20 14:03 (by ops@admin1)\n' +
        '       Nothing was changed. To move it:            rdsctl move vol-7 node-3\n' +
        '       If node-2 is dead, cut it off first:        rdsctl fence node-2\n',
    );
  });

  it('gives a long word on the present a line of its own, and indents further lines', () => {
    const now = 'The volume is on neither node; its export is withdrawn; its claim is kept.';
    const error = new RdsctlError('PARTIAL', {
      message: 'first\nsecond',
      now,
      hints: [{ when: 'Then:', run: 'x' }],
    });
    expect(formatErrorText(error, PLAIN)).toBe(
      `error: first\n       second\n       ${now}\n       Then:        x\n`,
    );
  });

  it('needs nothing but a message', () => {
    expect(formatErrorText(new RdsctlError('INTERNAL', { message: 'oh' }), PLAIN)).toBe('error: oh\n');
    expect(formatErrorText(new RdsctlError('INTERNAL', { message: 'oh', now: 'So.' }), PLAIN)).toBe(
      'error: oh\n       So.\n',
    );
  });
});

describe('an error for a machine', () => {
  it('has the fields of the contract in order', () => {
    const error = new RdsctlError('ATTACHED_ELSEWHERE', {
      message: 'vol-7 is attached to node-2',
      now: 'Nothing was changed.',
      hints: [
        { when: 'To move it:', run: 'rdsctl move vol-7 node-3' },
        { when: 'Else:', run: 'x' },
      ],
      details: { node: 'node-2' },
    });
    expect(JSON.stringify(errorDocument(error))).toBe(
      '{"apiVersion":"rdsctl/v1","kind":"Error","code":"CONFLICT","exitCode":4,"reason":"ATTACHED_ELSEWHERE",' +
        '"message":"vol-7 is attached to node-2. Nothing was changed.",' +
        '"hint":"To move it: rdsctl move vol-7 node-3\\nElse: x","details":{"node":"node-2"}}',
    );
  });
});

describe('results', () => {
  const one: Result = {
    kind: 'Node',
    body: () => ({ name: 'n' }),
    text: (_style, wide) => (wide ? 'wide\n' : 'table\n'),
    names: () => ['n'],
  };
  const many: ListResult<string> = {
    kind: 'NodeList',
    itemKind: 'Node',
    extra: { serial: 1 },
    items: ['a', 'b'],
    item: (name) => ({ name }),
    text: (style, wide) => one.text(style, wide),
    names: () => ['a', 'b'],
  };

  it.each([
    ['table', 'table\n', 'table\n'],
    ['wide', 'wide\n', 'wide\n'],
    ['name', 'n\n', 'a\nb\n'],
    [
      'json',
      '{\n  "apiVersion": "rdsctl/v1",\n  "kind": "Node",\n  "name": "n"\n}\n',
      `${JSON.stringify({ apiVersion: 'rdsctl/v1', kind: 'NodeList', serial: 1, items: [{ name: 'a' }, { name: 'b' }] }, null, 2)}\n`,
    ],
    [
      'jsonl',
      '{"apiVersion":"rdsctl/v1","kind":"Node","name":"n"}\n',
      '{"apiVersion":"rdsctl/v1","kind":"Node","name":"a"}\n{"apiVersion":"rdsctl/v1","kind":"Node","name":"b"}\n',
    ],
    [
      'yaml',
      'apiVersion: rdsctl/v1\nkind: Node\nname: n\n',
      'apiVersion: rdsctl/v1\nkind: NodeList\nserial: 1\nitems:\n  - name: a\n  - name: b\n',
    ],
  ] as const)('are written as %s', async (format, single, list) => {
    const { io, written } = makeConsole();
    const results = makeResults(io.stdout, format, PLAIN);
    await results.one(one);
    expect(written.stdout).toBe(single);
    await results.list(many);
    expect(written.stdout).toBe(single + list);
  });
});

describe('columns', () => {
  it('are as wide as they must be, without blanks at the end of lines', () => {
    const rows = [
      { name: 'a', size: '1' },
      { name: 'longer', size: '100' },
    ];
    const columns: Column<(typeof rows)[number]>[] = [
      { title: 'NAME', text: ({ name }) => name },
      { title: 'SIZE', text: ({ size }) => size, align: 'right' },
      { title: 'LAST', text: ({ name }) => name },
    ];
    expect(formatColumns(columns, rows)).toBe(
      'NAME    SIZE  LAST\n' + 'a          1  a\n' + 'longer   100  longer\n',
    );
    expect(formatColumns(columns, [])).toBe('NAME  SIZE  LAST\n');
  });
});

describe('units', () => {
  it('write sizes', () => {
    expect([0, 1023, 1024, 1536, 1024 ** 4, 1024 ** 4 * 1.25, 1024 ** 6 * 2].map(formatSize)).toEqual([
      '0 B',
      '1023 B',
      '1 KiB',
      '1.5 KiB',
      '1 TiB',
      '1.3 TiB',
      '2048 PiB',
    ]);
  });

  it('write ages', () => {
    const now = new Date('2026-11-20T12:00:00Z');
    const before = (seconds: number): string =>
      formatAge(new Date(now.getTime() - seconds * 1000).toISOString(), now);
    expect([0, 59, 60, 3599, 3600, 3660, 86_399, 86_400, 90_000, -5].map(before)).toEqual([
      '0s',
      '59s',
      '1m',
      '59m',
      '1h',
      '1h 1m',
      '23h 59m',
      '1d',
      '1d 1h',
      '0s',
    ]);
    expect(formatAge('junk', now)).toBe('?');
  });

  it('sort names as people count', () => {
    const names = ['vol-10', 'vol-2', 'a10b2', 'a10b10', 'a9b1', 'vol', 'vol-02x'];
    expect(sortNaturally([], String)).toEqual([]);
    expect(sortNaturally(names, String)).toEqual([
      'a9b1',
      'a10b2',
      'a10b10',
      'vol',
      'vol-2',
      'vol-02x',
      'vol-10',
    ]);
  });

  it('sort names of several kinds, as if each were compared with each', () => {
    const counted = (name: string): string => name.replace(/\d+/g, (digits) => digits.padStart(16, '0'));
    const compared = (names: readonly string[]): string[] =>
      [...names].sort((a, b) => (counted(a) < counted(b) ? -1 : counted(a) > counted(b) ? 1 : 0));
    const part = fc.constantFrom(
      '',
      'a',
      'vol-',
      '/',
      '-',
      '.',
      '0',
      '1',
      '2',
      '10',
      '01',
      '1.5',
      '1e3',
      '4294967296',
    );
    const name = fc.array(part, { maxLength: 4 }).map((parts) => parts.join(''));
    fc.assert(
      fc.property(fc.array(name, { maxLength: 12 }), (names) => {
        expect(sortNaturally(names, String)).toEqual(compared(names));
      }),
      { numRuns: 2000 },
    );
  });
});
