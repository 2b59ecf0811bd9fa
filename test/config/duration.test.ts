import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { DurationProblem, formatDuration, parseDuration } from '../../src/config/duration.ts';

describe('durations', () => {
  it.each([
    ['500ms', 500],
    ['30s', 30_000],
    ['5m', 300_000],
    ['1h', 3_600_000],
    ['1.5s', 1500],
    ['0s', 0],
    ['0', 0],
    [0, 0],
  ])('reads %s', (text, milliseconds) => {
    expect(parseDuration(text)).toBe(milliseconds);
  });

  it.each(['5', 5, '1.5', 30.5])('refuses %s, which has no unit, and says what to write', (value) => {
    expect(parseDuration(value)).toMatchObject({
      message: expect.stringContaining(`write ${String(value)}s`) as unknown,
    });
  });

  it.each(['', 's', '-1s', '1 s', '1d', '1S', '1h30m', 'ten', null, true, [], {}, '9999h', 'Infinity'])(
    'refuses %s',
    (value) => {
      expect(parseDuration(value)).toBeInstanceOf(DurationProblem);
    },
  );

  it('writes what it reads', () => {
    fc.assert(
      fc.property(fc.integer({ min: 0, max: 2_147_483_647 }), (milliseconds) => {
        expect(parseDuration(formatDuration(milliseconds))).toBe(milliseconds);
      }),
    );
  });

  it('writes durations as people do', () => {
    expect([500, 60_000, 300_000, 600_000, 3_600_000].map(formatDuration)).toEqual([
      '500ms',
      '60s',
      '5m',
      '10m',
      '1h',
    ]);
  });
});
