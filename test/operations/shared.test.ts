import { describe, expect, it } from 'vitest';

import { attach } from '../../src/operations/attach/attach.ts';
import { detach } from '../../src/operations/detach/detach.ts';
import type { Config } from '../../src/config/config.ts';
import { aSubsystem, hostNqn, unreachable } from '../fakes/fake-node.ts';
import { failure } from '../fakes/outcome.ts';
import { aConfig, anAttachment, anything, aState, granted, makeWorld, tagged } from '../fakes/world.ts';

const NQN = 'nqn.2000-02.com.mikrotik:vol-1';

function allowed(): Config {
  const config = aConfig();
  const rds1 = config.storageServers['rds1'];
  if (rds1 === undefined) throw new Error('no rds1');
  return { ...config, storageServers: { rds1: { ...rds1, sharedExport: 'any' } } };
}

function setup(config = allowed(), attachment = anAttachment()) {
  const world = makeWorld({ disks: [granted('node-1')], state: aState([attachment]), config });
  const run = (node = 'node-2') =>
    attach(
      world.context,
      { volume: 'vol-1', node, shared: { handoffMs: 300_000 }, takeOver: false },
      anything,
    );
  return { ...world, run };
}

describe('a shared attach', () => {
  it('opens the list, admits the second node, and never ends the export of the first', async () => {
    const { run, server, log, store, warnings } = setup();
    expect(await run()).toMatchObject({ changed: true });
    expect(log).toContain('rds1 admit vol-1 to any');
    expect(log.some((entry) => /revoke|grant/.test(entry))).toBe(false);
    expect(server.disk('vol-1')).toMatchObject({
      exported: true,
      allow: '',
      comment: tagged(['node-1', 'node-2'], 6),
    });
    expect(store.state.attachments['rds1/vol-1']).toMatchObject({
      phase: 'attached',
      sharedUntil: '2026-11-20T14:08:00.000Z',
      holders: [{ node: 'node-1' }, { node: 'node-2' }],
    });
    expect(warnings().join()).toContain('open to ANY host');
  });

  it('must be configured', async () => {
    const world = setup(aConfig());
    expect(await failure(world.run())).toMatchObject({ reason: 'SHARED_NOT_CONFIGURED', exitCode: 2 });
    expect(world.store.commits).toEqual([]);
  });

  it('takes two nodes at most', async () => {
    const [first] = anAttachment().holders;
    const world = setup(allowed(), anAttachment({ holders: [first, { ...first, node: 'node-2' }] }));
    expect(await failure(world.run('node-3'))).toMatchObject({ reason: 'SHARE_LIMIT', exitCode: 4 });
    expect(world.store.commits).toEqual([]);
  });

  it('that fails leaves the first node as it was', async () => {
    const world = setup();
    world.node('node-2').connectAnswer = { subsystem: null, connected: false, words: '' };
    const error = await failure(world.run());
    expect(error.now).toBe('What was begun was undone: vol-1 stays with node-1.');
    expect(world.server.disk('vol-1')).toMatchObject({
      exported: true,
      allow: hostNqn('node-1'),
      comment: tagged(['node-1'], 6),
    });
    expect(world.store.state.attachments['rds1/vol-1']).toMatchObject({
      phase: 'attached',
      sharedUntil: null,
    });
    expect(world.store.state.attachments['rds1/vol-1']?.holders).toHaveLength(1);
    expect(world.log.some((entry) => entry.includes('revoke'))).toBe(false);
  });

  it.each(['', 'nqn.2014-08.org.example:other'])(
    'of an export whose list was changed by hand asks who else is in: %j',
    async (allow) => {
      const world = setup();
      world.server.edit('vol-1', { allow });
      world.node('node-1').subsystems.set(NQN, aSubsystem());
      world.node('node-3').subsystems.set(NQN, aSubsystem());
      const error = await failure(world.run());
      expect(error).toMatchObject({ reason: 'UNTRACKED_EXPORT', details: { using: ['node-3'] } });
      expect(world.store.commits).toEqual([]);
      expect(world.log.some((entry) => /admit|grant|revoke/.test(entry))).toBe(false);
      // The owner itself is no stranger.
      world.node('node-3').subsystems.clear();
      expect(await world.run()).toMatchObject({ changed: true });
      expect(world.log.some((entry) => /grant|revoke/.test(entry))).toBe(false);
    },
  );

  it('of the owner again is an ordinary one', async () => {
    const { run, log } = setup();
    await run('node-1');
    expect(log.some((entry) => /admit|grant|revoke/.test(entry))).toBe(false);
  });
});

/** While it was shared any host could get in: whoever did still writes after the list is narrow again. */
describe('the end of sharing', () => {
  async function shared() {
    const world = setup();
    world.node('node-1').subsystems.set(NQN, aSubsystem());
    await world.run();
    const end = (node: string | null = 'node-2') =>
      detach(world.context, { volume: 'vol-1', node }, anything);
    return { ...world, end, attachment: () => world.store.state.attachments['rds1/vol-1'] };
  }

  it('asks all other nodes whether somebody else got in, after the list is narrow again', async () => {
    const { end, node, log, attachment, warnings } = await shared();
    const before = { log: log.length, warnings: warnings().length };
    expect(await end()).toMatchObject({ changed: true, after: { holders: [{ node: 'node-1' }] } });
    const since = log.slice(before.log);
    expect(since.indexOf('node-3 observe')).toBeGreaterThan(
      since.indexOf(`rds1 admit vol-1 to ${hostNqn('node-1')}`),
    );
    expect(node('node-3').observed).toHaveLength(1);
    expect(attachment()).toMatchObject({ phase: 'attached', intent: null });
    expect(warnings()).toHaveLength(before.warnings);
  });

  it('fails when a third node is found connected: the one that leaves has left all the same', async () => {
    const { end, node, server, attachment } = await shared();
    node('node-3').subsystems.set(NQN, aSubsystem());
    const error = await failure(end());
    expect(error).toMatchObject({ reason: 'UNTRACKED_EXPORT', details: { using: ['node-3'] } });
    expect(error.now).toBe(
      'vol-1 was detached from node-2. Nobody but node-1 gets in from now on, but node-3 still can write: treat vol-1 as used by both.',
    );
    expect(error.hints[0]?.run).toBe(`nvme disconnect -n ${NQN}`);
    expect(server.disk('vol-1').allow).toBe(hostNqn('node-1'));
    expect(attachment()).toMatchObject({
      phase: 'attached',
      intent: null,
      sharedUntil: null,
      holders: [{ node: 'node-1' }],
    });
  });

  it('warns of a node that can not be asked: another one that is down is no reason to fail', async () => {
    const { end, node, warnings } = await shared();
    node('node-3').error = unreachable('node-3');
    expect(await end()).toMatchObject({ changed: true });
    expect(warnings().join()).toMatch(
      /can not be told: node-3 .+; see who is connected .+: rdsctl reconcile --dry-run/,
    );
  });

  it('that is interrupted before all were asked says that the detach is done, and what was not asked', async () => {
    const { end, server, attachment, interrupt } = await shared();
    server.afterChange = interrupt;
    const error = await failure(end());
    expect(error).toMatchObject({ reason: 'INTERRUPTED', exitCode: 130 });
    expect(error.now).toBe(
      'vol-1 was detached from node-2. Whether a third node got in while it was shared was not asked of all.',
    );
    expect(attachment()).toMatchObject({ intent: null, holders: [{ node: 'node-1' }] });
  });

  it('is not asked about when the list was narrow already', async () => {
    const { end, node, server } = await shared();
    server.edit('vol-1', { allow: hostNqn('node-1') });
    await end();
    expect(node('node-3').observed).toHaveLength(0);
  });

  it('for both nodes needs nobody to be asked: the export ends, and what it cut off is drained', async () => {
    const { end, node, log, server, attachment } = await shared();
    node('node-3').subsystems.set(NQN, aSubsystem());
    expect(await end(null)).toMatchObject({ changed: true, after: null });
    expect(node('node-3').observed).toHaveLength(0);
    expect(server.disk('vol-1').exported).toBe(false);
    expect(log.some((entry) => entry.includes('in-flight'))).toBe(true);
    expect(attachment()).toBeUndefined();
  });

  it('by an undo asks too, and says who else is in', async () => {
    const world = setup();
    world.node('node-1').subsystems.set(NQN, aSubsystem());
    world.node('node-2').connectAnswer = { subsystem: null, connected: false, words: '' };
    world.server.afterChange = ({ kind }) => {
      if (kind === 'admit') world.node('node-3').subsystems.set(NQN, aSubsystem());
    };
    const error = await failure(world.run());
    expect(error.reason).toBe('CONNECT_REFUSED');
    expect(error.now).toBe(
      'What was begun was undone: vol-1 stays with node-1. But node-3 connected to vol-1 before rds1 let node-1 alone in. Nobody but node-1 gets in from now on, but node-3 still can write: treat vol-1 as used by both.',
    );
    expect(error.hints.map(({ run }) => run)).toContain(`nvme disconnect -n ${NQN}`);
    expect(world.server.disk('vol-1').allow).toBe(hostNqn('node-1'));
  });

  it('by an undo that was interrupted asks all the same', async () => {
    const world = setup();
    world.node('node-1').subsystems.set(NQN, aSubsystem());
    world.node('node-2').afterConnect = () => {
      world.node('node-3').subsystems.set(NQN, aSubsystem());
      world.interrupt();
    };
    const error = await failure(world.run());
    expect(error.reason).toBe('INTERRUPTED');
    expect(error.now).toContain('But node-3 connected to vol-1');
  });

  it('by an undo that has no time left to ask says so: it is undone all the same', async () => {
    const world = setup();
    world.node('node-1').subsystems.set(NQN, aSubsystem());
    world.node('node-2').connectAnswer = { subsystem: null, connected: false, words: '' };
    const before = world.store.beforeCommit;
    world.server.afterChange = ({ kind, ...change }) => {
      if (kind !== 'admit' || !('allow' in change) || change.allow === '') return;
      world.store.beforeCommit = () => {
        world.store.beforeCommit = before;
        world.interrupt();
        world.giveUp();
      };
    };
    const error = await failure(world.run());
    expect(error.now).toBe(
      'What was begun was undone: vol-1 stays with node-1. Whether a third node got in meanwhile was not asked of all.',
    );
    expect(world.store.state.attachments['rds1/vol-1']).toMatchObject({ intent: null, sharedUntil: null });
  });
});
