import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { decodeName, encodeName } from '../../src/state/file/lock-name.ts';
import { formatMark } from '../../src/state/file/lock-link.ts';

describe('a lock name as a file name', () => {
  const name = fc.oneof(
    fc.string({ maxLength: 300 }),
    fc.string({ unit: 'grapheme', maxLength: 40 }),
    fc.stringMatching(/^[a-zA-Z0-9_.-]{1,20}\/[a-zA-Z0-9_.-]{1,60}$/),
  );

  it('is one that any file system takes', () => {
    fc.assert(
      fc.property(name, (text) => {
        const encoded = encodeName(text);
        expect(encoded).toMatch(/^[A-Za-z0-9._%~-]*$/);
        expect(encoded.length).toBeLessThanOrEqual(110);
        expect(encoded.startsWith('.')).toBe(false);
      }),
    );
  });

  it('is no other name’s', () => {
    fc.assert(
      fc.property(name, name, (one, other) => one === other || encodeName(one) !== encodeName(other)),
    );
  });

  it('tells the name, unless that was too long', () => {
    fc.assert(fc.property(name, (text) => [text, null].includes(decodeName(encodeName(text)))));
    expect(decodeName(encodeName('rds1/Vol.7_a-b'))).toBe('rds1/Vol.7_a-b');
    expect(encodeName('rds1/vol-7')).toBe('rds1%2Fvol-7');
  });
});

describe('a lock’s mark', () => {
  it('fits into a symbolic link and stays JSON, whatever it is made of', () => {
    const text = fc.string({ unit: 'binary', maxLength: 3000 });
    fc.assert(
      fc.property(text, text, text, text, (name, who, host, command) => {
        const mark = formatMark({
          id: '8c5f1f0a-0000-4000-8000-000000000001',
          name: name.slice(0, 300),
          ...{ who, host, pid: 4711, command, since: '2026-11-20T14:03:00.000Z' },
          machine: `${'h'.repeat(64)} 8c5f1f0a-0000-4000-8000-000000000001`,
        });
        expect(Buffer.byteLength(mark)).toBeLessThanOrEqual(1000);
        expect(mark).not.toContain('\0');
        expect(JSON.parse(mark)).toMatchObject({ pid: 4711 });
      }),
    );
  });
});
