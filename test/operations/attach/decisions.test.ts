import { describe, expect, it } from 'vitest';

import type { Attachment } from '../../../src/attachment/attachment.ts';
import { attach } from '../../../src/operations/attach/attach.ts';
import type { AttachRequest } from '../../../src/operations/attach/request.ts';
import { aSubsystem, hostNqn, unreachable } from '../../fakes/fake-node.ts';
import { aDisk } from '../../fakes/fake-server.ts';
import { emptyState } from '../../fakes/memory-store.ts';
import { failure } from '../../fakes/outcome.ts';
import {
  aConfig,
  anAttachment,
  anIntent,
  anything,
  aState,
  granted,
  makeWorld,
  tagged,
  type WorldOptions,
} from '../../fakes/world.ts';

const NQN = 'nqn.2000-02.com.mikrotik:vol-1';

function setup(options: WorldOptions = {}) {
  const world = makeWorld(options);
  const run = (node: string, over: Partial<AttachRequest> = {}) =>
    attach(world.context, { volume: 'vol-1', node, shared: null, takeOver: false, ...over }, anything);
  const changes = () =>
    world.log.filter((entry) => / (?:grant|admit|revoke|connect|disconnect)\b/.test(entry));
  return { ...world, run, changes };
}
/** Refused, and nothing was changed: neither at the storage server, nor on a node, nor in the state. */
async function refused(world: ReturnType<typeof setup>, node: string, over: Partial<AttachRequest> = {}) {
  const before = structuredClone(world.store.state);
  const error = await failure(world.run(node, over));
  expect(world.changes()).toEqual([]);
  expect(world.store.state).toEqual(before);
  expect(world.store.held.size).toBe(0);
  expect(error.now).toMatch(/^Nothing was changed/);
  return error;
}

describe('a free volume', () => {
  it('is claimed, granted to this node alone, connected, and remembered', async () => {
    const world = setup();
    const { attachment, device, changed } = await world.run('node-1');
    expect({ device, changed }).toEqual({ device: '/dev/nvme0n1', changed: true });
    expect(attachment).toMatchObject({
      phase: 'attached',
      token: 1,
      intent: null,
      holders: [{ node: 'node-1', device }],
    });
    expect(world.server.disk('vol-1')).toMatchObject({
      exported: true,
      allow: hostNqn('node-1'),
      comment: tagged(['node-1'], 1),
    });
    expect(world.node('node-1').connects).toMatchObject([
      { nqn: NQN, address: '10.77.0.1', port: 4420, hostNqn: hostNqn('node-1'), nvmeCli: '2.13' },
    ]);
    expect(world.audits).toMatchObject([{ event: 'attach', result: 'ok', token: 1, volume: 'rds1/vol-1' }]);
  });

  it('keeps the text of the user', async () => {
    const world = setup({ disks: [aDisk({ comment: 'nightly copy' })] });
    await world.run('node-1');
    expect(world.server.disk('vol-1').comment).toBe(tagged(['node-1'], 1, 'nightly copy'));
  });
});

describe('the same node again', () => {
  it('is success and changes nothing', async () => {
    const world = setup({ disks: [granted('node-1')], state: aState([anAttachment()]) });
    world.node('node-1').subsystems.set(NQN, aSubsystem());
    expect(await world.run('node-1')).toMatchObject({ changed: false, device: '/dev/nvme0n1' });
    expect(world.changes()).toEqual([]);
    expect(world.store.commits).toEqual([]);
    expect(world.audits).toMatchObject([{ result: 'unchanged' }]);
  });

  it('that lost its connection is connected again, and its export is not touched', async () => {
    const world = setup({ disks: [granted('node-1')], state: aState([anAttachment()]) });
    expect(await world.run('node-1')).toMatchObject({ changed: true });
    expect(world.changes()).toEqual(['node-1 connect']);
    expect(world.store.state.attachments['rds1/vol-1']?.token).toBe(5);
  });

  it('whose device has another name now is told the new one, and that is remembered', async () => {
    const world = setup({ disks: [granted('node-1')], state: aState([anAttachment()]) });
    const devices = [{ path: '/dev/nvme7n1', sizeBytes: 1, usable: true }];
    world.node('node-1').subsystems.set(NQN, aSubsystem({ devices }));
    expect(await world.run('node-1')).toMatchObject({ changed: false, device: '/dev/nvme7n1' });
    expect(world.store.state.attachments['rds1/vol-1']?.holders[0].device).toBe('/dev/nvme7n1');
  });

  it('of an attach that was cut short after the grant is finished', async () => {
    const present = anAttachment({ phase: 'attaching', intent: anIntent() });
    const world = setup({ disks: [granted('node-1')], state: aState([present]) });
    expect(await world.run('node-1')).toMatchObject({
      changed: true,
      attachment: { phase: 'attached', intent: null },
    });
    expect(world.changes()).toEqual(['node-1 connect']);
  });

  it('whose export was forgotten by the storage server gets it back, keeping its controller', async () => {
    const world = setup({
      disks: [granted('node-1', 5, { exported: false })],
      state: aState([anAttachment()]),
    });
    world.node('node-1').subsystems.set(NQN, aSubsystem({}, 'connecting'));
    await world.run('node-1');
    expect(world.changes()).toEqual([`rds1 grant vol-1 to ${hostNqn('node-1')}`, 'node-1 connect']);
  });
});

describe('refused by the state, before any host is asked', () => {
  it.each([
    ['attached elsewhere', anAttachment(), 'ATTACHED_ELSEWHERE'],
    [
      'being detached elsewhere',
      anAttachment({ phase: 'detaching', intent: anIntent({ verb: 'detach' }) }),
      'ATTACHED_ELSEWHERE',
    ],
    ['being fenced', anAttachment({ phase: 'fencing', intent: anIntent({ verb: 'fence' }) }), 'OPEN_INTENT'],
  ] as const)('%s', async (_what, present, reason) => {
    const world = setup({ disks: [granted('node-1')], state: aState([present]) });
    expect((await refused(world, 'node-2')).reason).toBe(reason);
    expect(world.remote()).toEqual([]);
    expect(world.audits).toMatchObject([{ result: 'refused', reason }]);
  });

  it('a fenced node', async () => {
    const fenced = { since: '2026-11-20T14:00:00.000Z', by: 'ops', reason: null, volumes: [] };
    const world = setup({
      state: emptyState({ nodes: { 'node-1': { hostNqn: null, hostId: null, fenced } } }),
    });
    expect((await refused(world, 'node-1')).reason).toBe('NODE_FENCED');
    expect(world.remote()).toEqual([]);
  });

  it.each([
    ['BAD_NAME', 'node 1', 'vol-1'],
    ['BAD_NAME', 'node-1', 'vol;1'],
    ['NO_SUCH_NODE', 'node-9', 'vol-1'],
    ['NO_SUCH_STORAGE_SERVER', 'node-1', 'rds9/vol-1'],
  ])('%s: %s, %s', async (reason, node, volume) => {
    const world = setup();
    expect((await refused(world, node, { volume })).reason).toBe(reason);
    expect(world.log).toEqual([]);
  });

  it('somebody else works on the volume', async () => {
    const world = setup();
    const other = world.store.holdElsewhere('rds1/vol-1');
    expect((await failure(world.run('node-1'))).reason).toBe('LOCKED');
    expect(world.changes()).toEqual([]);
    other.release();
  });
});

describe('an attach of another node that was cut short', () => {
  const cutShort = (over: Partial<Attachment> = {}) =>
    anAttachment({ phase: 'attaching', token: 5, intent: anIntent({ token: 5 }), ...over });

  it.each([
    ['no tag', aDisk()],
    ['an older tag', aDisk({ comment: tagged([], 4) })],
  ])('and whose grant never reached the storage server (%s) does not count', async (_what, disk) => {
    const world = setup({ disks: [disk], state: aState([cutShort()]) });
    const { attachment } = await world.run('node-2');
    expect(attachment).toMatchObject({ holders: [{ node: 'node-2' }], token: 6, phase: 'attached' });
    expect(attachment.holders).toHaveLength(1);
    expect(world.server.disk('vol-1')).toMatchObject({
      allow: hostNqn('node-2'),
      comment: tagged(['node-2'], 6),
    });
  });

  it.each([
    ['exported', granted('node-1', 5)],
    ['tagged with its token', granted('node-1', 5, { exported: false })],
    ['cut by it already', aDisk({ comment: tagged([], 5) })],
    ['exported by hand since', aDisk({ exported: true })],
  ])('and that the storage server has seen (%s) counts: the node may be connected', async (_what, disk) => {
    const world = setup({ disks: [disk], state: aState([cutShort()]) });
    expect((await refused(world, 'node-2')).reason).toBe('ATTACHED_ELSEWHERE');
  });

  it('is not thrown away when somebody finished it after it was looked at', async () => {
    const world = setup({ state: aState([cutShort()]) });
    // The lock is lost to another host: by the time of our claim the attach of node-1 is complete.
    const observe = world.node('node-2').observe.bind(world.node('node-2'));
    world.node('node-2').observe = async (options) => {
      const view = await observe(options);
      world.store.state = aState([anAttachment({ token: 7 })]);
      return view;
    };
    const error = await failure(world.run('node-2'));
    expect(error.reason).toBe('ATTACHED_ELSEWHERE');
    expect(world.store.state.attachments['rds1/vol-1']).toMatchObject({
      holders: [{ node: 'node-1' }],
      token: 7,
    });
    expect(world.changes()).toEqual([]);
  });

  it('is not thrown away either when there was none to look at', async () => {
    const world = setup();
    const observe = world.node('node-2').observe.bind(world.node('node-2'));
    world.node('node-2').observe = async (options) => {
      const view = await observe(options);
      world.store.state = aState([anAttachment({ token: 7 })]);
      return view;
    };
    expect((await failure(world.run('node-2'))).reason).toBe('ATTACHED_ELSEWHERE');
    expect(world.store.state.attachments['rds1/vol-1']?.token).toBe(7);
  });
});

describe('refused by what the hosts show', () => {
  it.each([
    ['no host NQN', { hostNqnFile: null }, 'NODE_NOT_READY'],
    ['no nvme-cli', { nvmeCli: null }, 'NODE_NOT_READY'],
    ['no nvme-tcp', { nvmeTcp: false }, 'NODE_NOT_READY'],
    ['the host NQN of another node', { hostNqnFile: hostNqn('node-2') }, 'DUPLICATE_HOST_NQN'],
  ])('a node with %s', async (_what, view, reason) => {
    const world = setup({
      state: emptyState({ nodes: { 'node-2': { hostNqn: hostNqn('node-2'), hostId: null, fenced: null } } }),
    });
    world.node('node-1').view = view;
    expect((await refused(world, 'node-1')).reason).toBe(reason);
  });

  it.each([
    [
      'a foreign tag',
      { comment: tagged(['node-2'], 1, '', '00000000-1111-4222-8333-444444444444') },
      'FOREIGN_TAG',
    ],
    ['a token that this state never gave out', { comment: tagged(['node-2'], 1) }, 'STALE_STATE'],
    ['a mangled tag', { comment: '[rdsctl x]' }, 'FOREIGN_TAG'],
    ['an NQN that is none', { nqn: 'a b' }, 'BAD_ANSWER'],
  ])('a disk with %s', async (_what, disk, reason) => {
    expect((await refused(setup({ disks: [aDisk(disk)] }), 'node-1')).reason).toBe(reason);
  });

  it('no such disk, no such host', async () => {
    expect((await refused(setup({ disks: [] }), 'node-1')).reason).toBe('NO_SUCH_VOLUME');
    const world = setup();
    world.node('node-1').error = unreachable('node-1');
    expect((await refused(world, 'node-1')).exitCode).toBe(6);
    world.server.lookFaults.push('refused');
    world.node('node-1').error = null;
    expect((await refused(world, 'node-1')).exitCode).toBe(6);
  });

  it('a controller of that NQN at another address', async () => {
    const world = setup();
    world.node('node-1').subsystems.set(NQN, aSubsystem({}, 'live', '10.77.0.9'));
    expect((await refused(world, 'node-1')).reason).toBe('NQN_COLLISION');
  });

  it('a volume that is in use on this very node, by hands unknown', async () => {
    const world = setup();
    world.node('node-1').subsystems.set(NQN, aSubsystem());
    world.node('node-1').uses.set(NQN, [{ kind: 'mount', what: '/srv' }]);
    expect((await refused(world, 'node-1')).reason).toBe('DEVICE_IN_USE');
  });

  it('warns of a disk that RouterOS mounts, and of a clock that is off, and goes on', async () => {
    const world = setup({ disks: [aDisk({ mountFilesystem: true })] });
    world.node('node-1').view = { clock: 0 };
    await world.run('node-1');
    expect(world.warnings().join('\n')).toMatch(/mount-filesystem=yes/);
    expect(world.warnings().join('\n')).toMatch(/clock of node-1 is \d+ minutes behind/);
  });
});

describe('an export that the state knows nothing of', () => {
  const untracked = () => setup({ disks: [aDisk({ exported: true, allow: '' })] });

  it('in use by another node is left alone', async () => {
    const world = untracked();
    world.node('node-3').subsystems.set(NQN, aSubsystem({}, 'connecting'));
    const error = await refused(world, 'node-1');
    expect(error).toMatchObject({ reason: 'UNTRACKED_EXPORT', details: { using: ['node-3'], unasked: [] } });
    expect(error.hints[0]?.run).toBe('rdsctl adopt vol-1');
    expect((await refused(world, 'node-1', { takeOver: true })).reason).toBe('UNTRACKED_EXPORT');
  });

  it('that some node could not be asked about is left alone, unless it is taken over', async () => {
    const world = untracked();
    world.node('node-3').error = unreachable('node-3');
    const error = await refused(world, 'node-1');
    expect(error).toMatchObject({ reason: 'UNTRACKED_EXPORT', details: { using: [], unasked: ['node-3'] } });
    expect(error.hints[0]?.run).toBe('rdsctl attach vol-1 node-1 --take-over');
    await world.run('node-1', { takeOver: true });
    expect(world.warnings().join()).toContain('taken over although');
    expect(world.server.disk('vol-1').allow).toBe(hostNqn('node-1'));
  });

  it('that no node uses is cut and granted', async () => {
    const world = untracked();
    await world.run('node-1');
    expect(world.changes().map((entry) => entry.split(' ').slice(0, 2).join(' '))).toEqual([
      'rds1 revoke',
      'rds1 grant',
      'node-1 connect',
    ]);
  });

  it('another configuration: nobody else to ask', async () => {
    const world = setup({ disks: [aDisk({ exported: true })], config: aConfig({}, ['rds1'], ['node-1']) });
    expect((await world.run('node-1')).changed).toBe(true);
  });
});
