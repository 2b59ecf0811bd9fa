import { describe, expect, test } from 'vitest';
import { connectByHand } from './by-hand.ts';
import { openScene, type Scene, type SceneOptions } from './scene.ts';

const VOLUMES = ['vol-1', 'vol-2', 'vol-3'];

async function withThree(options: SceneOptions = {}): Promise<Scene> {
  const scene = await openScene({ volumes: 3, ...options });
  for (const volume of VOLUMES) {
    const attached = await scene.run('attach', volume, 'node-1');
    expect(attached.code, attached.stderr).toBe(0);
  }
  return scene;
}

const logins = (scene: Scene): number[] => [
  scene.simulation.rds.ssh.counters.logins,
  scene.simulation.node('node-1').server.ssh.counters.logins,
];

describe('drain', () => {
  test('detaches every volume of the node and of no other; the node is not marked', async () => {
    const scene = await withThree({ volumes: 4 });
    await scene.done('attach', 'vol-4', 'node-2');
    const drained = await scene.run('drain', 'node-1', '-o', 'json');
    expect(drained.code, drained.stderr).toBe(0);
    expect(drained.json()).toMatchObject({
      kind: 'AttachmentList',
      drained: 'node-1',
      complete: true,
      changed: true,
      untracked: [],
      items: VOLUMES.map((volume) => ({
        volume,
        node: null,
        result: 'detached',
        changed: true,
        exitCode: 0,
      })),
    });
    for (const volume of VOLUMES) expect(scene.sessions(volume)).toEqual([]);
    expect(scene.sessions('vol-4')).toEqual([scene.hostNqn('node-2')]);
    const state = await scene.state();
    expect(Object.keys(state.attachments)).toEqual(['rds1/vol-4']);
    expect(state.nodes['node-1']?.fenced).toBeNull();
    const audit = scene.audit().filter(({ command }) => String(command).includes('drain'));
    expect(audit.map(({ event, result }) => `${String(event)} ${String(result)}`).sort()).toEqual([
      'detach ok',
      'detach ok',
      'detach ok',
      'drain ok',
    ]);
  });

  test('again, and of a node that never had any, is success and changes nothing', async () => {
    const scene = await openScene();
    const before = scene.stateBytes();
    const outcome = await scene.run('drain', 'node-1');
    expect(outcome).toMatchObject({ code: 0, stdout: 'node-1 has no volume attached (nothing changed)\n' });
    expect(scene.stateBytes()).toBe(before);
    expect(scene.audit()).toMatchObject([{ event: 'drain', result: 'unchanged' }]);
    expect((await scene.run('drain', 'node-9')).code).toBe(3);
  });

  test('uses one connection for each host', async () => {
    const scene = await withThree();
    const [rds = 0, node = 0] = logins(scene);
    expect((await scene.run('drain', 'node-1')).code).toBe(0);
    expect(logins(scene)).toEqual([rds + 1, node + 1]);
  });

  test('one that is in use stays, with what uses it; the others go; exit 1', async () => {
    const scene = await withThree();
    const { uses } = scene.simulation.node('node-1').kernel;
    expect(uses.add('nvme1n1', { kind: 'mount', directory: '/srv/data', seen: 'own' })).toBe(true);
    const drained = await scene.run('drain', 'node-1', '-o', 'json');
    expect(drained.code).toBe(1);
    expect(drained.json()).toMatchObject({
      complete: false,
      changed: true,
      items: [
        { volume: 'vol-1', result: 'detached' },
        {
          volume: 'vol-2',
          node: 'node-1',
          result: 'stayed',
          code: 'IN_USE',
          exitCode: 7,
          reason: 'DEVICE_IN_USE',
        },
        { volume: 'vol-3', result: 'detached' },
      ],
    });
    const items = drained.json()['items'] as { uses: unknown[] }[];
    expect(items[1]?.uses).toContainEqual({ kind: 'mount', what: '/srv/data' });
    expect(drained.error()).toMatchObject({
      code: 'FAILED',
      reason: 'PARTIAL',
      details: { node: 'node-1', failed: [{ volume: 'vol-2', exitCode: 7 }] },
    });
    expect(scene.sessions('vol-2')).toEqual([scene.hostNqn('node-1')]);
    const text = await scene.run('drain', 'node-1');
    expect(text.stdout).toContain('vol-2 is in use on node-1: mounted on /srv/data');
    expect(text.stderr).toContain('umount /srv/data');
    uses.remove(() => true);
    expect((await scene.run('drain', 'node-1')).code).toBe(0);
    expect((await scene.state()).attachments).toEqual({});
  });

  test('a node that does not answer keeps everything, and is waited for once', async () => {
    const scene = await withThree();
    await scene.simulation.node('node-1').down();
    const before = scene.stateBytes();
    const drained = await scene.run('drain', 'node-1', '-o', 'json');
    expect(drained.code).toBe(1);
    const items = drained.json()['items'] as object[];
    expect(items).toMatchObject(VOLUMES.map(() => ({ result: 'stayed', code: 'UNREACHABLE', exitCode: 6 })));
    expect(String(drained.error()['hint'])).toContain('rdsctl fence node-1');
    expect(scene.stateBytes()).toBe(before);
  });

  test('the storage server refuses one: that one stays claimed, the others go', async () => {
    const scene = await withThree();
    const { device } = scene.simulation.rds;
    const exec = device.exec.bind(device);
    let broken = true;
    device.exec = (line, policies) =>
      exec(
        broken
          ? line.replace(/(slot="vol-2".*?)\/disk set/, '$1:error "failure: disk is busy"; /disk set')
          : line,
        policies,
      );
    const drained = await scene.run('drain', 'node-1', '-o', 'json');
    expect(drained.code).toBe(1);
    expect(drained.json()['items']).toMatchObject([
      { result: 'detached' },
      { volume: 'vol-2', result: 'stayed' },
      { result: 'detached' },
    ]);
    expect(Object.keys((await scene.state()).attachments)).toEqual(['rds1/vol-2']);
    broken = false;
    expect((await scene.run('drain', 'node-1')).code).toBe(0);
    expect((await scene.state()).attachments).toEqual({});
  });

  test('finishes what was half done before, of a detach as of an attach', async () => {
    const scene = await withThree({ volumes: 4 });
    // The detach gets as far as the disconnect; the attach of vol-4 connects, and nobody hears of it.
    await scene.faults({ at: 'rds1', when: 'exec', skip: 1, do: 'drop-before' });
    expect((await scene.run('detach', 'vol-1')).code).toBe(6);
    await scene.faults(
      { at: 'node-1', when: 'exec', skip: 1, times: 1, do: 'drop-after' },
      { at: 'node-1', when: 'exec', skip: 1, do: 'drop-before' },
      { at: 'rds1', when: 'exec', skip: 2, do: 'drop-before' },
    );
    expect((await scene.run('attach', 'vol-4', 'node-1')).code).toBe(6);
    await scene.faults();
    const phases = Object.values((await scene.state()).attachments).map(({ phase }) => phase);
    expect(phases).toEqual(['detaching', 'attached', 'attached', 'attaching']);
    const drained = await scene.run('drain', 'node-1');
    expect(drained.code, drained.stderr).toBe(0);
    expect((await scene.state()).attachments).toEqual({});
    for (const volume of VOLUMES) expect(scene.sessions(volume)).toEqual([]);
  });

  test('interrupted: ends with 130; what was begun is whole, the rest is where it was; again finishes', async () => {
    const scene = await withThree();
    const outcome = await scene.start(['drain', 'node-1', '--log-format', 'json'], {
      signalAt: { text: /"event":"step","id":"rds1\/vol-\d disconnect"/ },
    }).ended;
    expect(outcome.code, outcome.stderr).toBe(130);
    const claims = (await scene.state()).attachments;
    for (const volume of VOLUMES) {
      const claim = claims[`rds1/${volume}`];
      expect(scene.sessions(volume)).toEqual(claim?.holders.map(({ hostNqn }) => hostNqn) ?? []);
    }
    expect((await scene.run('drain', 'node-1')).code).toBe(0);
    expect((await scene.state()).attachments).toEqual({});
  });

  test('a volume that another command works on is waited for; with --lock-timeout 0 it stays with 5', async () => {
    const scene = await withThree();
    const held = scene.hold(/slot="vol-2".*nvme-tcp-export=no/);
    const detaching = scene.start(['detach', 'vol-2']);
    await held.reached;
    const hasty = scene.start(['drain', 'node-1', '--lock-timeout', '0', '-o', 'json']);
    const waiting = scene.start(['drain', 'node-1', '-v', '-o', 'json']);
    await waiting.shows(/waiting for vol-2/);
    const refused = await hasty.ended;
    expect(refused.code).toBe(1);
    const items = refused.json()['items'] as { volume: string }[];
    expect(items.find(({ volume }) => volume === 'vol-2')).toMatchObject({ result: 'stayed', exitCode: 5 });
    held.letGo();
    expect((await detaching.ended).code).toBe(0);
    const drained = await waiting.ended;
    expect(drained.code, drained.stderr).toBe(0);
    const waited = drained.json()['items'] as { volume: string }[];
    expect(waited.find(({ volume }) => volume === 'vol-2')).toMatchObject({ result: 'gone', changed: false });
    expect((await scene.state()).attachments).toEqual({});
  });

  test('what the node holds beside the state is told and left alone: exit 1', async () => {
    const scene = await openScene({ byHand: ['rds1/vol-2'] });
    await scene.done('attach', 'vol-1', 'node-1');
    await scene.setDisk('vol-2', 'nvme-tcp-server-allow-host-name="" nvme-tcp-export=yes');
    await connectByHand(scene, 'node-1', 'vol-2');
    const drained = await scene.run('drain', 'node-1', '-o', 'json');
    expect(drained.code).toBe(1);
    expect(drained.json()).toMatchObject({
      complete: false,
      items: [{ volume: 'vol-1', result: 'detached' }],
      untracked: [{ nqn: 'nqn.2000-02.com.mikrotik:vol-2', rds: 'rds1', devices: ['/dev/nvme1n1'] }],
    });
    expect(String(drained.error()['hint'])).toContain('rdsctl adopt');
    expect(scene.sessions('vol-2')).toEqual([scene.hostNqn('node-1')]);
    const again = await scene.run('drain', 'node-1');
    expect(again.code).toBe(1);
    expect(again.stdout).toContain('not drained');
  });

  test('--dry-run tells every command, changes nothing, and tells what would stay', async () => {
    const scene = await withThree();
    const { uses } = scene.simulation.node('node-1').kernel;
    uses.add('nvme1n1', { kind: 'swap' });
    const before = { events: scene.events().length, state: scene.stateBytes(), audit: scene.audit().length };
    const plan = await scene.run('drain', 'node-1', '--dry-run', '-o', 'json');
    expect(plan.code).toBe(1);
    const commands = plan.json()['commands'] as { at: string; changes: boolean; command: string }[];
    const changes = commands.filter(({ changes }) => changes);
    expect(changes.map(({ at }) => at).sort()).toEqual(['node-1', 'node-1', 'rds1', 'rds1']);
    expect(plan.error()).toMatchObject({ details: { failed: [{ volume: 'vol-2', exitCode: 7 }] } });
    expect({ events: scene.events().length, state: scene.stateBytes(), audit: scene.audit().length }).toEqual(
      before,
    );
  });
});
