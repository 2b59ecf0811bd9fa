import { describe, expect, it } from 'vitest';

import { NOBODY } from '../../src/attachment/host-nqn.ts';
import type { Attachment } from '../../src/attachment/attachment.ts';
import { detach } from '../../src/operations/detach/detach.ts';
import type { Disk } from '../../src/operations/ports/storage-server.ts';
import { unwritable } from '../../src/state/file/faults.ts';
import { aSubsystem, hostNqn, unreachable } from '../fakes/fake-node.ts';
import { aDisk } from '../fakes/fake-server.ts';
import { failure } from '../fakes/outcome.ts';
import { anAttachment, anIntent, anything, aState, granted, makeWorld, tagged } from '../fakes/world.ts';

const NQN = 'nqn.2000-02.com.mikrotik:vol-1';

function setup(over: { attachment?: Partial<Attachment>; disk?: Disk; state?: string | null } = {}) {
  const { attachment = {}, disk = granted('node-1'), state = 'live' } = over;
  const world = makeWorld({ disks: [disk], state: aState([anAttachment(attachment)]) });
  if (state !== null) world.node('node-1').subsystems.set(NQN, aSubsystem({}, state));
  const run = (node: string | null = null) => detach(world.context, { volume: 'vol-1', node }, anything);
  const present = () => world.store.state.attachments['rds1/vol-1'];
  return { ...world, run, present };
}

describe('detach', () => {
  it('that is done but can not be written down says what is true, and is finished by the next one', async () => {
    const { run, store, server, present } = setup();
    const full = unwritable('/state.json', new Error('no space left on device'));
    store.beforeCommit = (wanted) => {
      if (wanted.attachments['rds1/vol-1'] === undefined) throw full;
    };
    const error = await failure(run());
    expect(error).toMatchObject({ reason: 'STATE_UNWRITABLE', exitCode: 9 });
    expect(error.now).toBe(
      'node-1 is disconnected from vol-1, and its export is withdrawn; only the state may still claim it for node-1.',
    );
    expect(error.hints.map(({ run: next }) => next)).toContain('rdsctl detach vol-1');
    expect(server.disk('vol-1').exported).toBe(false);
    expect(present()?.phase).toBe('detaching');
    store.beforeCommit = null;
    expect((await run()).after).toBeNull();
  });

  it('intent, disconnect, revoke, forget: in this order', async () => {
    const { run, log, server, store } = setup();
    expect(await run()).toMatchObject({ changed: true, after: null });
    expect(log).toEqual([
      'lock rds1/vol-1',
      'rds1 look vol-1',
      'node-1 observe 1',
      'state vol-1:detaching:node-1:detach',
      'node-1 disconnect',
      'rds1 revoke vol-1',
      'state (none)',
      'unlock rds1/vol-1',
    ]);
    expect(server.disk('vol-1')).toMatchObject({ exported: false, allow: NOBODY, comment: tagged([], 6) });
    expect(store.state.tokens['rds1/vol-1']).toBe(6);
  });

  it.each(['', hostNqn('node-1')])(
    'drains when other hosts may have been cut off with the node, which let go itself: list %j',
    async (allow) => {
      const { run, log, server } = setup({ disk: granted('node-1', 5, { allow }) });
      server.busy = allow === '' ? 3 : 0;
      const done = run().catch((error: unknown) => error);
      if (allow === '') expect(await done).toMatchObject({ reason: 'NOT_DRAINED' });
      else expect(await done).toMatchObject({ changed: true, after: null });
      expect(log.some((entry) => entry.includes('in-flight'))).toBe(allow === '');
    },
  );

  it('of what is not attached, or not to that node, is success and asks nobody', async () => {
    const { run, remote } = setup();
    expect(await run('node-2')).toMatchObject({ changed: false, after: { phase: 'attached' } });
    expect(remote()).toEqual([]);
    const nothing = makeWorld();
    expect(await detach(nothing.context, { volume: 'vol-1', node: null }, anything)).toMatchObject({
      changed: false,
      before: null,
    });
    expect(nothing.audits).toMatchObject([{ result: 'unchanged' }]);
  });

  it('of what is in use is refused with what holds it, and nothing is changed', async () => {
    const { run, node, log, store } = setup();
    node('node-1').uses.set(NQN, [{ kind: 'mount', what: '/srv' }]);
    const error = await failure(run());
    expect(error).toMatchObject({ reason: 'DEVICE_IN_USE', exitCode: 7, now: 'Nothing was changed.' });
    expect(log).not.toContain('node-1 disconnect');
    expect(store.commits).toEqual([]);
  });

  it('that the node itself refuses at the last moment leaves it connected and exported', async () => {
    const { run, node, server, present } = setup();
    node('node-1').disconnect = () =>
      Promise.resolve({
        uses: [{ kind: 'process', what: 'dd (pid 7)' }],
        controllers: aSubsystem().controllers,
        words: '',
      });
    const error = await failure(run());
    expect(error.reason).toBe('DEVICE_IN_USE');
    expect(error.now).toBe('It was left connected; nothing else was changed.');
    expect(server.disk('vol-1').exported).toBe(true);
    expect(present()).toMatchObject({ phase: 'detaching' });
  });

  it('without the node is refused: it may be in use there; the fence is named', async () => {
    const { run, node, store, log } = setup();
    node('node-1').error = unreachable('node-1');
    const error = await failure(run());
    expect(error).toMatchObject({ exitCode: 6, now: 'Nothing was changed: vol-1 may be in use on node-1.' });
    expect(error.hints.at(-1)?.run).toBe('rdsctl fence node-1');
    expect(store.commits).toEqual([]);
    expect(log).not.toContain('rds1 revoke vol-1');
  });

  it('whose controller does not go withdraws nothing and keeps the claim', async () => {
    const { run, node, server, present } = setup();
    node('node-1').sticky = true;
    const error = await failure(run());
    expect(error).toMatchObject({ reason: 'NOT_VERIFIED', exitCode: 11 });
    expect(error.message).toContain('nvme0 (live): stuck');
    expect(server.disk('vol-1').exported).toBe(true);
    expect(present()).toMatchObject({ phase: 'detaching', holders: [{ node: 'node-1' }] });
  });

  it('whose export is not proved to be withdrawn keeps the claim', async () => {
    const { run, server, present } = setup();
    server.changeFaults.push('lost-before');
    server.lookFaults.push(null, 'refused', 'refused', 'refused');
    const error = await failure(run());
    expect(error.now).toContain('not proved to be withdrawn; it stays claimed for node-1');
    expect(present()).toMatchObject({ phase: 'detaching' });
  });

  it('of a volume that a fence has begun on is left to the fence', async () => {
    const { run } = setup({ attachment: { phase: 'fencing', intent: anIntent({ verb: 'fence' }) } });
    expect((await failure(run())).reason).toBe('OPEN_INTENT');
  });

  it.each([
    ['attached it to another node', { phase: 'attached', token: 6 }],
    ['fenced it once more', { phase: 'fenced', token: 7 }],
    ['is fencing it with that token', { phase: 'fencing', token: 5 }],
  ] as const)(
    'of a fenced volume does not forget what another command made of it: it %s',
    async (_what, over) => {
      const { run, store, present } = setup({
        attachment: { phase: 'fenced' },
        disk: aDisk({ comment: tagged([], 5) }),
      });
      const theirs = anAttachment(over);
      const update = store.update.bind(store);
      store.update = (change) => {
        store.state = aState([theirs]);
        return update(change);
      };
      expect((await failure(run())).reason).toBe('LOST_LOCK');
      expect(present()).toEqual(theirs);
    },
  );

  it('of a fenced volume whose lock was lost forgets nothing', async () => {
    const { run, store, present } = setup({ attachment: { phase: 'fenced' }, disk: aDisk() });
    const lock = store.lock.bind(store);
    store.lock = async (request) => {
      const held = await lock(request);
      store.lose(request.name);
      return held;
    };
    expect((await failure(run())).reason).toBe('LOST_LOCK');
    expect(present()).toMatchObject({ phase: 'fenced' });
  });

  it('of a volume that was fenced off its node forgets it, asking nobody', async () => {
    const { run, remote, present } = setup({
      attachment: { phase: 'fenced' },
      disk: aDisk({ comment: tagged([], 5) }),
    });
    expect(await run()).toMatchObject({ changed: true, after: null });
    expect(remote()).toEqual([]);
    expect(present()).toBeUndefined();
  });

  it('of one of two leaves the other its export, alone', async () => {
    const [first] = anAttachment().holders;
    const second = { ...first, node: 'node-2', hostNqn: hostNqn('node-2') };
    const disk = aDisk({ exported: true, allow: '', comment: tagged(['node-1', 'node-2'], 5) });
    const { run, server, present, log } = setup({
      disk,
      attachment: { holders: [first, second], sharedUntil: '2027-01-01T00:00:00.000Z' },
    });
    await run('node-1');
    expect(log).toContain(`rds1 admit vol-1 to ${hostNqn('node-2')}`);
    expect(server.disk('vol-1')).toMatchObject({
      exported: true,
      allow: hostNqn('node-2'),
      comment: tagged(['node-2'], 6),
    });
    expect(present()).toMatchObject({ phase: 'attached', sharedUntil: null, holders: [{ node: 'node-2' }] });
  });

  it('interrupted after the intent says what is so, and leaves the rest', async () => {
    const world = setup();
    world.store.beforeCommit = world.interrupt;
    const error = await failure(world.run());
    expect(error).toMatchObject({
      reason: 'INTERRUPTED',
      now: 'vol-1 is still attached to node-1; detaching was begun.',
    });
    expect(world.log).not.toContain('node-1 disconnect');
    expect(world.present()).toMatchObject({ phase: 'detaching', intent: { verb: 'detach' } });
  });
});

describe('what a detach waits for', () => {
  const drains = (log: readonly string[]) => log.filter((entry) => entry.includes('in-flight')).length;

  it('nothing, when a live node ended its I/O by itself', async () => {
    const { run, log, clock } = setup();
    await run();
    expect([drains(log), clock.passed]).toEqual([0, 0]);
  });

  it.each([
    ['is connecting', 'connecting'],
    ['is gone: the node was rebooted', null],
  ])(
    'the drain, when the controller %s: the cut may have come in the middle of a write',
    async (_what, state) => {
      const { run, log, clock, present } = setup({ state });
      await run();
      expect(drains(log)).toBeGreaterThanOrEqual(2);
      expect(clock.passed).toBeGreaterThanOrEqual(2_000);
      expect(log.indexOf('state (none)')).toBeGreaterThan(log.lastIndexOf('rds1 in-flight vol-1 = 0'));
      expect(present()).toBeUndefined();
    },
  );

  it('keeps the claim when it does not drain', async () => {
    const { run, server, present } = setup({ state: 'connecting' });
    server.busy = 1;
    const error = await failure(run());
    expect(error).toMatchObject({ reason: 'NOT_DRAINED', exitCode: 11 });
    expect(error.now).toContain('It stays claimed for node-1.');
    expect(present()).toMatchObject({ phase: 'detaching' });
  });

  it('the drain, after an attach that had ended old sessions and was cut short', async () => {
    const { run, log } = setup({
      attachment: { phase: 'attaching', intent: anIntent() },
      disk: aDisk({ comment: tagged([], 5), allow: NOBODY }),
      state: null,
    });
    await run();
    expect(drains(log)).toBeGreaterThanOrEqual(2);
  });

  it('nothing, after an attach that was cut short before it did anything', async () => {
    const { run, log } = setup({
      attachment: { phase: 'attaching', intent: anIntent() },
      disk: aDisk(),
      state: null,
    });
    await run();
    expect(drains(log)).toBe(0);
  });
});
