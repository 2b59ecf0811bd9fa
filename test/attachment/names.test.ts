import fc from 'fast-check';
import { describe, expect, it } from 'vitest';

import { checkName, parseVolumeName, volumeKey } from '../../src/attachment/names.ts';
import { failure } from '../fakes/outcome.ts';

const BAD: readonly [string, string][] = [
  ['empty', ''],
  ['a double quote', 'vol"1'],
  ['a single quote', "vol'1"],
  ['a blank', 'vol 1'],
  ['a dollar', 'vol$1'],
  ['a semicolon', 'vol;1'],
  ['a bracket', 'vol[1'],
  ['a newline', 'vol\n1'],
  ['a newline at the end', 'vol-1\n'],
  ['a NUL', 'vol\u0000'],
  ['a glob', 'vol-*'],
  ['a question mark', 'vol-?'],
  ['a backslash', 'vol\\1'],
  ['a backtick', 'vol`1'],
  ['a leading dash', '-vol'],
  ['a leading dot', '.vol'],
  ['a parent directory', '..'],
  ['an umlaut', 'völ'],
  ['a full-width digit', 'vol\uff11'],
  ['300 characters', 'v'.repeat(300)],
  ['64 characters', 'v'.repeat(64)],
];

const SAFE = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789._-';
/** Names that are good but for, now and then, one character somewhere. */
const almost = fc
  .tuple(
    fc.string({ unit: fc.constantFrom(...SAFE.split('')), maxLength: 70 }),
    fc.option(fc.string({ unit: 'binary', minLength: 1, maxLength: 1 })),
    fc.nat(70),
  )
  .map(([name, odd, at]) => (odd === null ? name : name.slice(0, at) + odd + name.slice(at)));

describe('checkName', () => {
  it.each(BAD)('refuses %s', async (_what, name) => {
    for (const kind of ['volume', 'node', 'storage server'] as const) {
      const error = await failure(() => checkName(kind, name));
      expect(error.reason).toBe('BAD_NAME');
      expect(error.exitCode).toBe(2);
      expect(error.message).toContain(`is not a name of a ${kind}`);
      expect(error.now).toMatch(/^Nothing was changed\./);
    }
  });

  it.each(['v', 'vol-1', 'VOL_1', '7', 'a.b-c_d', 'v'.repeat(63), 'constructor'])('takes %s', (name) => {
    expect(checkName('volume', name)).toBe(name);
  });

  it('shows a bad name without its control characters, and not the whole of a long one', async () => {
    const escaped = await failure(() => checkName('node', 'a\u001b[31m\nb'));
    expect(escaped.message).toBe('"a\\u001b[31m\\nb" is not a name of a node');
    const long = await failure(() => checkName('node', 'x'.repeat(300)));
    expect(long.message.length).toBeLessThan(100);
    expect(String(long.details['name']).length).toBeLessThanOrEqual(100);
  });

  it('lets nothing through that a shell or RouterOS reads as more than a word', () => {
    fc.assert(
      fc.property(almost, (name) => {
        let taken = true;
        try {
          checkName('volume', name);
        } catch {
          taken = false;
        }
        const [first = ''] = name;
        const characters = name.split('');
        expect(taken).toBe(
          /[A-Za-z0-9]/.test(first) && name.length <= 63 && !characters.some((one) => !SAFE.includes(one)),
        );
      }),
      { numRuns: 500 },
    );
  });
});

describe('parseVolumeName', () => {
  it('reads a slot, and a slot of a storage server', () => {
    expect(parseVolumeName('vol-1')).toEqual({ rds: null, slot: 'vol-1' });
    expect(parseVolumeName('rds1/vol-1')).toEqual({ rds: 'rds1', slot: 'vol-1' });
  });

  it.each(['/', '/vol', 'rds/', 'a/b/c', 'rds1/../x', 'rds1/vol 1', 'r ds/vol'])(
    'refuses %s',
    async (name) => {
      expect((await failure(() => parseVolumeName(name))).reason).toBe('BAD_NAME');
    },
  );

  it('says which part of the name is bad', async () => {
    expect((await failure(() => parseVolumeName('r!/vol'))).message).toBe(
      '"r!" is not a name of a storage server',
    );
    expect((await failure(() => parseVolumeName('rds1/v!'))).message).toBe('"v!" is not a name of a volume');
  });

  it('makes the key that it reads', () => {
    expect(parseVolumeName(volumeKey('rds1', 'vol-1'))).toEqual({ rds: 'rds1', slot: 'vol-1' });
  });
});
