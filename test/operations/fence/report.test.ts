import { describe, expect, it } from 'vitest';

import { RdsctlError } from '../../../src/errors/rdsctl-error.ts';
import type { Reason } from '../../../src/errors/reasons.ts';
import { failureOf, type FencedVolume } from '../../../src/operations/fence/report.ts';

const volume = (slot: string, over: Partial<FencedVolume> = {}): FencedVolume => ({
  volume: `rds1/${slot}`,
  rds: 'rds1',
  slot,
  result: 'fenced',
  verified: true,
  inFlight: 0,
  tracked: true,
  keptBy: null,
  error: null,
  ...over,
});
const failed = (slot: string, reason: Reason | null, details: Record<string, unknown> = {}) =>
  volume(slot, {
    result: 'failed',
    verified: false,
    error: reason === null ? null : new RdsctlError(reason, { message: `${slot}: ${reason}`, details }),
  });

describe('failureOf', () => {
  it('is nothing when every volume is cut off, or was', () => {
    expect(failureOf('node-1', [])).toBeNull();
    expect(failureOf('node-1', [volume('a'), volume('b', { result: 'already' })])).toBeNull();
  });

  it.each([
    ['CONNECT_FAILED', 6],
    ['LOCKED', 5],
    ['FOREIGN_TAG', 4],
    ['REMOTE_ERROR', 10],
    ['NOT_VERIFIED', 11],
  ] as const)('of one kind before anything was changed keeps its exit code: %s', (reason, exitCode) => {
    const error = failureOf('node-1', [volume('a'), failed('b', reason), failed('c', reason)]);
    expect(error).toMatchObject({ reason, exitCode });
  });

  it('of several kinds is "unverified"', () => {
    const error = failureOf('node-1', [failed('a', 'CONNECT_FAILED'), failed('b', 'FOREIGN_TAG')]);
    expect(error).toMatchObject({ reason: 'NOT_VERIFIED', exitCode: 11 });
  });

  it('whose outcome is unknown is "unverified", whatever it was', () => {
    const error = failureOf('node-1', [failed('a', 'CONNECT_FAILED', { outcome: 'unknown' })]);
    expect(error).toMatchObject({ reason: 'NOT_VERIFIED', exitCode: 11 });
    expect(
      failureOf('node-1', [
        failed('a', 'CONNECT_FAILED'),
        failed('b', 'CONNECT_FAILED', { outcome: 'unknown' }),
      ])?.exitCode,
    ).toBe(11);
  });

  it('tells a storage server that could not be asked once, beside its volumes or alone', () => {
    const error = new RdsctlError('CONNECT_FAILED', { message: 'rds1 is gone' });
    expect(failureOf('node-1', [failed('b', 'CONNECT_FAILED')], [{ rds: 'rds1', error }])?.message).toBe(
      'node-1 is not proved to be cut off from b: b: CONNECT_FAILED',
    );
    const both = failureOf('node-1', [failed('b', 'FOREIGN_TAG')], [{ rds: 'rds2', error }]);
    expect(both).toMatchObject({ reason: 'NOT_VERIFIED', exitCode: 11 });
    expect(both?.message).toBe(
      'node-1 is not proved to be cut off from b, and whether rds2 exports anything more to node-1 can not be told: b: FOREIGN_TAG; rds1 is gone',
    );
    expect(both?.now).toContain('still connected to b, and to whatever rds2 may export to it.');
  });

  it('without a cause is "unverified"', () => {
    expect(failureOf('node-1', [failed('a', null)])).toMatchObject({ reason: 'NOT_VERIFIED' });
  });

  it('says to treat the node as still connected, to which volumes, and what to do', () => {
    const error = failureOf('node-1', [
      volume('a'),
      failed('b', 'CONNECT_FAILED'),
      failed('c', 'CONNECT_FAILED'),
    ]);
    expect(error?.message).toBe(
      'node-1 is not proved to be cut off from b, c: b: CONNECT_FAILED; c: CONNECT_FAILED',
    );
    expect(error?.now).toContain('Treat node-1 as still connected to b, c.');
    expect(error?.now).toContain('node-1 is marked as fenced');
    expect(error?.hints.map(({ run }) => run)).toEqual(['rdsctl fence node-1', 'rdsctl fence node-1']);
    expect(error?.details['failed']).toEqual([
      { volume: 'rds1/b', reason: 'CONNECT_FAILED', message: 'b: CONNECT_FAILED' },
      { volume: 'rds1/c', reason: 'CONNECT_FAILED', message: 'c: CONNECT_FAILED' },
    ]);
  });
});
