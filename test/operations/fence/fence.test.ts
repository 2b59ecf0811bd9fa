import { describe, expect, it } from 'vitest';

import { NOBODY } from '../../../src/attachment/host-nqn.ts';
import { fence } from '../../../src/operations/fence/fence.ts';
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
const identity = { 'node-1': { hostNqn: hostNqn('node-1'), hostId: null, fenced: null } };

function setup(options: WorldOptions = {}) {
  const world = makeWorld({
    disks: [granted('node-1')],
    state: aState([anAttachment()], { nodes: identity }),
    ...options,
  });
  world.node('node-1').error = unreachable('node-1');
  const run = (volumes: readonly string[] = [], node = 'node-1') =>
    fence(world.context, { node, volumes }, anything);
  const attachments = () => world.store.state.attachments;
  const mark = () => world.store.state.nodes['node-1']?.fenced;
  return { ...world, run, attachments, mark };
}

describe('fence', () => {
  it('marks the node, then intent, cut, drain, fenced: in this order, without needing the node', async () => {
    const { run, log, server, mark } = setup();
    const report = await run();
    expect(report).toMatchObject({
      node: 'node-1',
      verified: true,
      changed: true,
      nodeSide: 'unreachable',
      failure: null,
      volumes: [{ volume: 'rds1/vol-1', result: 'fenced', verified: true, tracked: true }],
    });
    const order = [
      'state vol-1:attached:node-1',
      'rds1 look all',
      'lock rds1/vol-1',
      'state vol-1:fencing:node-1:fence',
      'rds1 revoke vol-1',
      'rds1 in-flight vol-1 = 0',
      'state vol-1:fenced:node-1',
      'unlock rds1/vol-1',
    ];
    const places = order.map((entry) => log.indexOf(entry));
    expect(places.every((place) => place >= 0)).toBe(true);
    expect(places).toEqual(places.toSorted((a, b) => a - b));
    expect(server.disk('vol-1')).toMatchObject({ exported: false, allow: NOBODY, comment: tagged([], 6) });
    expect(mark()?.volumes).toEqual(['rds1/vol-1']);
  });

  it('again finds it done, and tells the same', async () => {
    const { run, log } = setup();
    await run();
    const sent = log.filter((entry) => entry.includes('revoke')).length;
    expect(await run()).toMatchObject({ verified: true, changed: false, volumes: [{ result: 'already' }] });
    expect(log.filter((entry) => entry.includes('revoke'))).toHaveLength(sent);
  });

  it('again cuts what was exported once more by hand', async () => {
    const { run, server } = setup();
    await run();
    server.edit('vol-1', { exported: true, allow: '' });
    expect(await run()).toMatchObject({ verified: true, volumes: [{ result: 'fenced' }] });
    expect(server.disk('vol-1')).toMatchObject({ exported: false, allow: NOBODY });
  });

  it('is not over before the time to settle, counted from the cut as it was read back', async () => {
    const { run, server, clock } = setup();
    let cutAt = -1;
    server.changeFaults.push('lost-before');
    server.lookFaults.push(null, 'refused');
    server.afterChange = () => (cutAt = clock.passed);
    clock.at(1, () => {
      clock.advance(10_000);
    });
    expect((await run()).verified).toBe(true);
    expect(cutAt).toBeGreaterThan(1_000);
    expect(clock.passed - cutAt).toBeGreaterThanOrEqual(2_000);
  });

  it('finds what only the storage server knows of: by host NQN and by its own tag', async () => {
    const disks = [
      aDisk({ slot: 'a', exported: true, allow: hostNqn('node-1') }),
      aDisk({ slot: 'b', exported: true, allow: '', comment: tagged(['node-1'], 0) }),
      aDisk({ slot: 'c', exported: true, allow: hostNqn('node-2') }),
      aDisk({ slot: 'd', exported: false, allow: hostNqn('node-1') }),
      aDisk({ slot: 'e', exported: true, allow: '' }),
    ];
    const { run, server, mark } = setup({ disks, state: emptyState({ nodes: identity }) });
    expect((await run()).volumes.map(({ slot, tracked }) => [slot, tracked])).toEqual([
      ['a', false],
      ['b', false],
      // Open to any host: told, not cut.
      ['e', false],
    ]);
    expect([...server.disks.values()].map(({ slot, exported }) => [slot, exported])).toEqual([
      ['a', false],
      ['b', false],
      ['c', true],
      ['d', false],
      ['e', true],
    ]);
    expect(mark()?.volumes).toEqual(['rds1/a', 'rds1/b']);
  });

  it('limited to some volumes leaves the others', async () => {
    const disks = ['vol-1', 'vol-2'].map((slot) =>
      granted('node-1', 5, { slot, nqn: `nqn.2000-02.com.mikrotik:${slot}` }),
    );
    const { run, server, attachments } = setup({
      disks,
      state: aState([anAttachment(), anAttachment({ slot: 'vol-2' })]),
    });
    await run(['vol-2']);
    expect(server.disk('vol-1').exported).toBe(true);
    expect(server.disk('vol-2').exported).toBe(false);
    expect(attachments()['rds1/vol-1']).toMatchObject({ phase: 'attached' });
  });

  it('of one of two gives the other its export back, alone', async () => {
    const [first] = anAttachment().holders;
    const second = { ...first, node: 'node-2', hostNqn: hostNqn('node-2') };
    const { run, server, attachments } = setup({
      disks: [aDisk({ exported: true, allow: '', comment: tagged(['node-1', 'node-2'], 5) })],
      state: aState([anAttachment({ holders: [first, second], sharedUntil: '2027-01-01T00:00:00.000Z' })]),
    });
    expect(await run()).toMatchObject({ verified: true, volumes: [{ keptBy: 'node-2' }] });
    expect(server.disk('vol-1')).toMatchObject({
      exported: true,
      allow: hostNqn('node-2'),
      comment: tagged(['node-2'], 6),
    });
    expect(attachments()['rds1/vol-1']).toMatchObject({ phase: 'attached', sharedUntil: null });
    expect(attachments()['rds1/vol-1']?.holders.map(({ node }) => node)).toEqual(['node-2']);
  });

  it('tells a node that answers to drop its dead controllers', async () => {
    const { run, node, log } = setup();
    node('node-1').error = null;
    node('node-1').subsystems.set(NQN, aSubsystem({}, 'connecting'));
    expect((await run()).nodeSide).toBe('dropped');
    expect(node('node-1').disconnects).toEqual([{ nqn: NQN, address: '10.77.0.1', cutOff: true }]);
    expect(log.indexOf('node-1 disconnect')).toBeGreaterThan(log.indexOf('rds1 revoke vol-1'));
  });

  it('a node that does not let go is told of, and cut off all the same', async () => {
    const { run, node, warnings } = setup();
    node('node-1').error = null;
    node('node-1').sticky = true;
    node('node-1').subsystems.set(NQN, aSubsystem());
    expect(await run()).toMatchObject({ nodeSide: 'left', verified: true });
    expect(warnings().join()).toContain('it is cut off all the same');
  });

  it.each(['bad name', 'node-9'])('of %j is refused before anything is done', async (node) => {
    const { run, log } = setup();
    expect((await failure(run([], node))).code).toMatch(/USAGE|NOT_FOUND/);
    expect(log).toEqual([]);
  });

  describe('of a node whose host NQN neither the configuration nor the state knows', () => {
    const BY_HAND = 'nqn.2000-02.com.mikrotik:hand';
    const hand = (over: Parameters<typeof aDisk>[0] = {}) =>
      aDisk({ slot: 'hand', nqn: BY_HAND, exported: true, allow: hostNqn('node-1'), ...over });
    const unknown = (disk = hand(), state = emptyState()) => setup({ disks: [aDisk(), disk], state });

    it('asks it, where it answers: what was exported to it by hand is cut, drained, and dropped there', async () => {
      const { run, node, server, log, attachments, store } = unknown();
      node('node-1').error = null;
      node('node-1').subsystems.set(BY_HAND, aSubsystem({ nqn: BY_HAND }));
      expect(await run()).toMatchObject({
        verified: true,
        nodeSide: 'dropped',
        volumes: [{ slot: 'hand', result: 'fenced', verified: true, tracked: false }],
      });
      expect(server.disk('hand')).toMatchObject({ exported: false, allow: NOBODY });
      expect(log).toContain('rds1 in-flight hand = 0');
      expect(node('node-1').disconnects).toMatchObject([{ nqn: BY_HAND, cutOff: true }]);
      expect(attachments()['rds1/hand']).toMatchObject({
        phase: 'fenced',
        holders: [{ node: 'node-1', hostNqn: hostNqn('node-1') }],
      });
      expect(store.state.nodes['node-1']).toMatchObject({
        hostNqn: hostNqn('node-1'),
        fenced: { volumes: ['rds1/hand'] },
      });
    });

    it('the same of one volume; of another one it is left alone', async () => {
      const { run, node, server } = unknown();
      node('node-1').error = null;
      expect((await run(['vol-1'])).volumes).toEqual([]);
      expect(server.disk('hand').exported).toBe(true);
      expect((await run(['hand'])).volumes).toMatchObject([{ slot: 'hand', result: 'fenced' }]);
      expect(server.disk('hand').exported).toBe(false);
    });

    it('does not believe it when another node is known by that host NQN', async () => {
      const nodes = { 'node-2': { hostNqn: hostNqn('node-1'), hostId: null, fenced: null } };
      const { run, node, server } = unknown(hand(), emptyState({ nodes }));
      node('node-1').error = null;
      node('node-1').subsystems.set(BY_HAND, aSubsystem({ nqn: BY_HAND }));
      const report = await run();
      expect(report).toMatchObject({ verified: false, volumes: [{ slot: 'hand', result: 'failed' }] });
      expect(report.failure?.message).toContain('node-1 is connected to it');
      expect(server.disk('hand').exported).toBe(true);
    });

    it('is not proved to be cut off where it does not answer; the fix is named', async () => {
      const { run, server } = unknown();
      const report = await run();
      expect(report).toMatchObject({
        verified: false,
        failure: { reason: 'NOT_VERIFIED', exitCode: 11 },
        volumes: [{ slot: 'hand', result: 'failed', verified: false }],
      });
      expect(report.failure?.message).toContain('which host NQN node-1 has is not known');
      const [first] = report.failure?.hints ?? [];
      expect(first?.when).toContain('nodes.node-1.hostNqn');
      expect(server.disk('hand').exported).toBe(true);
    });

    it.each([
      ['to a host NQN of another node', hand({ allow: hostNqn('node-2') })],
      [
        'with a tag that names another node',
        hand({ comment: tagged(['node-3'], 0), allow: 'nqn.2014-08.x:y' }),
      ],
      ['to nobody', hand({ allow: NOBODY })],
      ['that is off', hand({ exported: false })],
    ])('an export %s is none of its', async (_what, disk) => {
      const nodes = { 'node-2': { hostNqn: hostNqn('node-2'), hostId: null, fenced: null } };
      const { run, server } = unknown(disk, emptyState({ nodes, tokens: { 'rds1/hand': 9 } }));
      expect(await run()).toMatchObject({ verified: true, volumes: [] });
      expect(server.disk('hand')).toEqual(disk);
    });
  });

  it('a live session by another name than its own is told, where it answers', async () => {
    const disk = aDisk({ slot: 'o', nqn: 'nqn.o:o', exported: true, allow: 'nqn.2014-08.org.example:other' });
    const { run, node, server } = setup({ disks: [granted('node-1'), disk] });
    node('node-1').error = null;
    node('node-1').subsystems.set('nqn.o:o', aSubsystem({ nqn: 'nqn.o:o' }, 'connecting'));
    expect((await run()).verified).toBe(true);
    node('node-1').subsystems.set('nqn.o:o', aSubsystem({ nqn: 'nqn.o:o' }));
    expect(await run()).toMatchObject({ verified: false, volumes: [{}, { slot: 'o', result: 'failed' }] });
    expect(server.disk('o')).toEqual(disk);
  });

  describe('where an export of nobody lets any host in', () => {
    it('and it was named with --volume: not proved either', async () => {
      const { run } = setup({ disks: [granted('node-1'), open()] });
      expect(await run(['open'])).toMatchObject({ verified: false, volumes: [{ slot: 'open' }] });
      expect(await run(['vol-1'])).toMatchObject({ verified: true, volumes: [{ slot: 'vol-1' }] });
    });

    const open = (over: Parameters<typeof aDisk>[0] = {}) =>
      aDisk({ slot: 'open', nqn: 'nqn.2000-02.com.mikrotik:open', exported: true, allow: '', ...over });
    const foreign = tagged(['x'], 3, '', '00000000-1111-4222-8333-444444444444');

    it.each([
      ['without a tag', open()],
      ['of another state', open({ comment: foreign })],
      ['whose tag names nobody', open({ comment: tagged([], 0) })],
    ])('%s: the node is not proved to be cut off, and it is left alone', async (_what, disk) => {
      const { run, server } = setup({ disks: [granted('node-1'), disk] });
      const report = await run();
      expect(report).toMatchObject({
        verified: false,
        failure: { reason: 'NOT_VERIFIED', exitCode: 11 },
        volumes: [
          { slot: 'vol-1', result: 'fenced', verified: true },
          { slot: 'open', result: 'failed', verified: false, tracked: false },
        ],
      });
      expect(report.failure?.message).toContain('open is exported on rds1 to any host');
      expect(report.failure?.hints.map(({ run: command }) => command)).toContain('rdsctl adopt open');
      expect(server.disk('open')).toEqual(disk);
    });

    it('is none of it where it is off, or of a node of the state, or the fence is of some volumes only', async () => {
      const shared = aDisk({
        slot: 'open',
        exported: true,
        allow: '',
        comment: tagged(['node-2', 'node-3'], 5),
      });
      const [first] = anAttachment().holders;
      const holders = [
        { ...first, node: 'node-2' },
        { ...first, node: 'node-3' },
      ] as const;
      const state = aState([anAttachment(), anAttachment({ slot: 'open', holders })], { nodes: identity });
      expect((await setup({ disks: [granted('node-1'), shared], state }).run()).verified).toBe(true);
      const off = open({ exported: false });
      expect((await setup({ disks: [granted('node-1'), off] }).run()).verified).toBe(true);
      expect((await setup({ disks: [granted('node-1'), open()] }).run(['vol-1'])).verified).toBe(true);
    });

    it('counts as connected only if the node, which answers, holds a controller of it', async () => {
      const world = setup({ disks: [granted('node-1'), open()] });
      world.node('node-1').error = null;
      expect((await world.run()).verified).toBe(true);
      world
        .node('node-1')
        .subsystems.set(
          'nqn.2000-02.com.mikrotik:open',
          aSubsystem({ nqn: 'nqn.2000-02.com.mikrotik:open' }),
        );
      const again = await world.run();
      expect(again.failure).toMatchObject({ reason: 'NOT_VERIFIED' });
      expect(again.failure?.message).toContain('node-1 is connected to it');
    });
  });

  it('of a node that only the state remembers is possible', async () => {
    const holders = [{ node: 'node-9', hostNqn: null, device: null, since: '' }] as const;
    const { run, server } = setup({
      disks: [granted('node-9')],
      state: aState([anAttachment({ holders })], {
        nodes: { 'node-9': { hostNqn: null, hostId: null, fenced: null } },
      }),
    });
    expect(await run([], 'node-9')).toMatchObject({ verified: true, nodeSide: 'unreachable' });
    expect(server.disk('vol-1').exported).toBe(false);
  });
});

describe('a fence that is not proved', () => {
  it.each([
    ['it does not drain', 'drain', 'NOT_VERIFIED'],
    ['the cut is not read back', 'late', 'NOT_VERIFIED'],
    ['nobody can be asked what came of it', 'lost', 'NOT_VERIFIED'],
    ['the tag is of another state', 'foreign', 'FOREIGN_TAG'],
    ['the storage server refuses', 'refused', 'REMOTE_ERROR'],
    ['the storage server can not be reached', 'unreachable', 'CONNECT_FAILED'],
    ['the disk is gone', 'gone', 'NO_SUCH_VOLUME'],
  ])('because %s: the mark stays, the volume is not fenced', async (_what, how, reason) => {
    const { run, server, attachments, mark, audits } = setup();
    if (how === 'drain') server.busy = 1;
    if (how === 'late') server.lateReads = Infinity;
    if (how === 'lost') {
      server.changeFaults.push('lost-before', 'lost-before', 'lost-before');
    }
    if (how === 'foreign')
      server.edit('vol-1', { comment: tagged(['x'], 1, '', '00000000-1111-4222-8333-444444444444') });
    if (how === 'refused')
      server.refusals.set('vol-1', { slot: 'vol-1', ok: false, why: 'error', text: 'failure: busy' });
    if (how === 'unreachable') server.lookFaults.push('refused');
    if (how === 'gone') server.disks.delete('vol-1');
    const report = await run();
    expect(report).toMatchObject({
      verified: false,
      failure: { reason },
      volumes: [{ result: 'failed', verified: false }],
    });
    expect(mark()).not.toBeNull();
    expect(attachments()['rds1/vol-1']?.phase).not.toBe('fenced');
    expect(attachments()['rds1/vol-1']?.holders[0].node).toBe('node-1');
    expect(audits).toMatchObject([{ event: 'fence', reason }]);
  });

  it.each([
    ['of an old copy', tagged(['node-2'], 7)],
    ['of the copy that lost', tagged(['node-2'], 5)],
    ['of another state', tagged(['node-2'], 5, '', '00000000-1111-4222-8333-444444444444')],
  ])('since the state is that %s takes no token, however often it is tried', async (_what, comment) => {
    const { run, server, store, remote, attachments } = setup({
      disks: [granted('node-2', 7, { comment })],
    });
    for (let again = 0; again < 3; again += 1) {
      const { failure: reason, volumes } = await run();
      expect(reason?.exitCode).toBe(4);
      expect(volumes).toMatchObject([{ volume: 'rds1/vol-1', result: 'failed' }]);
    }
    expect(server.disk('vol-1')).toMatchObject({ exported: true, comment });
    expect(remote().filter((entry) => entry.startsWith('rds1 revoke'))).toEqual([]);
    expect(store.state.tokens).toEqual({ 'rds1/vol-1': 5 });
    expect(attachments()['rds1/vol-1']).toMatchObject({ phase: 'attached', intent: null });
  });

  it('of what another state granted to the node, which this one does not know, is told', async () => {
    const comment = tagged(['node-1'], 9, '', '00000000-1111-4222-8333-444444444444');
    const { run, server } = setup({
      disks: [granted('node-1', 9, { comment, allow: 'nqn.2014-08.org.example:unknown' })],
      state: emptyState(),
    });
    expect(await run()).toMatchObject({ verified: false, failure: { reason: 'FOREIGN_TAG' } });
    expect(server.disk('vol-1').exported).toBe(true);
  });

  it('is finished by the next one', async () => {
    const { run, server, attachments } = setup();
    server.busy = 1;
    await run();
    expect(attachments()['rds1/vol-1']).toMatchObject({ phase: 'fencing', intent: { verb: 'fence' } });
    server.busy = 0;
    expect((await run()).verified).toBe(true);
    expect(attachments()['rds1/vol-1']).toMatchObject({ phase: 'fenced', intent: null });
  });

  it('of a volume that somebody works on is busy, and the others are cut first', async () => {
    const disks = ['vol-1', 'vol-2'].map((slot) => granted('node-1', 5, { slot }));
    const { run, store, server, attachments } = setup({
      disks,
      state: aState([anAttachment(), anAttachment({ slot: 'vol-2' })]),
    });
    store.holdElsewhere('rds1/vol-1');
    const report = await run();
    expect(report.volumes.map(({ slot, result }) => [slot, result])).toEqual([
      ['vol-1', 'failed'],
      ['vol-2', 'fenced'],
    ]);
    expect(report.failure).toMatchObject({ reason: 'LOCKED', exitCode: 5 });
    expect(server.disk('vol-2').exported).toBe(false);
    expect(attachments()['rds1/vol-1']?.phase).toBe('attached');
  });

  it('on one of two storage servers does not hold the other up', async () => {
    const world = setup({
      config: aConfig({}, ['rds1', 'rds2']),
      state: aState([anAttachment(), anAttachment({ rds: 'rds2', slot: 'vol-9' })]),
    });
    world.servers.get('rds2')?.lookFaults.push('refused');
    const report = await world.run();
    expect(report.volumes.map(({ volume, result }) => [volume, result])).toEqual([
      ['rds1/vol-1', 'fenced'],
      ['rds2/vol-9', 'failed'],
    ]);
    expect(report.unasked).toEqual(['rds2']);
  });

  it('since a storage server of which the state knows nothing for it can not be asked; not with --volume', async () => {
    const options = { config: aConfig({}, ['rds1', 'rds2']) };
    const world = setup(options);
    world.servers.get('rds2')?.lookFaults.push('refused');
    const report = await world.run();
    expect(report).toMatchObject({
      verified: false,
      unasked: ['rds2'],
      volumes: [{ result: 'fenced', verified: true }],
      failure: { reason: 'CONNECT_FAILED', exitCode: 6, details: { unasked: ['rds2'] } },
    });
    expect(report.failure?.message).toContain('whether rds2 exports anything more to node-1 can not be told');
    expect(report.failure?.now).toContain(
      'Treat node-1 as still connected to whatever rds2 may export to it',
    );
    expect((await world.run()).verified).toBe(true);
    const some = setup(options);
    some.servers.get('rds2')?.lookFaults.push('refused');
    expect((await some.run(['rds1/vol-1'])).verified).toBe(true);
  });

  it('that was interrupted leaves the mark, and says so', async () => {
    const world = setup();
    world.store.beforeCommit = world.interrupt;
    const error = await failure(world.run());
    expect(error).toMatchObject({ reason: 'INTERRUPTED' });
    expect(error.now).toContain('node-1 is marked as fenced, but not proved to be cut off');
    expect(world.mark()).not.toBeNull();
    expect(world.server.disk('vol-1').exported).toBe(true);
  });

  it('takes over an attach that was cut short', async () => {
    const world = setup({ state: aState([anAttachment({ phase: 'attaching', intent: anIntent() })]) });
    expect((await world.run()).verified).toBe(true);
    expect(world.attachments()['rds1/vol-1']).toMatchObject({ phase: 'fenced', token: 6 });
  });
});
