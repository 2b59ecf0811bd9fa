import { describe, expect, it } from 'vitest';

import type { Attachment } from '../../src/attachment/attachment.ts';
import type { Disk } from '../../src/operations/ports/storage-server.ts';
import { show } from '../../src/operations/show.ts';
import { aSubsystem, hostNqn, unreachable } from '../fakes/fake-node.ts';
import { aDisk } from '../fakes/fake-server.ts';
import { emptyState } from '../fakes/memory-store.ts';
import { failure } from '../fakes/outcome.ts';
import { anAttachment, anIntent, anything, aState, granted, makeWorld, tagged } from '../fakes/world.ts';

const NQN = 'nqn.2000-02.com.mikrotik:vol-1';

/** Everything in order: attached to node-1, exported to it, connected. */
function setup(over: { attachment?: Partial<Attachment> | null; disk?: Partial<Disk> } = {}) {
  const { attachment = {}, disk = {} } = over;
  const world = makeWorld({
    disks: [granted('node-1', 5, disk)],
    state: attachment === null ? emptyState() : aState([anAttachment(attachment)]),
  });
  world.node('node-1').subsystems.set(NQN, aSubsystem());
  return { ...world, run: () => show(world.context, { volume: 'vol-1' }, anything) };
}
const [FIRST] = anAttachment().holders;
const TWO = [FIRST, { ...FIRST, node: 'node-2', hostNqn: hostNqn('node-2') }] as const;
const differences = async (over: Parameters<typeof setup>[0]) => (await setup(over).run()).differences;

describe('show', () => {
  it('three views that agree, no lock, nothing changed', async () => {
    const { run, log, store } = setup();
    const shown = await run();
    expect(shown.differences).toEqual([]);
    expect(shown).toMatchObject({
      token: 5,
      volume: { key: 'rds1/vol-1' },
      attachment: { phase: 'attached' },
    });
    expect(shown.storageServer).toMatchObject({ seen: { tag: { owners: ['node-1'], token: 5 } } });
    expect(shown.nodes).toMatchObject([{ node: 'node-1', view: { seen: { nqn: NQN } } }]);
    expect(log.filter((entry) => /lock|state|grant|revoke|connect/.test(entry))).toEqual([]);
    expect(store.commits).toEqual([]);
  });

  it('a volume that nobody has agrees as well', async () => {
    expect(await differences({ attachment: null, disk: aDisk() })).toEqual([]);
  });

  it.each([
    [
      'not exported',
      { disk: { exported: false } },
      'the state says attached, the storage server does not export it',
    ],
    [
      'exported to any host',
      { disk: { allow: '' } },
      'the storage server lets any host in, not the owner alone',
    ],
    [
      'exported to another',
      { disk: { allow: hostNqn('node-2') } },
      `the storage server lets ${hostNqn('node-2')} in, not the owner alone`,
    ],
    ['no tag', { disk: { comment: 'text' } }, 'the storage server has no tag for it'],
    ['a mangled tag', { disk: { comment: '[rdsctl x]' } }, 'the tag in the comment can not be read'],
    [
      'a foreign tag',
      { disk: { comment: tagged(['node-1'], 5, '', '00000000-1111-4222-8333-444444444444') } },
      'the tag is of another rdsctl state',
    ],
    [
      'a newer token',
      { disk: { comment: tagged(['node-1'], 9) } },
      'the storage server knows token 9, the state only 5',
    ],
    [
      'tagged for a node that the state does not know',
      { disk: { comment: tagged(['node-1', 'node-2'], 5) } },
      'the tag names node-2, of which this state knows nothing: another copy of it is in use',
    ],
    ['tagged for nobody', { disk: { comment: tagged([], 5) } }, 'the tag names nobody'],
    [
      'tagged with an older token',
      { disk: { comment: tagged(['node-1'], 3) } },
      'the tag has token 3, the state has it with token 5',
    ],
    [
      'tagged for one of two',
      { attachment: { holders: TWO, sharedUntil: '2026-11-20T16:00:00.000Z' } },
      'the tag names node-1 alone',
    ],
    [
      'cut off, and still tagged',
      { attachment: { phase: 'fenced' as const } },
      'the tag still names node-1, which was cut off',
    ],
    [
      'cut off, and exported again',
      { attachment: { phase: 'fenced' as const }, disk: { allow: '' } },
      'the storage server exports it (to any host), though node-1 was cut off from it',
    ],
    [
      'mounted by RouterOS',
      { disk: { mountFilesystem: true } },
      'mount-filesystem=yes: RouterOS mounts it too',
    ],
    [
      'an open intent',
      { attachment: { phase: 'detaching' as const, intent: anIntent({ verb: 'detach' }) } },
      'detach of node-1 was begun by ops@admin1 and is not finished',
    ],
  ])('tells of one that is %s', async (_what, over, words) => {
    expect(await differences(over)).toContain(words);
  });

  it.each([
    ['attaching', 'attach'],
    ['detaching', 'detach'],
    ['fencing', 'fence'],
  ] as const)('does not say that nobody has it while it is %s', async (phase, verb) => {
    const intent = anIntent({ verb });
    expect(await differences({ attachment: { phase, intent } })).toEqual([
      `${verb} of node-1 was begun by ops@admin1 and is not finished`,
      'node-1 holds a controller of it',
    ]);
    expect(await differences({ attachment: { phase, intent }, disk: { allow: '' } })).toContain(
      'the storage server lets any host in, not the owner alone',
    );
  });

  it('tells of an export that the state knows nothing of', async () => {
    const told = await differences({ attachment: null, disk: { comment: '', allow: '' } });
    expect(told).toEqual(['the storage server exports it (to any host), the state gave it to nobody']);
  });

  it('does not mind the open list of a shared volume', async () => {
    const [first] = anAttachment().holders;
    const told = await differences({
      attachment: { sharedUntil: '2026-11-20T16:00:00.000Z', holders: [first, { ...first, node: 'node-2' }] },
      disk: { allow: '', comment: tagged(['node-1', 'node-2'], 5) },
    });
    expect(told).toEqual(['the state says attached to node-2, the node is not connected']);
  });

  it('tells of a node that is not connected, dead, connected elsewhere, or still connected', async () => {
    const { run, node } = setup();
    node('node-1').subsystems.clear();
    expect((await run()).differences).toEqual([
      'the state says attached to node-1, the node is not connected',
    ]);
    node('node-1').subsystems.set(NQN, aSubsystem({}, 'connecting'));
    expect((await run()).differences).toEqual(['the controller on node-1 is not live']);
    node('node-1').subsystems.set(NQN, aSubsystem({}, 'live', '10.77.0.9'));
    expect((await run()).differences).toEqual([
      'node-1 is connected to that NQN at 10.77.0.9, not at 10.77.0.1',
    ]);
    const fenced = setup({
      attachment: { phase: 'fenced' },
      disk: { exported: false, comment: tagged([], 5) },
    });
    expect((await fenced.run()).differences).toEqual(['node-1 holds a controller of it']);
  });

  it('asks the nodes that the tag names too', async () => {
    const { run, node } = setup({
      attachment: null,
      disk: { exported: false, comment: tagged(['node-2'], 0) },
    });
    node('node-2').subsystems.set(NQN, aSubsystem());
    const shown = await run();
    expect(shown.nodes.map(({ node: name }) => name)).toEqual(['node-2']);
    expect(shown.differences).toEqual([
      'the tag names node-2, of which this state knows nothing: another copy of it is in use',
      'node-2 holds a controller of it',
    ]);
  });

  it('shows what it can when a host can not be reached, and says why it can not', async () => {
    const { run, node, server } = setup();
    node('node-1').error = unreachable('node-1');
    expect((await run()).nodes).toMatchObject([{ view: { error: { reason: 'CONNECT_FAILED' } } }]);
    server.lookFaults.push('refused');
    const shown = await run();
    expect(shown.storageServer).toMatchObject({ error: { reason: 'CONNECT_FAILED' } });
    expect(shown.attachment).not.toBeNull();
  });

  it('of a volume that nobody knows fails', async () => {
    const world = makeWorld({ disks: [] });
    expect((await failure(show(world.context, { volume: 'vol-1' }, anything))).reason).toBe('NO_SUCH_VOLUME');
  });

  it('of a volume that only the state knows is shown', async () => {
    const world = makeWorld({ disks: [], state: aState([anAttachment()]) });
    const shown = await show(world.context, { volume: 'vol-1' }, anything);
    expect(shown.storageServer).toMatchObject({ error: { reason: 'NO_SUCH_VOLUME' } });
  });
});
