import { describe, expect, test } from 'vitest';
import type { NodeTraits } from '../../src/simulator/node/simulated-node.ts';
import { openScene, type SceneOptions } from './scene.ts';

const withTraits = (traits: NodeTraits, more: SceneOptions = {}) =>
  openScene({ nodes: 1, traits: { 'node-1': traits }, ...more });

describe('a node that lacks something', () => {
  test.for<readonly [string, NodeTraits, RegExp, RegExp]>([
    ['nvme-cli', { nvmeCli: 'none' }, /nvme-cli is not installed/, /apt-get install nvme-cli/],
    ['the nvme-tcp module', { nvmeTcp: false }, /no nvme-tcp module/, /apt-get install/],
    ['a host NQN file', { hostNqn: null }, /no host NQN/, /nvme gen-hostnqn/],
    ['a host NQN in its file', { hostNqn: '' }, /no host NQN/, /nvme gen-hostnqn/],
    ['a well-formed host NQN', { hostNqn: 'my-host' }, /not well-formed/, /nvme gen-hostnqn/],
    [
      'a host ID',
      { hostNqn: 'nqn.2014-08.org.example:abc', hostId: '' },
      /no valid host ID/,
      /etc\/nvme\/hostid/,
    ],
  ])('%s is refused with 10 and the fix; nothing is changed', async ([, traits, says, fix]) => {
    const scene = await withTraits(traits);
    const refused = await scene.run('attach', 'vol-1', 'node-1', '-o', 'json');
    expect(refused.code, refused.stderr).toBe(10);
    const error = refused.error();
    expect(error).toMatchObject({ code: 'REMOTE', reason: 'NODE_NOT_READY' });
    expect(String(error['message'])).toMatch(says);
    expect(String(error['message'])).toContain('Nothing was changed.');
    expect(String(error['hint'])).toMatch(fix);
    expect(scene.events()).toEqual([]);
    expect(scene.stateBytes()).toBeNull();
  });

  test('a move to such a node is refused before anything is taken away', async () => {
    const scene = await openScene({ traits: { 'node-2': { nvmeCli: 'none' } } });
    await scene.done('attach', 'vol-1', 'node-1');
    const before = { events: scene.events().length, state: scene.stateBytes() };
    const refused = await scene.run('move', 'vol-1', 'node-2');
    expect(refused.code, refused.stderr).toBe(10);
    expect({ events: scene.events().length, state: scene.stateBytes() }).toEqual(before);
  });

  test('a move to a node without a host NQN is refused before anything is taken away', async () => {
    const scene = await openScene({ traits: { 'node-2': { hostNqn: null } } });
    await scene.done('attach', 'vol-1', 'node-1');
    const before = { events: scene.events().length, state: scene.stateBytes() };
    const refused = await scene.run('move', 'vol-1', 'node-2');
    expect(refused.code, refused.stderr).toBe(10);
    expect({ events: scene.events().length, state: scene.stateBytes() }).toEqual(before);
  });

  test('nodes tells all of it', async () => {
    const scene = await openScene({
      nodes: 3,
      traits: { 'node-1': { nvmeCli: 'none' }, 'node-2': { nvmeTcp: false }, 'node-3': { hostNqn: null } },
    });
    const told = (await scene.run('nodes', '-o', 'json')).json();
    expect(told['items']).toMatchObject([
      { node: 'node-1', nvmeCli: null, nvmeTcp: true },
      { node: 'node-2', nvmeCli: '2.3', nvmeTcp: false },
      { node: 'node-3', hostNqn: null },
    ]);
    const table = (await scene.run('nodes')).stdout;
    expect(table).toMatch(/^node-1 .*missing/m);
    expect(table).toMatch(/^node-2 +no nvme-tcp/m);
    expect(table).toMatch(/^node-3 .*missing/m);
  });
});

describe('a host NQN that two nodes have', () => {
  const TWIN = 'nqn.2014-08.org.nvmexpress:uuid:22222222-2222-4222-8222-222222222222';

  test('is refused with 4 and the fix when the state remembers the first', async () => {
    const scene = await openScene({ traits: { 'node-1': { hostNqn: TWIN }, 'node-2': { hostNqn: TWIN } } });
    expect((await scene.run('attach', 'vol-1', 'node-1')).code).toBe(0);
    const before = { events: scene.events().length, state: scene.stateBytes() };
    const refused = await scene.run('attach', 'vol-2', 'node-2', '-o', 'json');
    expect(refused.code).toBe(4);
    expect(refused.error()).toMatchObject({ code: 'CONFLICT', reason: 'DUPLICATE_HOST_NQN' });
    expect(refused.stderr).toContain('nvme gen-hostnqn');
    expect({ events: scene.events().length, state: scene.stateBytes() }).toEqual(before);
    const told = (await scene.run('nodes', '-o', 'json')).json();
    expect(told['items']).toMatchObject([{ duplicateOf: 'node-2' }, { duplicateOf: 'node-1' }]);
  });

  test('is refused when only the configuration names the first', async () => {
    const scene = await openScene({
      traits: { 'node-2': { hostNqn: TWIN } },
      config: { nodes: { 'node-1': { hostNqn: TWIN } } },
    });
    expect((await scene.run('attach', 'vol-2', 'node-2')).code).toBe(4);
    expect(scene.events()).toEqual([]);
  });

  test('a host ID that two nodes have is refused as well', async () => {
    const hostId = '33333333-3333-4333-8333-333333333333';
    const scene = await openScene({ traits: { 'node-1': { hostId }, 'node-2': { hostId } } });
    expect((await scene.run('attach', 'vol-1', 'node-1')).code).toBe(0);
    expect((await scene.run('attach', 'vol-2', 'node-2')).code).toBe(4);
  });

  test('a move to such a node leaves the volume where it is', async () => {
    const scene = await openScene({ traits: { 'node-1': { hostNqn: TWIN }, 'node-2': { hostNqn: TWIN } } });
    await scene.done('attach', 'vol-1', 'node-1');
    const refused = await scene.run('move', 'vol-1', 'node-2');
    expect(refused.code, refused.stderr).toBe(4);
    expect(scene.sessions('vol-1')).toEqual([TWIN]);
    expect((await scene.state()).attachments['rds1/vol-1']).toMatchObject({ phase: 'attached' });
  });
});

describe('warnings that stop nothing', () => {
  test.for([400 * 86_400, -400 * 86_400])('a clock that is %d s off', async (clockSkew) => {
    const scene = await withTraits({ clockSkew });
    const outcome = await scene.run('attach', 'vol-1', 'node-1');
    expect(outcome.code, outcome.stderr).toBe(0);
    const side = clockSkew > 0 ? 'ahead of' : 'behind';
    expect(outcome.stderr).toMatch(
      new RegExp(`^warning: the clock of node-1 is \\d+ minutes ${side} this`, 'm'),
    );
  });

  test('a disk with mount-filesystem=yes, with the line that mends it', async () => {
    const disks = [{ slot: 'vol-1', sizeBytes: 1024 ** 3, mountFilesystem: true }];
    const scene = await openScene({ nodes: 1, disks });
    const outcome = await scene.run('attach', 'vol-1', 'node-1');
    expect(outcome.code, outcome.stderr).toBe(0);
    expect(outcome.stderr).toContain('/disk set [find where slot="vol-1"] mount-filesystem=no');
    expect((await scene.run('attach', 'vol-1', 'node-1', '-q')).stderr).toBe('');
  });
});

describe('versions of RouterOS', () => {
  test.for([
    ['7.17.1', 'vol-1'],
    ['7.20.8', 'vol-1'],
    ['7.21.5', 'nqn.2000-02.com.mikrotik:vol-1'],
    ['7.23.3', 'nqn.2000-02.com.mikrotik:vol-1'],
  ] as const)('%s: the NQN is %s, and everything works', async ([routeros, nqn]) => {
    const scene = await openScene({ routeros });
    const attached = await scene.run('attach', 'vol-1', 'node-1', '-o', 'json');
    expect(attached.json()).toMatchObject({ nqn, device: '/dev/nvme0n1' });
    expect((await scene.run('move', 'vol-1', 'node-2')).code).toBe(0);
    expect((await scene.run('fence', 'node-2', '--yes')).code).toBe(0);
    expect((await scene.run('attach', 'vol-1', 'node-1')).code).toBe(0);
    expect((await scene.run('detach', 'vol-1')).code).toBe(0);
    expect((await scene.run('volumes', '-o', 'json')).json()).toMatchObject({
      storageServers: [
        { rds: 'rds1', reachable: true, version: expect.stringContaining(routeros) as string },
      ],
    });
  });

  test('an NQN that is set on the disk is the one that counts', async () => {
    const scene = await openScene({ nodes: 1 });
    await scene.setDisk('vol-1', 'nvme-tcp-server-nqn="nqn.2026-01.org.example:db"');
    const attached = await scene.run('attach', 'vol-1', 'node-1', '-o', 'json');
    expect(attached.json()).toMatchObject({ nqn: 'nqn.2026-01.org.example:db' });
    expect((await scene.run('detach', 'vol-1')).code).toBe(0);
  });

  test('one that is too old is refused with 10 and the version that is needed', async () => {
    const scene = await openScene({ nodes: 1 });
    scene.mangle((answer) => answer.replace('7.21.5', '7.16.2'));
    const refused = await scene.run('attach', 'vol-1', 'node-1', '-o', 'json');
    expect(refused.code).toBe(10);
    expect(refused.error()).toMatchObject({ reason: 'UNSUPPORTED_VERSION' });
    expect(String(refused.error()['message'])).toMatch(/7\.16\.2.*needs 7\.17 or later/);
    expect(scene.stateBytes()).toBeNull();
  });
});
