import { describe, expect, it } from 'vitest';

import { RdsctlError } from '../../src/errors/rdsctl-error.ts';
import type { Reason } from '../../src/errors/reasons.ts';
import { audited } from '../../src/operations/audited.ts';
import { failure } from '../fakes/outcome.ts';
import { makeWorld } from '../fakes/world.ts';

const ABOUT = { volume: 'vol-1', node: 'node-1' };

describe('what the audit log is told', () => {
  it('a change: what was sent, the token, how long it took', async () => {
    const { context, audits, clock } = makeWorld();
    await audited({ ...context, reason: 'drill' }, 'attach', ABOUT, (trail) => {
      trail.volume = 'rds1/vol-1';
      trail.token = 7;
      trail.changed('rds1', 'grant vol-1');
      clock.advance(1_234);
      return Promise.resolve({ changed: true });
    });
    expect(audits).toEqual([
      {
        event: 'attach',
        result: 'ok',
        exitCode: 0,
        reason: null,
        message: null,
        volume: 'rds1/vol-1',
        node: 'node-1',
        token: 7,
        durationMs: 1_234,
        changes: [{ at: 'rds1', what: 'grant vol-1' }],
        operatorReason: 'drill',
      },
    ]);
  });

  it.each([
    ['ATTACHED_ELSEWHERE', 'refused', 4],
    ['DEVICE_IN_USE', 'refused', 7],
    ['LOCKED', 'refused', 5],
    ['NO_SUCH_NODE', 'refused', 3],
    ['BAD_NAME', 'refused', 2],
    ['CONNECT_FAILED', 'failed', 6],
    ['NOT_VERIFIED', 'failed', 11],
    ['STATE_DAMAGED', 'failed', 9],
    ['INTERRUPTED', 'interrupted', 130],
    ['TIMED_OUT', 'interrupted', 124],
  ] as const)('%s is "%s"', async (reason: Reason, result, exitCode) => {
    const { context, audits } = makeWorld();
    const error = new RdsctlError(reason, { message: 'hm', now: 'So.' });
    const thrown = await failure(audited(context, 'detach', ABOUT, () => Promise.reject(error)));
    expect(thrown.reason).toBe(reason);
    expect(audits).toMatchObject([{ result, exitCode, reason, message: 'hm' }]);
  });

  it('a result that carries a failure, and one that changed nothing', async () => {
    const { context, audits } = makeWorld();
    const error = new RdsctlError('NOT_VERIFIED', { message: 'hm' });
    await audited(context, 'fence', ABOUT, () => Promise.resolve({ changed: true, failure: error }));
    await audited(context, 'fence', ABOUT, () => Promise.resolve({ changed: false, failure: null }));
    expect(audits).toMatchObject([
      { result: 'failed', exitCode: 11 },
      { result: 'unchanged', exitCode: 0 },
    ]);
  });

  it('a defect, which goes on as it is', async () => {
    const { context, audits } = makeWorld();
    await expect(
      audited(context, 'attach', ABOUT, () => Promise.reject(new TypeError('oops'))),
    ).rejects.toThrow(TypeError);
    expect(audits).toMatchObject([
      { result: 'failed', exitCode: 1, reason: 'INTERNAL', message: 'TypeError: oops' },
    ]);
  });

  it('a log that can not be written is said aloud and undoes nothing', async () => {
    const { context, warnings } = makeWorld();
    const broken = { ...context, audit: { record: () => Promise.reject(new Error('disk full')) } };
    expect(await audited(broken, 'attach', ABOUT, () => Promise.resolve({ changed: true }))).toEqual({
      changed: true,
    });
    expect(warnings()).toEqual(['the audit log was not written: disk full']);
  });
});

describe('an error from before anything was sent', () => {
  it('says that nothing was changed, when it says nothing better', async () => {
    const { context } = makeWorld();
    const lost = new RdsctlError('NO_ANSWER', { message: 'hm', now: 'What was asked may have happened.' });
    expect((await failure(audited(context, 'attach', ABOUT, () => Promise.reject(lost)))).now).toBe(
      'Nothing was changed.',
    );
    const better = new RdsctlError('BAD_NAME', {
      message: 'hm',
      now: 'Nothing was changed. Names are short.',
    });
    expect((await failure(audited(context, 'attach', ABOUT, () => Promise.reject(better)))).now).toBe(
      better.now,
    );
  });

  it('is not taken for one after a change was sent or a token taken', async () => {
    const { context } = makeWorld();
    const now = 'What was asked may have happened.';
    const lost = new RdsctlError('NO_ANSWER', { message: 'hm', now });
    for (const how of ['token', 'change']) {
      const error = await failure(
        audited(context, 'attach', ABOUT, (trail) => {
          if (how === 'token') trail.token = 1;
          else trail.changed('rds1', 'grant');
          return Promise.reject(lost);
        }),
      );
      expect(error.now).toBe(now);
    }
  });
});
