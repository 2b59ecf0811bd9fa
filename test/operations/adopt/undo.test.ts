import { describe, expect, it } from 'vitest';

import { RdsctlError } from '../../../src/errors/rdsctl-error.ts';
import { adopt } from '../../../src/operations/adopt/adopt.ts';
import { aSubsystem, hostNqn } from '../../fakes/fake-node.ts';
import { aDisk } from '../../fakes/fake-server.ts';
import { failure } from '../../fakes/outcome.ts';
import { anAttachment, anIntent, anything, aState, makeWorld, type WorldOptions } from '../../fakes/world.ts';

const NQN = 'nqn.2000-02.com.mikrotik:vol-1';

/** vol-1 is exported to any host by hand, and node-1 is connected to it. */
function setup(options: WorldOptions = {}) {
  const world = makeWorld({
    disks: [aDisk({ exported: true, allow: '', comment: 'db' })],
    ...options,
  });
  world.node('node-1').subsystems.set(NQN, aSubsystem({ controllers: [controller('node-1')] }));
  const run = () => adopt(world.context, { volume: 'vol-1' }, anything);
  const attachment = () => world.store.state.attachments['rds1/vol-1'];
  return { ...world, run, attachment };
}

function controller(node: string) {
  return { name: 'nvme0', state: 'live', address: '10.77.0.1', port: 4420, hostNqn: hostNqn(node) };
}

/** Another node gets in before the list names one alone. */
function intruder(world: ReturnType<typeof setup>): void {
  world.server.beforeChange = () => {
    world.node('node-2').subsystems.set(NQN, aSubsystem({ controllers: [controller('node-2')] }));
  };
}

const BEFORE = aState([
  anAttachment({ phase: 'attaching', intent: anIntent({ since: '2026-11-20T15:00:00.000Z' }) }),
]);

describe('an adopt that fails on the way', () => {
  it('of a volume that nobody had: put back as it was, and the claim dropped', async () => {
    const world = setup();
    intruder(world);
    expect((await failure(world.run())).reason).toBe('UNTRACKED_EXPORT');
    expect(world.attachment()).toBeUndefined();
    expect(world.server.disk('vol-1')).toMatchObject({ exported: true, allow: '', comment: 'db' });
  });

  it('of a volume that was claimed for the node before keeps that claim', async () => {
    const world = setup({ state: BEFORE });
    intruder(world);
    const error = await failure(world.run());
    expect(error.reason).toBe('UNTRACKED_EXPORT');
    expect(error.now).toContain('claimed for node-1');
    expect(world.attachment()).toMatchObject({ phase: 'attaching', holders: [{ node: 'node-1' }] });
  });

  it('since another command changed the volume: nothing of what that one made is undone', async () => {
    const world = setup();
    world.server.beforeChange = () => {
      world.server.edit('vol-1', { comment: 'by another' });
    };
    const error = await failure(world.run());
    expect(error.reason).toBe('CHANGED_MEANWHILE');
    expect(error.now).toContain('claimed for node-1');
    expect(world.attachment()).toMatchObject({ phase: 'attaching', holders: [{ node: 'node-1' }] });
  });

  it.each([
    [
      'its outcome is unknown',
      new RdsctlError('CONNECTION_LOST', { message: 'lost', details: { sent: true } }),
    ],
    [
      'the time to finish ran out',
      new RdsctlError('TIMED_OUT', { message: 'late', details: { sent: true } }),
    ],
  ])('where %s keeps the claim', async (_what, fault) => {
    const world = setup();
    world.server.changeFaults.push(fault, fault, fault);
    expect((await failure(world.run())).reason).toBe(fault.reason);
    expect(world.attachment()).toMatchObject({ phase: 'attaching', holders: [{ node: 'node-1' }] });
  });

  it('where the storage server refused for certain drops it', async () => {
    const world = setup();
    world.server.refusals.set('vol-1', { slot: 'vol-1', ok: false, why: 'error', text: 'failure: busy' });
    expect((await failure(world.run())).reason).toBe('REMOTE_ERROR');
    expect(world.attachment()).toBeUndefined();
  });

  it('whose lock was lost before it claimed the volume claims nothing', async () => {
    const world = setup();
    const { node, store } = world;
    const observe = node('node-2').observe.bind(node('node-2'));
    node('node-2').observe = (request) => {
      store.lose('rds1/vol-1');
      return observe(request);
    };
    expect((await failure(world.run())).reason).toBe('LOST_LOCK');
    expect(store.commits).toEqual([]);
    expect(world.server.disk('vol-1')).toMatchObject({ allow: '', comment: 'db' });
  });

  it('whose lock was lost after that undoes nothing', async () => {
    const world = setup();
    intruder(world);
    world.server.afterChange = () => {
      world.store.lose('rds1/vol-1');
    };
    expect((await failure(world.run())).reason).toBe('LOST_LOCK');
    expect(world.attachment()).toMatchObject({ phase: 'attaching' });
    expect(world.remote().filter((entry) => entry.includes('admit'))).toHaveLength(1);
  });
});

describe('an adopt of a volume that two nodes were to share', () => {
  it('is refused: it would shut one of them out', async () => {
    const [owner] = anAttachment().holders;
    const holders = [owner, { ...owner, node: 'node-2', hostNqn: hostNqn('node-2') }] as const;
    const intent = anIntent({ verb: 'share', node: 'node-2' });
    const world = setup({ state: aState([anAttachment({ phase: 'attaching', holders, intent })]) });
    const error = await failure(world.run());
    expect(error).toMatchObject({ reason: 'OPEN_INTENT', exitCode: 4 });
    expect(error.hints).toMatchObject([{ run: 'rdsctl detach vol-1 node-2' }]);
    expect(world.store.commits).toEqual([]);
  });
});
