import { describe, expect, it } from 'vitest';

import { attach } from '../../../src/operations/attach/attach.ts';
import { fence } from '../../../src/operations/fence/fence.ts';
import { hostNqn, unreachable } from '../../fakes/fake-node.ts';
import { aDisk } from '../../fakes/fake-server.ts';
import { emptyState } from '../../fakes/memory-store.ts';
import { failure } from '../../fakes/outcome.ts';
import {
  anAttachment,
  anything,
  aState,
  granted,
  makeWorld,
  SINCE,
  tagged,
  type WorldOptions,
} from '../../fakes/world.ts';

const identity = { hostNqn: hostNqn('node-1'), hostId: null, fenced: null };
const mark = { since: SINCE, by: 'ops@admin1', reason: null, volumes: ['rds1/vol-1'] };

function setup(options: WorldOptions) {
  const world = makeWorld(options);
  world.node('node-1').error = unreachable('node-1');
  const run = (node = 'node-1') => fence(world.context, { node, volumes: [] }, anything);
  const attachTo = (node: string) =>
    attach(world.context, { volume: 'vol-1', node, shared: null, takeOver: false }, anything);
  const attachment = () => world.store.state.attachments['rds1/vol-1'];
  return { ...world, run, attachTo, attachment };
}

/** Exported to node-1 by hand: the state has nobody. */
const UNTRACKED: WorldOptions = {
  disks: [aDisk({ exported: true, allow: hostNqn('node-1') })],
  state: emptyState({ nodes: { 'node-1': identity } }),
};
/** Fenced off node-1, and exported again by hand. */
const AGAIN: WorldOptions = {
  disks: [aDisk({ exported: true, allow: hostNqn('node-1'), comment: tagged([], 5) })],
  state: aState([anAttachment({ phase: 'fenced' })], { nodes: { 'node-1': { ...identity, fenced: mark } } }),
};

describe.each([
  ['that the state did not know', UNTRACKED],
  ['that was cut off before and exported again', AGAIN],
])('a fence that ends midway, of a volume %s', (_what, options) => {
  it('not drained: nobody is given it until a fence has proved that', async () => {
    const { run, attachTo, attachment, server } = setup(options);
    server.busy = 1;
    expect(await run()).toMatchObject({ verified: false, volumes: [{ result: 'failed', inFlight: 1 }] });
    expect(attachment()).toMatchObject({
      phase: 'fencing',
      holders: [{ node: 'node-1', hostNqn: hostNqn('node-1') }],
      nqn: 'nqn.2000-02.com.mikrotik:vol-1',
      intent: { verb: 'fence', node: 'node-1' },
    });
    expect((await failure(attachTo('node-2'))).reason).toBe('OPEN_INTENT');
    expect(await run()).toMatchObject({ verified: false, volumes: [{ result: 'failed' }] });
    server.busy = 0;
    expect(await run()).toMatchObject({ verified: true, volumes: [{ result: 'fenced' }] });
    expect(attachment()).toMatchObject({ phase: 'fenced', intent: null });
    expect(await attachTo('node-2')).toMatchObject({ changed: true, node: 'node-2' });
  });

  it('killed before the result was on disk: the intent was, before the first change', async () => {
    const { run, attachment, server, store } = setup(options);
    server.afterChange = () => {
      store.beforeCommit = () => {
        throw new Error('killed');
      };
    };
    await expect(run()).rejects.toThrow('killed');
    expect(server.disk('vol-1').exported).toBe(false);
    expect(attachment()).toMatchObject({ phase: 'fencing', intent: { verb: 'fence', node: 'node-1' } });
    store.beforeCommit = null;
    server.afterChange = null;
    expect(await run()).toMatchObject({ verified: true, volumes: [{ result: 'fenced' }] });
  });
});

describe('a fence of a node that is let in to what the state has for another one', () => {
  const options: WorldOptions = {
    disks: [aDisk({ exported: true, allow: hostNqn('node-1'), comment: tagged(['node-2'], 5) })],
    state: aState(
      [
        anAttachment({
          holders: [{ node: 'node-2', hostNqn: hostNqn('node-2'), device: null, since: SINCE }],
        }),
      ],
      { nodes: { 'node-1': identity } },
    ),
  };

  it('keeps that claim, and keeps everybody out until it is drained', async () => {
    const { run, attachTo, attachment, server } = setup(options);
    server.busy = 1;
    expect((await run()).verified).toBe(false);
    expect(attachment()?.holders.map(({ node }) => node)).toEqual(['node-2', 'node-1']);
    expect((await failure(attachTo('node-2'))).reason).toBe('OPEN_INTENT');
    server.busy = 0;
    expect((await run()).verified).toBe(true);
    expect(attachment()).toMatchObject({ phase: 'attached', intent: null, holders: [{ node: 'node-2' }] });
    expect(attachment()?.holders).toHaveLength(1);
    // Not given back unseen: node-1 may have written to it.
    expect(server.disk('vol-1')).toMatchObject({ exported: false, comment: tagged([], 7) });
  });
});

describe('a fence of the second of two that shared a volume', () => {
  it('does not give it back to the first, which is fenced too and was not proved to be cut off', async () => {
    const [first] = anAttachment().holders;
    const second = { ...first, node: 'node-2', hostNqn: hostNqn('node-2') };
    const { run, attachment, server, remote } = setup({
      disks: [aDisk({ exported: true, allow: '', comment: tagged(['node-1', 'node-2'], 5) })],
      state: aState([anAttachment({ holders: [first, second], sharedUntil: '2027-01-01T00:00:00.000Z' })], {
        nodes: { 'node-1': identity, 'node-2': { ...identity, hostNqn: hostNqn('node-2') } },
      }),
    });
    server.busy = 1;
    expect((await run('node-1')).verified).toBe(false);
    server.busy = 0;
    expect(await run('node-2')).toMatchObject({ verified: true, volumes: [{ keptBy: null }] });
    expect(remote().filter((entry) => /grant|admit/.test(entry))).toEqual([]);
    expect(server.disk('vol-1').exported).toBe(false);
    expect(attachment()?.holders.map(({ node }) => node)).toEqual(['node-1']);
    expect((await run('node-1')).verified).toBe(true);
    expect(attachment()).toMatchObject({ phase: 'fenced', holders: [{ node: 'node-1' }] });
  });
});

describe('a fence that lost the lock of a volume', () => {
  it('lays no intent over what another command made of it', async () => {
    const { run, store, log } = setup({
      disks: [granted('node-1')],
      state: aState([anAttachment()], { nodes: { 'node-1': identity } }),
    });
    const lock = store.lock.bind(store);
    store.lock = async (request) => {
      const held = await lock(request);
      store.lose(request.name);
      return held;
    };
    expect((await failure(run())).reason).toBe('LOST_LOCK');
    expect(store.commits).toHaveLength(1);
    expect(log.filter((entry) => entry.includes('revoke'))).toEqual([]);
  });
});
