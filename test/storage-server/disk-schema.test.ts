import fc from 'fast-check';
import { describe, expect, it } from 'vitest';

import type { Disk } from '../../src/operations/ports/storage-server.ts';
import { defaultNqn, readDisks, readInFlight } from '../../src/storage-server/disk-schema.ts';
import { quote } from '../../src/storage-server/quote.ts';
import { aDisk } from '../fakes/fake-server.ts';

const only = (raw: Record<string, unknown>, version = '7.21.5'): Disk | undefined =>
  readDisks(JSON.stringify([raw]), version)[0];

describe('readDisks', () => {
  it('reads all that a disk can tell', () => {
    expect(
      only({
        '.id': '*1F',
        slot: 'vol-1',
        type: 'file',
        size: 1_099_511_627_776,
        comment: 'nightly',
        'nvme-tcp-export': true,
        'nvme-tcp-server-port': 4421,
        'nvme-tcp-server-nqn': 'nqn.2000-02.com.mikrotik:mine',
        'nvme-tcp-server-allow-host-name': 'nqn.2014-08.com.example:host',
        'mount-filesystem': true,
        'something-new': { a: 1 },
      }),
    ).toEqual({
      slot: 'vol-1',
      type: 'file',
      sizeBytes: 1_099_511_627_776,
      comment: 'nightly',
      exported: true,
      port: 4421,
      nqn: 'nqn.2000-02.com.mikrotik:mine',
      nqnIsSet: true,
      allow: 'nqn.2014-08.com.example:host',
      mountFilesystem: true,
    });
  });

  it('takes what was never set as what RouterOS does then', () => {
    expect(only({ slot: 'vol-1' })).toEqual({
      slot: 'vol-1',
      type: '',
      sizeBytes: null,
      comment: '',
      exported: false,
      port: 4420,
      nqn: 'nqn.2000-02.com.mikrotik:vol-1',
      nqnIsSet: false,
      allow: '',
      mountFilesystem: null,
    });
  });

  it.each([
    [true, true],
    [false, false],
    ['yes', true],
    ['no', false],
    ['true', true],
    ['false', false],
    ['', false],
  ])('reads the flag %j as %s', (told, meant) => {
    expect(only({ slot: 'v', 'nvme-tcp-export': told })?.exported).toBe(meant);
  });

  it.each(['maybe', 1, 0, null, 'YES', []])('does not guess what an export of %j is', (told) => {
    expect(() => only({ slot: 'v', 'nvme-tcp-export': told })).toThrow();
  });

  it.each([
    [1024, 1024],
    ['1024', 1024],
    ['1 099 511 627 776', 1_099_511_627_776],
    ['', null],
    [null, null],
  ])('reads the size %j as %s', (told, meant) => {
    expect(only({ slot: 'v', size: told })?.sizeBytes).toBe(meant);
  });

  it.each([-1, 1.5, '1024.0GiB', '0x10', ' 1', true])('does not guess what a size of %j is', (told) => {
    expect(() => only({ slot: 'v', size: told })).toThrow();
  });

  it.each([['yes port'], ['x'], [null], [-1]])('does not guess what the port %j is', (told) => {
    expect(() => only({ slot: 'v', 'nvme-tcp-server-port': told })).toThrow();
  });

  it('takes nulls for what was never set, where that changes nothing', () => {
    const told = {
      comment: null,
      'nvme-tcp-server-nqn': null,
      'nvme-tcp-server-allow-host-name': null,
      'mount-filesystem': null,
    };
    expect(only({ slot: 'v', ...told })).toEqual(only({ slot: 'v' }));
  });

  it('takes a slot or comment that looks like a number for the text it is', () => {
    expect(only({ slot: 7, comment: 1234 })).toMatchObject({ slot: '7', comment: '1234' });
  });

  it.each(['', '[]', '""'])('takes %j for "no match"', (json) => {
    expect(readDisks(json, '7.21.5')).toEqual([]);
  });

  it.each([
    'null',
    '{}',
    '{"slot":"v"}',
    '[null]',
    '[1]',
    '[[]]',
    '[{}]',
    '"x"',
    'true',
    ' ',
    '[{"slot":null}]',
  ])('takes %s for no list of disks', (json) => {
    expect(() => readDisks(json, '7.21.5')).toThrow();
  });

  it('one bad disk spoils the list: it is not left out silently', () => {
    expect(() => readDisks('[{"slot":"a"},{"slot":"b","size":"big"}]', '7.21.5')).toThrow();
  });

  it('says the NQN that RouterOS is believed to use, by its version', () => {
    expect(only({ slot: 'v' }, '7.20.8')?.nqn).toBe('v');
    expect(only({ slot: 'v', 'nvme-tcp-server-nqn': '' }, '7.21')?.nqn).toBe('nqn.2000-02.com.mikrotik:v');
    expect(defaultNqn('v', '7.20.8 (stable)')).toBe('v');
    expect(defaultNqn('v', '7.21rc2')).toBe('nqn.2000-02.com.mikrotik:v');
  });
});

describe('a text that was serialised as characters, not bytes', () => {
  it.each([
    ['\\u20ac 5', '€ 5'],
    ['\\ud83d\\ude00', '😀'],
    ['gr\\u00fcn \\u20ac', 'grün €'],
  ])('%s is read as its bytes, which can be sent back', (json, meant) => {
    const [disk] = readDisks(`[{"slot":"v","comment":"${json}"}]`, '7.21.5');
    expect(disk?.comment).toBe(Buffer.from(meant, 'utf8').toString('latin1'));
    expect(() => quote(disk?.comment ?? '\0')).not.toThrow();
  });

  it.each(['slot', 'comment', 'nvme-tcp-server-nqn', 'nvme-tcp-server-allow-host-name'])(
    'that no bytes can stand for is not taken: %s',
    (property) => {
      for (const odd of ['\\u0000', 'a\\ud800b', '\\udc00']) {
        const raw = `{"slot":"v","${property}":"${odd}"}`;
        expect(() => readDisks(`[${raw}]`, '7.21.5')).toThrow('not a text of bytes');
      }
    },
  );

  it('whatever text is read can be sent back', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), (comment) => {
        const read = attempt(JSON.stringify([{ slot: 'v', comment }]));
        if (read !== null) expect(quote(read[0]?.comment ?? '')).toMatch(/^"[ -~]*"$/);
        else expect(comment).toMatch(/[\0\ud800-\udfff]/u);
      }),
    );
  });
});

describe('a list that was cut or mangled', () => {
  const text = fc.string({
    unit: fc.oneof(
      fc.integer({ min: 32, max: 255 }).map((code) => String.fromCharCode(code)),
      fc.constantFrom('"', '\\', '[', ']', '{', '}', ',', ':'),
    ),
    maxLength: 20,
  });
  const disk = fc
    .record({
      slot: fc.stringMatching(/^[A-Za-z0-9][A-Za-z0-9._-]{0,10}$/),
      comment: text,
      allow: text,
      exported: fc.boolean(),
      size: fc.nat(),
    })
    .map(({ slot, comment, allow, exported, size }) => ({
      slot,
      type: 'file',
      size,
      comment,
      'nvme-tcp-export': exported,
      'nvme-tcp-server-allow-host-name': allow,
    }));
  const list = fc.array(disk, { minLength: 1, maxLength: 3 }).map((disks) => JSON.stringify(disks));

  it('at any byte is never a list', () => {
    fc.assert(
      fc.property(list, (json) => {
        expect(readDisks(json, '7.21.5')).toHaveLength((JSON.parse(json) as unknown[]).length);
        for (let cut = 1; cut < json.length; cut += 1) {
          expect(() => readDisks(json.slice(0, cut), '7.21.5')).toThrow();
          expect(() => readDisks(json.slice(cut), '7.21.5')).toThrow();
        }
      }),
      { numRuns: 40 },
    );
  });

  it('by losing or gaining a structural character is never another list', () => {
    fc.assert(
      fc.property(list, fc.nat(), fc.constantFrom('"', '[', ']', '{', '}', '\n'), (json, where, odd) => {
        const full = readDisks(json, '7.21.5');
        const at = where % json.length;
        const structural = /[[\]{}":]/;
        const mangled = [
          ...(structural.test(json.charAt(at)) ? [json.slice(0, at) + json.slice(at + 1)] : []),
          ...(insideText(json, at) ? [] : [json.slice(0, at) + odd + json.slice(at)]),
        ];
        for (const text of mangled) {
          const read = attempt(text);
          if (read === null) continue;
          // What is left to differ is a character less or more inside a text: the length of the list and who
          // is exported stay.
          expect(read.map(({ exported }) => exported)).toEqual(full.map(({ exported }) => exported));
          expect(read).toHaveLength(full.length);
        }
      }),
      { numRuns: 400 },
    );
  });
});

function attempt(json: string): Disk[] | null {
  try {
    return readDisks(json, '7.21.5');
  } catch {
    return null;
  }
}

/** Whether a place in a JSON text is inside a string. */
function insideText(json: string, at: number): boolean {
  let inside = false;
  for (let n = 0; n < at; n += 1) {
    if (inside && json.charAt(n) === '\\') n += 1;
    else if (json.charAt(n) === '"') inside = !inside;
  }
  return inside;
}

describe('readInFlight', () => {
  it.each([
    ['{"slot":"v","in-flight-ops":3}', 3],
    ['[{"in-flight-ops":0}]', 0],
    ['[{"in-flight-ops":"1 024"}]', 1024],
  ])('reads %s', (json, count) => {
    expect(readInFlight(json)).toBe(count);
  });

  it.each([
    '',
    '[]',
    '{}',
    '""',
    '0',
    'null',
    '{"in-flight-ops":-1}',
    '{"in-flight-ops":""}',
    '{"in-flight-ops":null}',
    '{"in-flight',
  ])('takes %j for no count: not for 0', (json) => {
    expect(() => readInFlight(json)).toThrow();
  });
});

it('the made-up disk of the other tests is one that can be read', () => {
  const { slot, type, comment, allow, nqn, port, exported, mountFilesystem, sizeBytes } = aDisk();
  expect(
    only({
      slot,
      type,
      comment,
      size: sizeBytes,
      'nvme-tcp-server-allow-host-name': allow,
      'mount-filesystem': mountFilesystem,
    }),
  ).toMatchObject({
    nqn,
    port,
    exported,
  });
});
