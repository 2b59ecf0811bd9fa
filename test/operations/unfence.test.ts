import { describe, expect, it } from 'vitest';

import type { Attachment } from '../../src/attachment/attachment.ts';
import type { Config } from '../../src/config/config.ts';
import { formatEntryTag } from '../../src/operations/firewall/entries.ts';
import { unfence } from '../../src/operations/unfence.ts';
import { unwritable } from '../../src/state/file/faults.ts';
import { aSubsystem, unreachable } from '../fakes/fake-node.ts';
import { aDisk } from '../fakes/fake-server.ts';
import { failure } from '../fakes/outcome.ts';
import { aConfig, anAttachment, anIntent, aState, makeWorld, tagged } from '../fakes/world.ts';

const NQN = 'nqn.2000-02.com.mikrotik:vol-1';

const plain = aConfig();
const FIREWALL: Config = {
  ...plain,
  fence: { ...plain.fence, firewall: true },
  nodes: Object.fromEntries(
    Object.entries(plain.nodes).map(([name, node], index) => [
      name,
      { ...node, addresses: [`10.77.0.1${index + 1}`] },
    ]),
  ),
};

function setup(over: Partial<Attachment> | null = {}) {
  const fenced = { since: '2026-11-20T14:00:00.000Z', by: 'ops', reason: null, volumes: ['rds1/vol-1'] };
  const attachments = over === null ? [] : [anAttachment({ phase: 'fenced', ...over })];
  const world = makeWorld({
    disks: [aDisk({ comment: tagged([], 5) })],
    config: FIREWALL,
    state: aState(attachments, { nodes: { 'node-1': { hostNqn: null, hostId: null, fenced } } }),
  });
  const run = (force = false) => unfence(world.context, { node: 'node-1', force });
  const mark = () => world.store.state.nodes['node-1']?.fenced ?? null;
  return { ...world, run, mark };
}

describe('unfence', () => {
  it('looks at the node, lifts the mark and forgets what was fenced off it', async () => {
    const { run, node, store, mark } = setup();
    expect(await run()).toMatchObject({ changed: true, released: ['rds1/vol-1'] });
    expect(node('node-1').observed).toEqual([[NQN]]);
    expect(mark()).toBeNull();
    expect(store.state.attachments).toEqual({});
  });

  it('of a node that is not fenced changes nothing', async () => {
    const { run } = setup();
    await run();
    expect(await run()).toMatchObject({ changed: false, mark: null });
  });

  it.each([
    ['live', 'live'],
    ['dead, which would replay its queued writes', 'connecting'],
  ])('is refused while the node holds a controller that is %s', async (_what, state) => {
    const { run, node, mark } = setup();
    node('node-1').subsystems.set(NQN, aSubsystem({}, state));
    const error = await failure(run());
    expect(error).toMatchObject({ reason: 'STALE_CONTROLLER', exitCode: 4 });
    expect(error.now).toContain('node-1 stays fenced');
    expect(mark()).not.toBeNull();
  });

  it('is refused while a ghost of the volume is mounted', async () => {
    const { run, node, mark } = setup();
    node('node-1').subsystems.set(NQN, aSubsystem({ controllers: [] }));
    node('node-1').uses.set(NQN, [{ kind: 'mount', what: '/srv' }]);
    expect(await failure(run())).toMatchObject({ reason: 'DEVICE_IN_USE', exitCode: 7 });
    expect(mark()).not.toBeNull();
  });

  it('is refused while one is mounted from a device that is gone, and names the mount', async () => {
    const { run, node, mark } = setup();
    const dead = [
      { device: '/dev/nvme0n1', mount: '/srv' },
      { device: '/dev/nvme0n1', mount: "/srv/it's here" },
    ];
    node('node-1').subsystems.set(NQN, aSubsystem({ controllers: [], devices: [], deadMounts: dead }));
    const error = await failure(run());
    expect(error).toMatchObject({ reason: 'DEVICE_IN_USE', exitCode: 7 });
    expect(error.message).toContain('/srv is mounted from /dev/nvme0n1, which is gone');
    expect(error.hints[0]?.run).toBe(String.raw`umount '/srv/it'\''s here' /srv`);
    expect(mark()).not.toBeNull();
  });

  it('is refused without the node, unless forced, which is said', async () => {
    const { run, node, mark, warnings } = setup();
    node('node-1').error = unreachable('node-1');
    const error = await failure(run());
    expect(error.exitCode).toBe(6);
    expect(error.now).toContain('node-1 stays fenced');
    expect(error.hints.at(-1)?.run).toBe('rdsctl unfence node-1 --force');
    expect(mark()).not.toBeNull();
    expect((await run(true)).changed).toBe(true);
    expect(warnings().join()).toContain('was not checked');
  });

  it('is refused while a fence is not proved, even when forced', async () => {
    const { run, mark } = setup({ phase: 'fencing', intent: anIntent({ verb: 'fence' }) });
    for (const force of [false, true]) expect((await failure(run(force))).reason).toBe('OPEN_INTENT');
    expect(mark()).not.toBeNull();
  });

  it('asks the storage server for the NQN that the state does not know', async () => {
    const { run, node } = setup(null);
    node('node-1').subsystems.set(NQN, aSubsystem({}, 'connecting'));
    expect((await failure(run())).reason).toBe('STALE_CONTROLLER');
  });

  it.each([
    ['a storage server that is configured no more', 'rds9/vol-9'],
    ['a volume that its storage server has no more', 'rds1/vol-9'],
  ])('of %s can not be looked at: refused with its name, unless forced', async (_what, key) => {
    const { run, store, mark } = setup();
    const fenced = {
      since: '2026-11-20T14:00:00.000Z',
      by: 'ops',
      reason: null,
      volumes: ['rds1/vol-1', key],
    };
    store.state = { ...store.state, nodes: { 'node-1': { hostNqn: null, hostId: null, fenced } } };
    const error = await failure(run());
    expect(error).toMatchObject({ reason: 'NO_SUCH_VOLUME', details: { volumes: [key] } });
    expect(error.message).toContain(key);
    expect(error.now).toContain('node-1 stays fenced');
    expect(error.hints.at(-1)?.run).toBe('rdsctl unfence node-1 --force');
    expect(mark()).not.toBeNull();
    expect((await run(true)).changed).toBe(true);
  });

  it.each([
    ['anew', { since: '2026-11-20T14:02:00.000Z', volumes: ['rds1/vol-1'] }],
    [
      'off another volume as well',
      { since: '2026-11-20T14:00:00.000Z', volumes: ['rds1/vol-1', 'rds1/vol-2'] },
    ],
    ['off another volume instead', { since: '2026-11-20T14:00:00.000Z', volumes: ['rds1/vol-2'] }],
  ])('is refused, even when forced, when the node was fenced %s meanwhile', async (_what, over) => {
    for (const force of [false, true]) {
      const { run, server, store, mark } = setup();
      const fenced = { by: 'other@admin2', reason: null, ...over };
      // Right before the commit: the last thing that is asked is the firewall.
      const look = server.lookAtFirewall.bind(server);
      server.lookAtFirewall = (options) => {
        store.state = { ...store.state, nodes: { 'node-1': { hostNqn: null, hostId: null, fenced } } };
        return look(options);
      };
      const error = await failure(run(force));
      expect(error).toMatchObject({ reason: 'CHANGED_MEANWHILE', exitCode: 4 });
      expect(error.message).toContain('other@admin2');
      expect(mark()).toEqual(fenced);
    }
  });

  it('that is refused at the last puts the node back on the list of fenced nodes', async () => {
    const { run, server, store, mark, log } = setup();
    const comment = formatEntryTag({ node: 'node-1', lineage: store.state.lineage });
    server.firewall = { rules: [], entries: [{ family: 4, address: '10.77.0.11', comment }] };
    store.beforeCommit = () => {
      throw unwritable('/state.json', new Error('no space left on device'));
    };
    expect((await failure(run())).reason).toBe('STATE_UNWRITABLE');
    expect(mark()).not.toBeNull();
    expect(log.filter((entry) => /block/.test(entry))).toEqual(['rds1 unblock', 'rds1 block 10.77.0.11']);
    expect(server.firewall.entries).toMatchObject([{ address: '10.77.0.11' }]);
  });
});
