import { describe, expect, it } from 'vitest';

import { NOBODY } from '../../src/attachment/host-nqn.ts';
import { RdsctlError } from '../../src/errors/rdsctl-error.ts';
import type { DiskChange } from '../../src/operations/ports/storage-server.ts';
import { settle, settleOne, shows } from '../../src/operations/settle.ts';
import { aDisk } from '../fakes/fake-server.ts';
import { failure } from '../fakes/outcome.ts';
import { makeWorld, tagged } from '../fakes/world.ts';

const HOST = 'nqn.2014-08.com.example:host';
const grant = (slot = 'vol-1'): DiskChange => ({
  kind: 'grant',
  slot,
  expectComment: '',
  comment: tagged(['node-1'], 1),
  allow: HOST,
  pinNqn: null,
});
const revoke = (slot = 'vol-1', expectComment = ''): DiskChange => ({
  kind: 'revoke',
  slot,
  expectComment,
  comment: tagged([], 2),
});
const setup = (slots = ['vol-1']) => makeWorld({ disks: slots.map((slot) => aDisk({ slot })) });
const timesSent = (log: readonly string[], what = 'grant vol-1') =>
  log.filter((entry) => entry.startsWith(`rds1 ${what}`)).length;

describe('a change', () => {
  it('that is answered and shows is settled, with one question', async () => {
    const { context, server, log } = setup();
    expect(await settleOne(context, server, grant())).toMatchObject({ exported: true, allow: HOST });
    expect(log).toEqual([`rds1 grant vol-1 to ${HOST}`]);
  });

  it('whose answer was lost after it was done is found done, and not sent again', async () => {
    const { context, server, log } = setup();
    server.changeFaults.push('lost-after');
    expect(await settleOne(context, server, grant())).toMatchObject({ exported: true });
    expect(log).toEqual([`rds1 grant vol-1 to ${HOST}`, 'rds1 look vol-1']);
  });

  it('that was lost before it was done is found not done, and sent once more', async () => {
    const { context, server, log } = setup();
    server.changeFaults.push('lost-before');
    expect(await settleOne(context, server, grant())).toMatchObject({ exported: true });
    expect(log).toEqual([`rds1 grant vol-1 to ${HOST}`, 'rds1 look vol-1', `rds1 grant vol-1 to ${HOST}`]);
  });

  it('that lands late, between looking again and sending again, is found to be ours', async () => {
    const { context, server, log } = setup();
    server.changeFaults.push('late');
    expect(await settleOne(context, server, grant())).toMatchObject({ exported: true });
    expect(timesSent(log)).toBe(2);
    expect(server.disk('vol-1').comment).toBe(tagged(['node-1'], 1));
  });

  it('that was sent once and refused is not ours, though a copy of the state wrote the very same', async () => {
    const { context, server, log } = setup();
    server.edit('vol-1', { comment: tagged(['node-1'], 1), exported: true, allow: HOST });
    expect((await failure(settleOne(context, server, grant()))).reason).toBe('CHANGED_MEANWHILE');
    expect(timesSent(log)).toBe(1);
  });

  it('that nobody could be asked about stays unknown, and says so', async () => {
    const { context, server, log } = setup();
    server.changeFaults.push('lost-before');
    server.lookFaults.push('refused', 'refused', 'refused');
    const error = await failure(settleOne(context, server, grant()));
    expect(error).toMatchObject({ reason: 'CONNECT_FAILED', exitCode: 6, details: { outcome: 'unknown' } });
    expect(error.message).toContain('it is not known whether rds1 changed vol-1');
    expect(timesSent(log)).toBe(1);
  });

  it.each(['CONNECTION_LOST', 'NO_ANSWER', 'BAD_ANSWER', 'LOGIN_FAILED'] as const)(
    'is asked after when its answer was %s',
    async (reason) => {
      const { context, server } = setup();
      server.changeFaults.push(new RdsctlError(reason, { message: 'hm' }));
      expect((await settleOne(context, server, grant())).exported).toBe(true);
    },
  );

  it.each(['REMOTE_ERROR', 'NOT_PERMITTED', 'UNSUPPORTED_VERSION', 'HOST_KEY_MISMATCH'] as const)(
    'that ended in %s is not sent again',
    async (reason) => {
      const { context, server, log } = setup();
      server.changeFaults.push(new RdsctlError(reason, { message: 'hm' }));
      expect((await failure(settleOne(context, server, grant()))).reason).toBe(reason);
      expect(timesSent(log)).toBe(1);
    },
  );

  it('waits while it does not show yet: the server is eventually consistent', async () => {
    const { context, server, clock, log } = setup();
    server.lateReads = 3;
    expect(await settleOne(context, server, grant())).toMatchObject({ exported: true });
    expect(clock.slept.length).toBeGreaterThanOrEqual(3);
    expect(timesSent(log)).toBe(1);
  });

  it('that never shows is not verified, within the time for a command', async () => {
    const { context, server, clock } = setup();
    server.lateReads = Infinity;
    const error = await failure(settleOne(context, server, grant()));
    expect(error).toMatchObject({ reason: 'NOT_VERIFIED', exitCode: 11, details: { outcome: 'unknown' } });
    expect(error.now).toContain('export off');
    expect(clock.passed).toBeGreaterThanOrEqual(30_000);
    expect(clock.passed).toBeLessThan(31_000);
  });

  it('whose disk vanishes while it is read back is not verified', async () => {
    const { context, server } = setup();
    server.lateReads = 1;
    server.afterChange = () => server.disks.delete('vol-1');
    expect((await failure(settleOne(context, server, grant()))).reason).toBe('NOT_VERIFIED');
  });

  it('that somebody else undid while it was read back was changed meanwhile', async () => {
    const { context, server, clock } = setup();
    server.lateReads = 1;
    clock.at(1, () => {
      server.edit('vol-1', { comment: tagged(['node-9'], 7) });
    });
    const error = await failure(settleOne(context, server, grant()));
    expect(error).toMatchObject({ reason: 'CHANGED_MEANWHILE', exitCode: 4 });
    expect(error.message).toContain('token 7 for node-9');
  });

  it('given up while a step was in hand ends with that', async () => {
    const world = setup();
    world.server.changeFaults.push('lost-after');
    world.server.afterChange = world.giveUp;
    expect((await failure(settleOne(world.context, world.server, grant()))).reason).toBe('TIMED_OUT');
    expect(timesSent(world.log)).toBe(1);
  });
});

describe('a change that may have been carried out, and then cannot be asked after', () => {
  const remoteError = (details = {}) => new RdsctlError('REMOTE_ERROR', { message: 'hm', details });

  it.each(['REMOTE_ERROR', 'NOT_PERMITTED', 'UNSUPPORTED_VERSION', 'HOST_KEY_MISMATCH'] as const)(
    'because it was lost and the look after it ended in %s is unknown',
    async (reason) => {
      const { context, server, log } = setup();
      server.changeFaults.push('lost-after');
      server.lookFaults.push(new RdsctlError(reason, { message: 'hm' }));
      const error = await failure(settleOne(context, server, grant()));
      expect(error).toMatchObject({ reason, details: { rds: 'rds1', outcome: 'unknown' } });
      expect(error.message).toContain('it is not known whether rds1 changed vol-1');
      expect(timesSent(log)).toBe(1);
    },
  );

  it('because it was sent and the command was given up is unknown', async () => {
    const { context, server } = setup();
    server.changeFaults.push(new RdsctlError('TIMED_OUT', { message: 'late', details: { sent: true } }));
    const error = await failure(settleOne(context, server, grant()));
    expect(error).toMatchObject({ reason: 'TIMED_OUT', details: { outcome: 'unknown' } });
  });

  it('because the time ran out between its loss and the look after it is unknown', async () => {
    const world = setup();
    world.server.changeFaults.push('lost-after');
    world.server.afterChange = world.giveUp;
    const error = await failure(settleOne(world.context, world.server, grant()));
    expect(error).toMatchObject({ reason: 'TIMED_OUT', details: { outcome: 'unknown' } });
  });

  it('because its line was sent and ended badly is unknown', async () => {
    const { context, server } = setup();
    server.changeFaults.push(remoteError({ sent: true, exitStatus: 1 }));
    expect((await failure(settleOne(context, server, grant()))).details).toMatchObject({
      outcome: 'unknown',
    });
  });

  it('because it was taken and reading it back ended in an error is unknown', async () => {
    const { context, server } = setup();
    server.lateReads = 2;
    server.lookFaults.push(remoteError());
    expect((await failure(settleOne(context, server, grant()))).details).toMatchObject({
      outcome: 'unknown',
    });
  });

  it('is not unknown where nothing was sent: what is said is what happened', async () => {
    const { context, server } = setup();
    server.changeFaults.push('refused', remoteError());
    const error = await failure(settleOne(context, server, grant()));
    expect(error).toMatchObject({ reason: 'REMOTE_ERROR', message: 'hm' });
    expect(error.details).not.toHaveProperty('outcome');
  });
});

describe('a change that the server refuses', () => {
  it.each([
    ['its comment was edited', 'what the user wrote', 'its comment was edited'],
    ['somebody else has it', tagged(['node-2'], 9), 'token 9 for node-2'],
    ['somebody else withdrew it', tagged([], 9), 'token 9 for nobody'],
    ['a mangled tag', '[rdsctl ???]', 'its comment was edited'],
  ])('because %s: CHANGED_MEANWHILE', async (_what, comment, words) => {
    const { context, server } = setup();
    server.edit('vol-1', { comment });
    const error = await failure(settleOne(context, server, grant()));
    expect(error).toMatchObject({ reason: 'CHANGED_MEANWHILE', exitCode: 4 });
    expect(error.message).toContain(words);
    expect(error.hints[0]?.run).toBe('rdsctl show rds1/vol-1');
    expect(server.disk('vol-1').exported).toBe(false);
  });

  it('because its export was switched: CHANGED_MEANWHILE', async () => {
    const { context, server } = setup();
    server.edit('vol-1', { exported: true });
    expect((await failure(settleOne(context, server, grant()))).reason).toBe('CHANGED_MEANWHILE');
    server.edit('vol-1', { exported: false });
    const admit: DiskChange = { kind: 'admit', slot: 'vol-1', expectComment: '', comment: 'x', allow: '' };
    expect((await failure(settleOne(context, server, admit))).reason).toBe('CHANGED_MEANWHILE');
  });

  it('because the disk is gone: NO_SUCH_VOLUME', async () => {
    const { context, server } = setup([]);
    expect((await failure(settleOne(context, server, grant()))).reason).toBe('NO_SUCH_VOLUME');
  });

  it('with words of its own: they are passed on', async () => {
    const { context, server } = setup();
    server.refusals.set('vol-1', { slot: 'vol-1', ok: false, why: 'error', text: 'failure: disk is busy' });
    const error = await failure(settleOne(context, server, grant()));
    expect(error).toMatchObject({ reason: 'REMOTE_ERROR', exitCode: 10 });
    expect(error.message).toContain('failure: disk is busy');
    expect(error.details).not.toHaveProperty('outcome');
  });

  it('with words of its own after the comment was written: it may have been done by halves', async () => {
    const { context, server } = setup();
    server.refusals.set('vol-1', { slot: 'vol-1', ok: false, why: 'error', text: 'action timed out' });
    server.beforeChange = ({ comment }) => {
      server.edit('vol-1', { comment });
    };
    expect(await failure(settleOne(context, server, revoke()))).toMatchObject({
      reason: 'REMOTE_ERROR',
      details: { answer: 'action timed out', outcome: 'unknown' },
    });
  });
});

describe('several changes', () => {
  it('are settled each on its own, in their order', async () => {
    const { context, server } = setup(['vol-1', 'vol-2', 'vol-3']);
    server.edit('vol-2', { comment: 'edited' });
    const settled = await settle(context, server, [grant('vol-3'), grant('vol-2'), grant('vol-1')]);
    expect(settled.map(({ slot, ok }) => [slot, ok])).toEqual([
      ['vol-3', true],
      ['vol-2', false],
      ['vol-1', true],
    ]);
  });

  it('are sent again only where they were not done', async () => {
    const { context, server, log } = setup(['vol-1', 'vol-2']);
    server.changeFaults.push('late');
    server.beforeChange = null;
    server.edit('vol-2', { comment: 'edited' });
    const settled = await settle(context, server, [grant('vol-1'), grant('vol-2')]);
    expect(settled.map(({ ok }) => ok)).toEqual([true, false]);
    expect(timesSent(log, 'grant vol-1')).toBe(2);
  });

  it('keep what is known of one when the other stays unknown', async () => {
    const { context, server } = setup(['vol-1', 'vol-2']);
    // vol-1 is done; vol-2 is refused for its comment, and who has it can't be asked any more.
    server.edit('vol-2', { comment: 'edited' });
    server.lookFaults.push('refused', 'refused', 'refused', 'refused');
    const [one, two] = await settle(context, server, [grant('vol-1'), grant('vol-2')]);
    expect(one).toMatchObject({ slot: 'vol-1', ok: true });
    expect(two).toMatchObject({ slot: 'vol-2', ok: false, error: { details: { outcome: 'unknown' } } });
  });

  it('none is nothing to send', async () => {
    const { context, server, log } = setup();
    expect(await settle(context, server, [])).toEqual([]);
    expect(log).toEqual([]);
  });
});

describe('shows', () => {
  const done = aDisk({ comment: tagged([], 2), exported: false, allow: NOBODY });

  it('a grant: comment, list and export, all three', () => {
    const granted = aDisk({ comment: tagged(['node-1'], 1), allow: HOST, exported: true });
    expect(shows(grant(), granted)).toBe(true);
    for (const over of [{ comment: '' }, { allow: '' }, { allow: `${HOST}x` }, { exported: false }]) {
      expect(shows(grant(), { ...granted, ...over })).toBe(false);
    }
  });

  it('a revoke: comment, export off, and nobody on the list', () => {
    expect(shows(revoke(), done)).toBe(true);
    for (const over of [{ comment: '' }, { exported: true }, { allow: '' }, { allow: HOST }]) {
      expect(shows(revoke(), { ...done, ...over })).toBe(false);
    }
  });

  it('an admission: it must still be exported', () => {
    const admit: DiskChange = { kind: 'admit', slot: 'vol-1', expectComment: '', comment: 'c', allow: '' };
    expect(shows(admit, aDisk({ comment: 'c', allow: '', exported: true }))).toBe(true);
    expect(shows(admit, aDisk({ comment: 'c', allow: '', exported: false }))).toBe(false);
  });
});
