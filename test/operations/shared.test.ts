import { describe, expect, it } from 'vitest';

import { attach } from '../../src/operations/attach/attach.ts';
import type { Config } from '../../src/config/config.ts';
import { aSubsystem, hostNqn } from '../fakes/fake-node.ts';
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
