import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { NOBODY } from '../../src/attachment/host-nqn.ts';
import { encodeName } from '../../src/state/file/lock-name.ts';
import { connectByHand } from './by-hand.ts';
import { leaveLock } from './leave-lock.ts';
import type { Outcome } from './outcome.ts';
import { openScene, type Scene, type SceneOptions } from './scene.ts';

/** Every kind of drift, made for real; what is done about it, and that it is done once and for all. */

async function attached(options: SceneOptions = {}): Promise<Scene> {
  const scene = await openScene(options);
  await scene.done('attach', 'vol-1', 'node-1');
  return scene;
}

/** For scenes in which a namespace gets another identity: so long a node is waited for before it is connected anew. */
const NEW_IDENTITY = { config: { timeouts: { device: '5s' } } };

interface DriftItem {
  readonly kind: string;
  readonly volume: string;
  readonly node: string | null;
  readonly result: string;
  readonly command: string;
}

async function reconcile(scene: Scene, ...more: string[]): Promise<{ outcome: Outcome; drift: DriftItem[] }> {
  const outcome = await scene.run('reconcile', '-o', 'json', ...more);
  return { outcome, drift: outcome.json()['drift'] as DriftItem[] };
}

const changes = (scene: Scene, since = 0): string[] =>
  scene
    .events(since)
    .map(({ event }) => event)
    .filter((event) => event !== 'connect-refused');

/** A second one finds nothing to do and says nothing. */
async function expectSilent(scene: Scene): Promise<void> {
  const before = { changes: changes(scene).length, audit: scene.audit().length };
  expect(await scene.run('reconcile')).toMatchObject({ code: 0, stdout: '', stderr: '' });
  expect({ changes: changes(scene).length, audit: scene.audit().length }).toEqual(before);
}

/** Its power goes, and comes back; `last` is exported after all others. */
async function restartServer(scene: Scene, last = 'vol-1'): Promise<void> {
  const since = scene.events().length;
  await scene.simulation.rds.down('off');
  await scene.simulation.rds.up();
  await scene.simulation.events.waitFor(
    ({ seq, event, volume }) => seq > since && event === 'export-on' && volume === last,
  );
}

/** It is told each time, with the same words, and nothing is changed. */
async function expectReported(scene: Scene, wanted: Partial<DriftItem>): Promise<void> {
  const before = { state: scene.stateBytes(), changes: changes(scene).length, audit: scene.audit().length };
  for (const run of [1, 2]) {
    const { outcome, drift } = await reconcile(scene);
    expect(outcome.code, `run ${run}: ${outcome.stderr}`).toBe(0);
    expect(outcome.json()).toMatchObject({ inSync: false });
    expect(drift).toContainEqual(expect.objectContaining({ ...wanted, result: 'left', unasked: false }));
  }
  expect((await scene.run('reconcile', '--dry-run')).code).toBe(8);
  expect({ state: scene.stateBytes(), changes: changes(scene).length, audit: scene.audit().length }).toEqual(
    before,
  );
}

/** @param then what may show when that is repaired, by when the node comes back by itself, and is repaired too */
async function expectRepaired(
  scene: Scene,
  kind: string,
  node: string | null = 'node-1',
  then?: string,
): Promise<void> {
  const { outcome, drift } = await reconcile(scene);
  expect(outcome.code, outcome.stderr).toBe(0);
  const wanted = then !== undefined && drift.length === 2 ? [kind, then] : [kind];
  const repaired = { node, result: 'repaired', done: true, unasked: true };
  expect(drift).toMatchObject(wanted.map((each) => ({ ...repaired, kind: each })));
  const counts = { repaired: wanted.length, left: 0, failed: 0 };
  expect(outcome.json()).toMatchObject({ inSync: true, counts });
  expect(scene.audit().at(-1)).toMatchObject({ event: 'reconcile', result: 'ok' });
  await expectSilent(scene);
}

const exported = async (scene: Scene): Promise<boolean> =>
  (await scene.console(':put [/disk get [find where slot="vol-1"] nvme-tcp-export]')).startsWith('true');

describe('in sync', () => {
  test('nothing is said, whatever the number of volumes, and each host is asked once', async () => {
    const scene = await openScene({ volumes: 6 });
    for (const volume of ['vol-1', 'vol-2', 'vol-3']) await scene.done('attach', volume, 'node-1');
    await scene.done('attach', 'vol-4', 'node-2');
    await expectSilent(scene);
    const told = await scene.run('reconcile', '-vv', '--log-format', 'json');
    const asked = told.stderr
      .trimEnd()
      .split('\n')
      .map((line) => JSON.parse(line) as { event: string; host?: string })
      .filter(({ event }) => event === 'command')
      .map(({ host }) => host);
    expect(asked.sort()).toEqual(['node-1', 'node-2', 'rds1']);
  });

  test('a document is complete all the same', async () => {
    const scene = await attached();
    const { outcome } = await reconcile(scene);
    expect(outcome.json()).toEqual({
      apiVersion: 'rdsctl/v1',
      kind: 'ReconcileReport',
      inSync: true,
      dryRun: false,
      busy: null,
      storageServers: { asked: ['rds1'], unasked: [] },
      nodes: { asked: ['node-1', 'node-2'], unasked: [] },
      drift: [],
      skipped: [],
      commands: [],
      counts: {
        volumes: 2,
        drift: 0,
        repaired: 0,
        planned: 0,
        left: 0,
        failed: 0,
        skipped: 0,
        serversUnasked: 0,
        nodesUnasked: 0,
      },
    });
    expect((await scene.run('reconcile', '--dry-run')).code).toBe(0);
  });
});

describe('repaired unasked', () => {
  test('a node that was restarted is connected again, all its volumes', async () => {
    const scene = await openScene({ volumes: 6 });
    const volumes = ['vol-1', 'vol-2', 'vol-3', 'vol-4', 'vol-5'];
    for (const volume of volumes) await scene.done('attach', volume, 'node-1');
    await scene.simulation.node('node-1').down('off');
    await scene.simulation.node('node-1').up();
    // The storage server forgets the sessions of a node without power only later.
    for (const each of volumes)
      await scene.simulation.events.waitFor(
        ({ event, volume }) => event === 'session-closed' && volume === each,
      );
    const { outcome, drift } = await reconcile(scene);
    expect(outcome.code, outcome.stderr).toBe(0);
    expect(drift.map(({ volume, kind, result }) => `${volume} ${kind} ${result}`)).toEqual(
      volumes.map((volume) => `${volume} not-connected repaired`),
    );
    for (const volume of volumes) expect(scene.sessions(volume)).toEqual([scene.hostNqn('node-1')]);
    await expectSilent(scene);
  });

  test.for(['6.1', '6.12'] as const)(
    'a storage server that was restarted: nodes of kernel %s have their volumes again',
    async (kernel) => {
      const scene = await attached({ ...NEW_IDENTITY, traits: { 'node-1': { kernel } } });
      await scene.done('attach', 'vol-2', 'node-1');
      await restartServer(scene, 'vol-2');
      const { outcome } = await reconcile(scene);
      expect(outcome.code, outcome.stderr).toBe(0);
      for (const volume of ['vol-1', 'vol-2']) {
        expect(scene.sessions(volume)).toEqual([scene.hostNqn('node-1')]);
      }
      await expectSilent(scene);
    },
  );

  test.for(['6.1', '6.12'] as const)(
    'a file system that stays on the dead device after that is told with what to run, and left (kernel %s)',
    async (kernel) => {
      const scene = await attached({ ...NEW_IDENTITY, traits: { 'node-1': { kernel } } });
      const { uses, host } = scene.simulation.node('node-1').kernel;
      uses.add('nvme0n1', { kind: 'mount', directory: '/srv/data', seen: 'container' });
      await restartServer(scene);
      const { outcome, drift } = await reconcile(scene);
      expect(outcome.code, outcome.stderr).toBe(0);
      const now = host.subsystems[0]?.device?.name;
      expect(now).toBe('nvme0n2');
      const dead = {
        kind: 'dead-mount',
        node: 'node-1',
        meaning:
          'on node-1 /srv/data is mounted from /dev/nvme0n1, which is gone: whoever uses it gets errors, also when vol-1 is connected again',
        command: 'umount /srv/data   # on node-1, then mount /dev/nvme0n2 there',
      };
      expect(drift.at(-1)).toMatchObject({
        ...dead,
        result: 'left',
        details: { deadMounts: [{ device: '/dev/nvme0n1', mount: '/srv/data' }], device: '/dev/nvme0n2' },
      });
      await expectReported(scene, dead);
      expect(uses.all).toHaveLength(1);

      const marked = 'differs: on node-1 /srv/data is mounted from /dev/nvme0n1, which is gone';
      expect((await scene.run('show', 'vol-1')).stdout).toContain(marked);
      const drawn = (await scene.run('tree')).stdout;
      expect(drawn).toContain(marked);
      expect(drawn).toMatch(/-- \/dev\/nvme0n2\n.*-- \/dev\/nvme0n1 \(gone\)\n.*-- \/srv\/data \(dead\)\n/);
      const checks = (await scene.run('doctor', '-o', 'json')).json()['checks'] as { id: string }[];
      expect(checks.filter(({ id }) => id === 'node.dead-mount')).toEqual([
        expect.objectContaining({
          severity: 'warning',
          host: 'node-1',
          subject: '/srv/data',
          fix: { on: 'node-1', run: 'umount /srv/data' },
        }),
      ]);

      uses.remove(() => true);
      uses.add('nvme0n2', { kind: 'mount', directory: '/srv/data', seen: 'own' });
      await expectSilent(scene);
    },
  );

  test('a file system that a fenced node still has mounted is what the fence left, and no drift', async () => {
    const scene = await attached();
    const { uses } = scene.simulation.node('node-1').kernel;
    uses.add('nvme0n1', { kind: 'mount', directory: '/srv/data', seen: 'own' });
    await scene.done('fence', 'node-1', '--yes');
    await expectSilent(scene);
    const refused = await scene.run('unfence', 'node-1');
    expect(refused.code).toBe(7);
    expect(refused.stderr).toContain('/srv/data is mounted from /dev/nvme0n1, which is gone');
    expect(refused.stderr).toContain('umount /srv/data');
  });

  test('an export that the storage server forgot is made again, for the owner alone', async () => {
    const scene = await attached(NEW_IDENTITY);
    const before = (await scene.state()).attachments['rds1/vol-1']?.token ?? 0;
    await scene.setDisk('vol-1', 'nvme-tcp-export=no nvme-tcp-server-allow-host-name=""');
    // Its namespace has another identity now: connected anew once the old device is seen to be gone.
    await expectRepaired(scene, 'export-lost', 'node-1', 'no-device');
    expect(scene.sessions('vol-1')).toEqual([scene.hostNqn('node-1')]);
    expect((await scene.state()).attachments['rds1/vol-1']).toMatchObject({
      token: before + 1,
      intent: null,
    });
    expect(await scene.comment('vol-1')).toContain(`owner=node-1 token=${before + 1} `);
  });

  test.for([
    ['any host', '""', 'open-export'],
    ['nobody', `"${NOBODY}"`, 'allow-lost'],
  ] as const)(
    'an export that admits %s is narrowed to the owner, without toggling it',
    async ([, allow, kind]) => {
      const scene = await attached();
      await scene.setDisk('vol-1', `nvme-tcp-server-allow-host-name=${allow}`);
      const before = scene.events().length;
      await expectRepaired(scene, kind);
      expect(changes(scene, before)).toEqual(['comment-changed', 'allow-changed']);
      expect(scene.events(before).find(({ event }) => event === 'allow-changed')?.allow).toBe(
        scene.hostNqn('node-1'),
      );
      expect(scene.sessions('vol-1')).toEqual([scene.hostNqn('node-1')]);
    },
  );

  test('a tag that was wiped is written again, with the text of the user', async () => {
    const scene = await attached();
    await scene.setDisk('vol-1', 'comment="nightly copy"');
    const before = scene.events().length;
    await expectRepaired(scene, 'tag-lost');
    expect(changes(scene, before)).toEqual(['comment-changed']);
    expect(await scene.comment('vol-1')).toMatch(/^nightly copy \[rdsctl owner=node-1 token=2 /);
  });

  test('a dead controller on a fenced node that is back is dropped, and it can be unfenced', async () => {
    const scene = await attached();
    await scene.simulation.node('node-1').down();
    await scene.done('fence', 'node-1', '--yes');
    await scene.done('attach', 'vol-1', 'node-2');
    await scene.simulation.node('node-1').up();
    expect(scene.simulation.node('node-1').kernel.host.controllers).toHaveLength(1);
    expect((await scene.run('unfence', 'node-1')).code).toBe(4);
    await expectRepaired(scene, 'dead-controller');
    expect(scene.simulation.node('node-1').kernel.host.controllers).toHaveLength(0);
    expect(scene.sessions('vol-1')).toEqual([scene.hostNqn('node-2')]);
    expect((await scene.run('unfence', 'node-1')).code).toBe(0);
  });

  test('a dead controller of a volume that moved is dropped where it was, but not while it is in use', async () => {
    const scene = await attached();
    const { kernel } = scene.simulation.node('node-1');
    kernel.uses.add('nvme0n1', { kind: 'mount', directory: '/srv/data', seen: 'own' });
    await scene.simulation.node('node-1').down();
    await scene.done('fence', 'node-1', '--yes');
    await scene.done('attach', 'vol-1', 'node-2');
    await scene.done('unfence', 'node-1', '--force');
    await scene.simulation.node('node-1').up();
    expect(kernel.host.controllers).toHaveLength(1);
    await expectReported(scene, { kind: 'dead-controller', node: 'node-1' });
    expect(kernel.host.controllers).toHaveLength(1);
    kernel.uses.remove(() => true);
    await expectRepaired(scene, 'dead-controller');
    expect(kernel.host.controllers).toHaveLength(0);
    expect(scene.sessions('vol-1')).toEqual([scene.hostNqn('node-2')]);
  });

  test('an export of a volume that nobody has, with nobody admitted, is ended', async () => {
    const scene = await attached();
    await scene.done('detach', 'vol-1');
    await scene.setDisk('vol-1', 'nvme-tcp-export=yes');
    await expectRepaired(scene, 'leftover-export', null);
    expect(await exported(scene)).toBe(false);
    expect((await scene.state()).attachments).toEqual({});
  });

  /** A host that connected by hand is gone, with a write of its in flight; the export is on, for nobody. */
  async function leftWithWrite(): Promise<{ scene: Scene; land: () => void }> {
    const scene = await attached({
      byHand: ['rds1/vol-1'],
      config: { fence: { drainTimeout: '400ms' } },
    });
    await scene.done('detach', 'vol-1');
    await scene.setDisk('vol-1', 'nvme-tcp-server-allow-host-name="" nvme-tcp-export=yes');
    await connectByHand(scene, 'node-1');
    const { target } = scene.simulation.rds;
    const disk = target.hold('vol-1');
    const [session] = target.openSessions('vol-1');
    if (session === undefined) throw new Error('node-1 has no session');
    target.begin(session, { kind: 'write', offset: 0, data: Buffer.from('late') }, () => undefined);
    const { host } = scene.simulation.node('node-1').kernel;
    for (const controller of host.controllers) await host.delete(controller);
    await scene.setDisk('vol-1', `nvme-tcp-server-allow-host-name="${NOBODY}"`);
    const land = (): void => {
      scene.configure({ fence: { drainTimeout: null } });
      disk.goOn();
    };
    return { scene, land };
  }

  test('what its last session left in flight is waited for, and nobody is granted it before', async () => {
    const { scene, land } = await leftWithWrite();
    const { outcome, drift } = await reconcile(scene);
    expect(outcome.code, outcome.stderr).toBe(1);
    expect(drift).toMatchObject([{ kind: 'leftover-export', node: null, result: 'failed' }]);
    expect(outcome.error()).toMatchObject({ details: { failed: [{ reason: 'NOT_DRAINED' }] } });
    expect(await exported(scene)).toBe(false);
    expect((await scene.run('list')).stdout).toMatch(/vol-1.*\(unknown\).*fencing/);
    const checked = await scene.run('state', 'check');
    expect([checked.code, checked.stdout]).toEqual([8, expect.stringContaining('rdsctl reconcile')]);
    for (const command of [
      ['attach', 'vol-1', 'node-2'],
      ['move', 'vol-1', 'node-2'],
      ['detach', 'vol-1'],
      ['adopt', 'vol-1'],
    ]) {
      const refused = await scene.run(...command, '-o', 'json');
      expect([refused.code, refused.error()['reason']], command.join(' ')).toEqual([4, 'OPEN_INTENT']);
      expect(refused.error()['hint']).toContain('rdsctl reconcile');
    }
    land();
    await expectRepaired(scene, 'leftover-export', null);
    expect((await scene.state()).attachments).toEqual({});
    expect((await scene.run('attach', 'vol-1', 'node-2')).code).toBe(0);
  });

  test('while it is not drained, it is not taken away from whoever it is exported to again by hand', async () => {
    const { scene, land } = await leftWithWrite();
    expect((await reconcile(scene)).outcome.code).toBe(1);
    land();
    await scene.setDisk('vol-1', 'nvme-tcp-server-allow-host-name="" nvme-tcp-export=yes');
    await expectReported(scene, {
      kind: 'untracked-export',
      node: null,
      command: '/disk set [find where slot="vol-1"] nvme-tcp-export=no   # on rds1',
    });
    await scene.setDisk('vol-1', 'nvme-tcp-export=no');
    await expectRepaired(scene, 'leftover-export', null);
  });
});

describe('sharing whose time is over', () => {
  const shared = async (): Promise<Scene> => {
    const scene = await openScene({
      nodes: 3,
      config: { storageServers: { rds1: { sharedExport: 'any' } } },
      twoAllowed: ['rds1/vol-1'],
    });
    await scene.done('attach', 'vol-1', 'node-1');
    const second = await scene.run('attach', 'vol-1', 'node-2', '--shared', '--handoff', '1ms');
    expect(second.code, second.stderr).toBe(0);
    return scene;
  };
  const use = (scene: Scene, node: string): void => {
    const { kernel } = scene.simulation.node(node);
    expect(kernel.uses.add('nvme0n1', { kind: 'process', pid: 4711, command: 'qemu' })).toBe(true);
  };

  test.for([
    [['node-1'], 'node-1'],
    [['node-2'], 'node-2'],
    [[], 'node-2'],
  ] as const)('in use on %j: it stays on %s, which is not disturbed', async ([using, stays]) => {
    const scene = await shared();
    for (const node of using) use(scene, node);
    const before = scene.events().length;
    await expectRepaired(scene, 'share-over', stays === 'node-1' ? 'node-2' : 'node-1');
    expect(scene.sessions('vol-1')).toEqual([scene.hostNqn(stays)]);
    expect(changes(scene, before)).not.toContain('export-off');
    expect((await scene.state()).attachments['rds1/vol-1']).toMatchObject({
      phase: 'attached',
      holders: [{ node: stays }],
      sharedUntil: null,
    });
    expect(await scene.comment('vol-1')).toContain(`owner=${stays} `);
  });

  test('in use on both it is for the operator', async () => {
    const scene = await shared();
    use(scene, 'node-1');
    use(scene, 'node-2');
    await expectReported(scene, { kind: 'share-over', command: 'rdsctl detach vol-1 node-1' });
    expect(scene.sessions('vol-1')).toHaveLength(2);
  });

  test('while its time is not over nothing is said', async () => {
    const scene = await openScene({
      config: { storageServers: { rds1: { sharedExport: 'any' } } },
      twoAllowed: ['rds1/vol-1'],
    });
    await scene.done('attach', 'vol-1', 'node-1');
    await scene.done('attach', 'vol-1', 'node-2', '--shared', '--handoff', '1h');
    await expectSilent(scene);
  });
});

describe('reported, with the command to run', () => {
  test('a node that can not be asked: the rest is done, and what was not seen is said', async () => {
    const scene = await attached({ nodes: 3 });
    await scene.done('attach', 'vol-2', 'node-2');
    await scene.simulation.node('node-1').down();
    await scene.simulation.node('node-2').down('off');
    await scene.simulation.node('node-2').up();
    const { outcome, drift } = await reconcile(scene);
    expect(outcome.code).toBe(0);
    expect(outcome.stderr).toContain('1 of 3 nodes could not be asked: node-1');
    expect(outcome.json()).toMatchObject({
      inSync: false,
      nodes: { asked: ['node-2', 'node-3'], unasked: [{ name: 'node-1', reason: 'CONNECT_FAILED' }] },
    });
    expect(drift).toMatchObject([
      {
        kind: 'node-unreachable',
        volume: 'vol-1',
        node: 'node-1',
        result: 'left',
        command: 'rdsctl fence node-1',
      },
      { kind: 'not-connected', volume: 'vol-2', node: 'node-2', result: 'repaired' },
    ]);
    await scene.simulation.node('node-1').up();
  });

  test('half the nodes: nothing is concluded of them, and nothing done that they could be hurt by', async () => {
    const scene = await openScene({ nodes: 4, volumes: 5 });
    for (const number of [1, 2, 3, 4]) await scene.done('attach', `vol-${number}`, `node-${number}`);
    for (const node of ['node-1', 'node-2']) await scene.simulation.node(node).down('off');
    await scene.simulation.node('node-3').down('off');
    await scene.simulation.node('node-3').up();
    // One of those that can not be seen may have got in.
    await scene.setDisk('vol-4', 'nvme-tcp-server-allow-host-name=""');
    await scene.setDisk('vol-5', `nvme-tcp-export=yes nvme-tcp-server-allow-host-name="${NOBODY}"`);
    const before = (await scene.state()).attachments;
    const { outcome, drift } = await reconcile(scene);
    expect(outcome.code, outcome.stderr).toBe(0);
    expect(outcome.stderr).toContain('2 of 4 nodes could not be asked: node-1, node-2 (');
    expect(drift.map(({ volume, kind, result }) => `${volume} ${kind} ${result}`)).toEqual([
      'vol-1 node-unreachable left',
      'vol-2 node-unreachable left',
      'vol-3 not-connected repaired',
      'vol-4 open-export left',
      'vol-5 untracked-export left',
    ]);
    const { attachments } = await scene.state();
    for (const key of ['rds1/vol-1', 'rds1/vol-2', 'rds1/vol-4'])
      expect(attachments[key]).toEqual(before[key]);
    expect(attachments['rds1/vol-5']).toBeUndefined();
    for (const node of ['node-1', 'node-2']) await scene.simulation.node(node).up();
  });

  test('a storage server that can not be asked: nothing is concluded, exit 6', async () => {
    const scene = await attached();
    const before = scene.stateBytes();
    await scene.faults({ at: 'rds1', when: 'exec', do: 'drop-before' });
    const outcome = await scene.run('reconcile', '-o', 'json');
    expect(outcome.code, outcome.stderr).toBe(6);
    expect(outcome.json()).toMatchObject({ drift: [], storageServers: { asked: [] } });
    expect(outcome.stderr).toContain('nothing was compared');
    expect(scene.stateBytes()).toBe(before);
  });

  test('an export that is not tracked, and who is connected to it', async () => {
    const scene = await openScene({ byHand: ['rds1/vol-1'] });
    await scene.setDisk('vol-1', 'nvme-tcp-export=yes');
    await connectByHand(scene, 'node-2');
    await expectReported(scene, { kind: 'untracked-export', volume: 'vol-1', command: 'rdsctl adopt vol-1' });
    await expectReported(scene, { kind: 'untracked-session', node: 'node-2' });
  });

  test('a tag of another state, and one that can not be read', async () => {
    const scene = await attached();
    const foreign = '[rdsctl owner=node-9 token=3 lineage=00000000-0000-4000-8000-000000000000]';
    await scene.setDisk('vol-1', `comment="${foreign}"`);
    await expectReported(scene, { kind: 'foreign-tag', volume: 'vol-1' });
    await scene.setDisk('vol-1', 'comment="[rdsctl owner=no"');
    await expectReported(scene, { kind: 'unreadable-tag', volume: 'vol-1' });
  });

  test('a state that is an old copy', async () => {
    const scene = await attached();
    const comment = await scene.comment('vol-1');
    await scene.setDisk('vol-1', `comment="${comment.replace('token=1 ', 'token=9 ')}"`);
    await expectReported(scene, {
      kind: 'stale-state',
      volume: 'vol-1',
      command: 'rdsctl state rebuild',
    });
  });

  test('a tag that is gone together with the export', async () => {
    const scene = await attached();
    await scene.setDisk('vol-1', 'comment="" nvme-tcp-export=no');
    await expectReported(scene, { kind: 'tag-lost', command: 'rdsctl attach vol-1 node-1' });
  });

  test('an export that admits another host', async () => {
    const scene = await attached();
    await scene.setDisk('vol-1', `nvme-tcp-server-allow-host-name="${scene.hostNqn('node-2')}"`);
    await expectReported(scene, { kind: 'other-export', node: 'node-1' });
  });

  test('a second node with a live session', async () => {
    const scene = await attached({ twoAllowed: ['rds1/vol-1'], byHand: ['rds1/vol-1'] });
    await scene.setDisk('vol-1', 'nvme-tcp-server-allow-host-name=""');
    await connectByHand(scene, 'node-2', 'vol-1');
    await expectReported(scene, { kind: 'second-session', node: 'node-2' });
    await expectReported(scene, { kind: 'open-export', node: 'node-1' });
  });

  test('a volume that is gone', async () => {
    const scene = await attached();
    await scene.console('/disk remove [find where slot="vol-1"]');
    await expectReported(scene, { kind: 'volume-gone', volume: 'vol-1' });
  });

  test('a fenced node that is let in again', async () => {
    const scene = await attached({ byHand: ['rds1/vol-1'] });
    await scene.done('fence', 'node-1', '--yes');
    await scene.setDisk('vol-1', 'nvme-tcp-server-allow-host-name="" nvme-tcp-export=yes');
    await connectByHand(scene, 'node-1', 'vol-1');
    await expectReported(scene, { kind: 'fenced-export', node: 'node-1' });
    await expectReported(scene, { kind: 'fenced-session', command: 'rdsctl fence node-1' });
  });

  test('a file system that RouterOS mounts too', async () => {
    const scene = await attached();
    await scene.setDisk('vol-1', 'mount-filesystem=yes');
    await expectReported(scene, { kind: 'mounted-by-server', volume: 'vol-1' });
  });
});

describe('beside other commands', () => {
  test('a second one ends at once with 0 and says who is at it', async () => {
    const scene = await attached(NEW_IDENTITY);
    await scene.setDisk('vol-1', 'nvme-tcp-export=no');
    const held = scene.hold(/nvme-tcp-export=yes/);
    const first = scene.start(['reconcile']);
    await held.reached;
    const second = await scene.run('reconcile', '-o', 'json');
    expect(second.code).toBe(0);
    expect(second.stderr).toMatch(/another reconcile is at work: .*pid \d+/);
    expect(second.json()).toMatchObject({ inSync: null, busy: { pid: process.pid }, drift: [] });
    const waiting = scene.start(['reconcile', '--lock-timeout', '60s', '-v', '-o', 'json']);
    await waiting.shows(/waiting for reconcile/);
    held.letGo();
    expect((await first.ended).code).toBe(0);
    expect((await waiting.ended).json()).toMatchObject({ inSync: true, busy: null, drift: [] });
  });

  test('a volume that somebody works on is left alone, and counted', async () => {
    const scene = await openScene();
    await scene.done('attach', 'vol-2', 'node-2');
    const held = scene.hold(/nvme-tcp-export=yes/);
    const working = scene.start(['attach', 'vol-1', 'node-1']);
    await held.reached;
    await scene.setDisk('vol-2', 'nvme-tcp-server-allow-host-name=""');
    const { outcome, drift } = await reconcile(scene);
    expect(outcome.code, outcome.stderr).toBe(0);
    expect(drift).toMatchObject([{ volume: 'vol-2', result: 'repaired' }]);
    expect(outcome.json()).toMatchObject({
      skipped: [{ volume: 'vol-1', rds: 'rds1', holder: { pid: process.pid } }],
      counts: { skipped: 1 },
    });
    const dry = await scene.run('reconcile', '--dry-run', '-o', 'json');
    expect(dry.code, dry.stderr).toBe(0);
    expect(dry.json()).toMatchObject({ inSync: true, skipped: [{ volume: 'vol-1' }] });
    held.letGo();
    expect((await working.ended).code).toBe(0);
    await expectSilent(scene);
  });

  test('a repair that fails is exit 1, and the rest is done', async () => {
    const scene = await attached();
    await scene.done('attach', 'vol-2', 'node-2');
    for (const node of ['node-1', 'node-2']) {
      await scene.simulation.node(node).down('off');
      await scene.simulation.node(node).up();
      // The storage server forgets the session of a node without power only later.
      await scene.simulation.events.waitFor((one) => one.event === 'session-closed' && one.node === node);
    }
    await scene.faults({ at: 'node-1', when: 'exec', skip: 2, do: 'reply', reply: 'oops\n' });
    const { outcome, drift } = await reconcile(scene);
    expect(outcome.code).toBe(1);
    expect(outcome.error()).toMatchObject({ reason: 'PARTIAL' });
    expect(drift).toMatchObject([
      { volume: 'vol-1', kind: 'not-connected', result: 'failed', reason: 'BAD_ANSWER' },
      { volume: 'vol-2', kind: 'not-connected', result: 'repaired' },
    ]);
    expect(scene.audit().some(({ event, result }) => event === 'reconcile' && result === 'failed')).toBe(
      true,
    );
    await scene.faults();
    await expectRepaired(scene, 'not-connected');
  });

  test('interrupted: the step in hand is finished, the report says what was left', async () => {
    const scene = await attached(NEW_IDENTITY);
    await scene.setDisk('vol-1', 'nvme-tcp-export=no');
    const outcome = await scene.start(['reconcile', '--log-format', 'json', '-v', '-o', 'json'], {
      signalAt: { text: /"id":"rds1\/vol-1 grant"/ },
    }).ended;
    expect(outcome.code, outcome.stderr).toBe(130);
    expect(outcome.json()).toMatchObject({ kind: 'ReconcileReport', drift: [{ volume: 'vol-1' }] });
    expect((await scene.run('reconcile')).code).toBe(0);
    expect(scene.sessions('vol-1')).toEqual([scene.hostNqn('node-1')]);
    await expectSilent(scene);
  });
});

test('a dry run tells every command that would be sent, and changes nothing', async () => {
  const scene = await attached();
  await scene.done('attach', 'vol-2', 'node-2');
  await scene.setDisk('vol-1', 'nvme-tcp-server-allow-host-name=""');
  await scene.simulation.node('node-2').down('off');
  await scene.simulation.node('node-2').up();
  // The storage server forgets the session of a node without power only later.
  await scene.simulation.events.waitFor(({ event, node }) => event === 'session-closed' && node === 'node-2');
  const before = { state: scene.stateBytes(), changes: changes(scene).length, audit: scene.audit().length };
  const { outcome, drift } = await reconcile(scene, '--dry-run');
  expect(outcome.code, outcome.stderr).toBe(8);
  expect(drift.map(({ kind, result }) => `${kind} ${result}`)).toEqual([
    'open-export planned',
    'not-connected planned',
  ]);
  const commands = outcome.json()['commands'] as { at: string; command: string }[];
  expect(commands.map(({ at }) => at).sort()).toEqual(['node-2', 'rds1']);
  expect(commands.find(({ at }) => at === 'rds1')?.command).toContain(
    `nvme-tcp-server-allow-host-name="${scene.hostNqn('node-1')}"`,
  );
  expect({ state: scene.stateBytes(), changes: changes(scene).length, audit: scene.audit().length }).toEqual(
    before,
  );
});

test('a person reads what was found, what became of it, and what to run', async () => {
  const scene = await attached();
  await scene.done('attach', 'vol-2', 'node-2');
  await scene.setDisk('vol-1', 'nvme-tcp-server-allow-host-name=""');
  await scene.simulation.node('node-2').down();
  const outcome = await scene.run('reconcile');
  expect(outcome.code).toBe(0);
  expect(outcome.stdout).toMatch(/^VOLUME +NODE +DRIFT +RESULT +MEANING\n/);
  expect(outcome.stdout).toMatch(/^vol-1 +node-1 +open-export +for you/m);
  expect(outcome.stdout).toMatch(/^vol-2 +node-2 +node-unreachable +for you/m);
  expect(outcome.stdout).toContain('\n  rdsctl fence node-2\n');
  const names = await scene.run('reconcile', '-o', 'name');
  expect(names.stdout).toBe('rds1/vol-1\nrds1/vol-2\n');
  await scene.simulation.node('node-2').up();
});

describe('locks that dead processes left', () => {
  test('are removed, also of a volume with which nothing is wrong; a dry run leaves them', async () => {
    const scene = await attached();
    const left = (): string[] => readdirSync(join(scene.stateDir, 'locks'));
    leaveLock(scene, 'rds1/vol-1', 'here');
    leaveLock(scene, 'rds1/vol-2', 'here');
    const far = leaveLock(scene, 'rds1/vol-9', 'elsewhere');
    const before = left();
    expect((await scene.run('reconcile', '--dry-run')).code).toBe(0);
    expect(left()).toEqual(before);
    await expectSilent(scene);
    expect(left()).toEqual([`${encodeName('rds1/vol-9')}.lock`]);
    expect((await scene.run('state', 'unlock', far, '--yes')).code).toBe(0);
  });
});
