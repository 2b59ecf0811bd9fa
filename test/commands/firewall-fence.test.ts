import { describe, expect, test } from 'vitest';

import { openScene, type Scene, type SceneOptions } from './scene.ts';

const ON = { fence: { firewall: true } };
const ADDRESS = '10.77.1.1'; // of node-1 on the storage network

/** With the rule that doctor offers. */
async function withRule(options: SceneOptions = {}): Promise<Scene> {
  const scene = await openScene({ ...options, config: { ...ON, ...options.config } });
  expect(await scene.console(await offered(scene))).toBe('');
  return scene;
}

/** The line that doctor offers for the firewall. */
async function offered(scene: Scene, rds = 'rds1'): Promise<string> {
  const checks = (await scene.run('doctor', '-o', 'json')).json()['checks'] as {
    id: string;
    host: string;
    fix: { run: string } | null;
  }[];
  return checks.find(({ id, host }) => id === 'firewall.rule' && host === rds)?.fix?.run ?? '';
}

const listed = async (scene: Scene, rds = 'rds1'): Promise<string[]> =>
  (
    await scene.console(
      ':foreach i in=[/ip/firewall/address-list/find where list=rdsctl-fenced] do={ :put [/ip/firewall/address-list/get $i address] }',
      rds,
    )
  )
    .split('\r\n')
    .filter((line) => line !== '');

describe('the rule', () => {
  test('doctor offers it, as an error when fence.firewall is on; once it is there it is in order', async () => {
    const scene = await openScene({ config: ON });
    expect((await scene.run('doctor')).code).toBe(1);
    const line = await offered(scene);
    expect(line).toBe(
      '/ip/firewall/raw/add chain=prerouting protocol=tcp dst-port=4420 src-address-list=rdsctl-fenced action=drop comment="nodes that rdsctl fenced"',
    );
    await scene.console(line);
    expect((await scene.run('doctor', '-o', 'wide')).stdout).toContain('✓ drop rule (IPv4)');
    expect((await scene.run('doctor')).code).toBe(0);
  });

  test('behind a rule that lets packets through it is an error; the line that is offered moves it', async () => {
    const scene = await openScene({ config: ON });
    await scene.console('/ip/firewall/raw/add chain=prerouting action=accept src-address=10.77.0.0/16');
    await scene.console((await offered(scene)).replace(/ place-before=\S+/, ''));
    const told = (await scene.run('doctor')).stdout;
    expect(told).toMatch(/✗ drop rule \(IPv4\): stands behind rule \*\w+ \(accept\)/);
    expect(await scene.console(await offered(scene))).toBe('');
    expect((await scene.run('doctor')).code).toBe(0);
  });

  test('offered before the rules that are there', async () => {
    const scene = await openScene({ config: ON });
    await scene.console('/ip/firewall/raw/add chain=prerouting action=accept');
    expect(await scene.console(await offered(scene))).toBe('');
    expect((await scene.run('doctor')).code).toBe(0);
  });
});

describe('fence with fence.firewall', () => {
  test('lists the addresses first, then cuts the exports; unfence takes them off again', async () => {
    const scene = await withRule();
    await scene.done('attach', 'vol-1', 'node-1');
    const sent: string[] = [];
    scene.mangle((answer, line) => {
      if (/address-list\/add/.test(line)) sent.push('list');
      if (/nvme-tcp-export=no/.test(line)) sent.push('cut');
      return answer;
    });
    const fenced = await scene.run('fence', 'node-1', '--yes', '-o', 'json');
    expect(fenced.code, fenced.stderr).toBe(0);
    expect(sent).toEqual(['list', 'cut']);
    expect(fenced.json()).toMatchObject({
      verified: true,
      nodeSide: 'dropped',
      firewall: [{ rds: 'rds1', result: 'dropped', addresses: [ADDRESS], reason: null }],
    });
    expect(await listed(scene)).toEqual([ADDRESS]);
    expect(scene.simulation.rds.device.drops(ADDRESS, 4420)).toBe(true);
    expect((await scene.run('fence', 'node-1', '--yes')).stdout).toContain(
      'the firewall of rds1 drops what it sends',
    );
    expect(await listed(scene)).toEqual([ADDRESS]);
    expect((await scene.run('unfence', 'node-1')).code).toBe(0);
    expect(await listed(scene)).toEqual([]);
    expect((await scene.run('attach', 'vol-1', 'node-1')).code).toBe(0);
  });

  test('of a dead node, on every storage server, its connections that nobody exports included', async () => {
    const scene = await withRule({ rds: 2 });
    await scene.console(await offered(scene, 'rds2'), 'rds2');
    await scene.done('attach', 'rds1/vol-1', 'node-1');
    await scene.simulation.node('node-1').down();
    const fenced = await scene.run('fence', 'node-1', '--yes', '-o', 'json');
    expect(fenced.json()).toMatchObject({
      verified: true,
      firewall: [{ result: 'dropped' }, { result: 'dropped' }],
    });
    expect([await listed(scene), await listed(scene, 'rds2')]).toEqual([[ADDRESS], [ADDRESS]]);
    await scene.simulation.node('node-1').up();
    expect((await scene.run('unfence', 'node-1', '--force')).code).toBe(0);
    expect([await listed(scene), await listed(scene, 'rds2')]).toEqual([[], []]);
  });

  test('an address of the user’s own on the list stays when the node is let in again', async () => {
    const scene = await withRule();
    await scene.console('/ip/firewall/address-list/add list=rdsctl-fenced address=10.77.9.9 comment=mine');
    await scene.done('fence', 'node-1', '--yes');
    expect(await listed(scene)).toEqual(['10.77.9.9', ADDRESS]);
    await scene.done('unfence', 'node-1');
    expect(await listed(scene)).toEqual(['10.77.9.9']);
  });

  test('--volume leaves the firewall alone: it would cut the others as well', async () => {
    const scene = await withRule();
    await scene.done('attach', 'vol-1', 'node-1');
    await scene.done('attach', 'vol-2', 'node-1');
    const fenced = await scene.run('fence', 'node-1', '--volume', 'vol-1', '--yes', '-o', 'json');
    expect(fenced.json()).toMatchObject({ verified: true, firewall: [] });
    expect(await listed(scene)).toEqual([]);
    expect(scene.sessions('vol-2')).toEqual([scene.hostNqn('node-1')]);
  });

  test('off by default: nothing of the firewall is touched', async () => {
    const scene = await openScene();
    await scene.done('attach', 'vol-1', 'node-1');
    expect((await scene.run('fence', 'node-1', '--yes', '-o', 'json')).json()).toMatchObject({
      firewall: [],
    });
    expect(await listed(scene)).toEqual([]);
  });

  test('--dry-run shows the line, and lists nothing', async () => {
    const scene = await withRule();
    await scene.done('attach', 'vol-1', 'node-1');
    const plan = await scene.run('fence', 'node-1', '--dry-run');
    expect(plan.stdout).toContain(`/ip/firewall/address-list/add list="rdsctl-fenced" address="${ADDRESS}"`);
    expect(await listed(scene)).toEqual([]);
  });
});

describe('never less safe: the exports are cut, whatever the firewall does', () => {
  test.each<readonly [string, SceneOptions, (scene: Scene) => Promise<unknown>, string, RegExp]>([
    [
      'no rule',
      { config: ON },
      () => Promise.resolve(),
      'no-rule',
      /no rule drops what comes from that list/,
    ],
    [
      'no addresses',
      { config: { ...ON, nodes: { 'node-1': { addresses: [] } } } },
      () => Promise.resolve(),
      'no-addresses',
      /nodes\.node-1\.addresses/,
    ],
    [
      'an address that another node has too',
      { config: { ...ON, nodes: { 'node-2': { addresses: [ADDRESS] } } } },
      () => Promise.resolve(),
      'no-addresses',
      /10\.77\.1\.1 is an address of node-2 too/,
    ],
    [
      'a storage server that refuses the entry',
      { config: ON },
      (scene) => {
        const { device } = scene.simulation.rds;
        const exec = device.exec.bind(device);
        device.exec = (line, policies) =>
          exec(line.replace(`address="${ADDRESS}"`, 'address="300.1.1.1"'), policies);
        return Promise.resolve();
      },
      'failed',
      /the firewall of rds1 does not cut node-1 off/,
    ],
    [
      'a list that does not show the entry',
      { config: ON },
      (scene) => {
        scene.mangle((answer) => answer.replaceAll(`"address":"${ADDRESS}"`, '"address":"10.0.0.1"'));
        return Promise.resolve();
      },
      'failed',
      /does not show 10\.77\.1\.1 on the list/,
    ],
  ])('%s', async (_what, options, before, result, says) => {
    const scene = await openScene(options);
    await scene.done('attach', 'vol-1', 'node-1');
    await scene.simulation.node('node-1').down();
    await before(scene);
    const fenced = await scene.run('fence', 'node-1', '--yes', '-o', 'json');
    expect(fenced.code, fenced.stderr).toBe(0);
    expect(fenced.json()).toMatchObject({
      verified: true,
      volumes: [{ result: 'fenced', verified: true }],
      firewall: [{ result }],
    });
    expect(fenced.stderr).toMatch(says);
    expect(scene.sessions('vol-1')).toEqual([]);
  });

  test('unfence stays fenced when the list can not be asked; --force lifts the mark and says so', async () => {
    const scene = await withRule();
    await scene.done('fence', 'node-1', '--yes');
    await scene.faults({ at: 'rds1', when: 'connect', do: 'refuse' });
    const refused = await scene.run('unfence', 'node-1');
    expect(refused.code).toBe(6);
    expect(refused.stderr).toContain('node-1 stays fenced');
    expect((await scene.state()).nodes['node-1']?.fenced).not.toBeNull();
    const forced = await scene.run('unfence', 'node-1', '--force');
    expect(forced.code).toBe(0);
    expect(forced.stderr).toContain('may still be on the list');
    await scene.faults();
    // What is left is told by doctor, with the line that mends it.
    const told = (await scene.run('doctor')).stdout;
    expect(told).toMatch(/! 10\.77\.1\.1: is on the list of fenced nodes for node-1, which is not fenced/);
    expect(told).toContain('rdsctl unfence node-1');
    const again = await scene.run('unfence', 'node-1');
    expect(again.code).toBe(0);
    expect(again.stdout).toContain('still on the list of a firewall: it is off it now');
    expect(await listed(scene)).toEqual([]);
    expect((await scene.run('unfence', 'node-1')).stdout).toContain('nothing changed');
  });
});

describe('what the drop rule does alone, at a storage server that exports on', () => {
  test('packets stop; the session ends only by the keep-alive time-out, and the node does not come back', async () => {
    const scene = await withRule();
    await scene.done('attach', 'vol-1', 'node-1');
    const before = scene.events().length;
    await scene.console(`/ip/firewall/address-list/add list=rdsctl-fenced address=${ADDRESS}`);
    expect(scene.sessions('vol-1')).toEqual([scene.hostNqn('node-1')]);
    const closed = await scene.simulation.events.waitFor(
      ({ seq, event }) => seq > before && event === 'session-closed',
    );
    expect(closed.cause).toBe('keep-alive');
    expect(scene.sessions('vol-1')).toEqual([]);
    expect(scene.events(before).map(({ event }) => event)).not.toContain('session-opened');
  });

  test('its entry missing for a node that is fenced is told by doctor', async () => {
    const scene = await withRule();
    await scene.done('fence', 'node-1', '--yes');
    await scene.console('/ip/firewall/address-list/remove [find where list=rdsctl-fenced]');
    expect((await scene.run('doctor')).stdout).toMatch(
      /10\.77\.1\.1: of node-1, which is fenced, is not on the list/,
    );
    await scene.done('fence', 'node-1', '--yes');
    expect(await listed(scene)).toEqual([ADDRESS]);
  });
});

describe('reconcile', () => {
  interface DriftItem {
    readonly kind: string;
    readonly command: string;
  }

  const drift = async (scene: Scene): Promise<DriftItem[]> => {
    const outcome = await scene.run('reconcile', '-o', 'json');
    expect(outcome.code, outcome.stderr).toBe(0);
    return outcome.json()['drift'] as DriftItem[];
  };

  const expectSilent = async (scene: Scene): Promise<void> => {
    expect(await scene.run('reconcile')).toMatchObject({ code: 0, stdout: '', stderr: '' });
  };

  /** Told each time, nothing changed by it; silent after the command that it names. */
  async function expectReported(scene: Scene, wanted: object, rds = 'rds1'): Promise<void> {
    const before = { list: await listed(scene, rds), state: scene.stateBytes(), audit: scene.audit().length };
    for (const run of [1, 2]) {
      expect(await drift(scene), `run ${run}`).toEqual([
        expect.objectContaining({
          ...wanted,
          volume: null,
          rds,
          result: 'left',
          unasked: false,
          reason: null,
        }),
      ]);
    }
    expect((await scene.run('reconcile', '--dry-run')).code).toBe(8);
    expect({
      list: await listed(scene, rds),
      state: scene.stateBytes(),
      audit: scene.audit().length,
    }).toEqual(before);
  }

  const addEntry = async (scene: Scene, node: string, address: string, rds = 'rds1'): Promise<void> => {
    const { lineage } = await scene.state();
    const comment = `[rdsctl fenced=${node} lineage=${lineage}]`;
    const line = `/ip/firewall/address-list/add list=rdsctl-fenced address=${address} comment="${comment}"`;
    expect(await scene.console(line, rds)).toBe('');
  };

  test('a fence, and its end, leave nothing to tell', async () => {
    const scene = await withRule();
    await scene.done('attach', 'vol-1', 'node-1');
    await scene.done('fence', 'node-1', '--yes');
    await expectSilent(scene);
    await scene.done('unfence', 'node-1');
    await expectSilent(scene);
  });

  test('an entry that was left behind is told until unfence takes it off, never removed unasked', async () => {
    const scene = await withRule({ rds: 2 });
    await scene.done('fence', 'node-1', '--yes');
    await scene.done('unfence', 'node-1');
    await addEntry(scene, 'node-1', ADDRESS, 'rds2');
    const wanted = { kind: 'stale-firewall-entry', node: 'node-1', command: 'rdsctl unfence node-1' };
    await expectReported(scene, { ...wanted, details: { addresses: [ADDRESS] } }, 'rds2');
    const table = (await scene.run('reconcile')).stdout;
    expect(table).toMatch(
      /^- +node-1 +stale-firewall-entry +for you +10\.77\.1\.1 of node-1 is on the list/m,
    );
    expect(table).toContain('  rdsctl unfence node-1\n');
    expect((await scene.run('reconcile', '-o', 'name')).stdout).toBe('');
    expect((await scene.run('unfence', 'node-1')).code).toBe(0);
    await expectSilent(scene);
    expect(await listed(scene, 'rds2')).toEqual([]);
  });

  test('of a node that nobody knows any more: the line for the storage server takes it off', async () => {
    const scene = await withRule();
    await scene.done('attach', 'vol-1', 'node-1');
    await addEntry(scene, 'node-7', '10.77.1.7');
    await expectReported(scene, { kind: 'stale-firewall-entry', node: 'node-7' });
    const [stale] = await drift(scene);
    expect(await scene.console((stale?.command ?? '').replace(/ +# on rds1$/, ''))).toBe('');
    await expectSilent(scene);
  });

  test('an entry that was taken away by hand is told until fence puts it back', async () => {
    const scene = await withRule();
    await scene.done('attach', 'vol-1', 'node-1');
    await scene.done('fence', 'node-1', '--yes');
    await scene.console('/ip/firewall/address-list/remove [find where list=rdsctl-fenced]');
    await expectReported(scene, {
      kind: 'missing-firewall-entry',
      node: 'node-1',
      command: 'rdsctl fence node-1',
      details: { addresses: [ADDRESS] },
    });
    expect((await scene.run('fence', 'node-1', '--yes')).code).toBe(0);
    await expectSilent(scene);
    expect(await listed(scene)).toEqual([ADDRESS]);
  });

  test('a node that was fenced off one volume keeps the others: no entry is missing', async () => {
    const scene = await withRule();
    await scene.done('attach', 'vol-1', 'node-1');
    await scene.done('attach', 'vol-2', 'node-1');
    await scene.done('fence', 'node-1', '--volume', 'vol-1', '--yes');
    expect((await drift(scene)).map(({ kind }) => kind)).toEqual(['fenced-holder']);
    expect((await scene.run('doctor')).stdout).not.toContain('is not on the list');
    expect(scene.sessions('vol-2')).toEqual([scene.hostNqn('node-1')]);
  });

  test('entries of others, shared addresses and nodes without any are no drift', async () => {
    const scene = await withRule({ config: { nodes: { 'node-2': { addresses: [ADDRESS] } } } });
    await scene.done('attach', 'vol-1', 'node-1');
    await scene.done('fence', 'node-1', '--yes');
    const foreign = '[rdsctl fenced=node-2 lineage=00000000-0000-4000-8000-000000000000]';
    const add = '/ip/firewall/address-list/add list=rdsctl-fenced';
    await scene.console(`${add} address=10.77.9.8 comment="${foreign}"`);
    await scene.console(`${add} address=10.77.9.9 comment=mine`);
    await expectSilent(scene);
  });

  test('a firewall that can not be looked at is a failure, not in sync', async () => {
    const scene = await withRule();
    await scene.done('attach', 'vol-1', 'node-1');
    await scene.done('detach', 'vol-1');
    scene.mangle((answer, line) => (line.includes('address-list') ? 'garbage' : answer));
    const outcome = await scene.run('reconcile', '-o', 'json');
    expect(outcome.code).toBe(1);
    expect(outcome.json()).toMatchObject({
      inSync: false,
      storageServers: { asked: ['rds1'], unasked: [] },
      drift: [
        { kind: 'not-seen', volume: null, rds: 'rds1', node: null, result: 'failed', reason: 'BAD_ANSWER' },
      ],
    });
    expect(outcome.stderr).toContain('rds1 (not-seen)');
    expect(outcome.stderr).toContain('rdsctl doctor -q');
  });

  test('a storage server that can not be asked is not asked for its firewall, and nothing is concluded', async () => {
    const scene = await withRule({ rds: 2 });
    await scene.done('fence', 'node-1', '--yes');
    await scene.faults({ at: 'rds2', when: 'connect', do: 'refuse' });
    expect(await drift(scene)).toEqual([]);
  });

  test('off: the firewall is not asked', async () => {
    const scene = await openScene();
    await scene.done('attach', 'vol-1', 'node-1');
    await addEntry(scene, 'node-1', ADDRESS);
    const asked: string[] = [];
    scene.mangle((answer, line) => {
      if (line.includes('address-list')) asked.push(line);
      return answer;
    });
    await expectSilent(scene);
    expect(asked).toEqual([]);
  });
});
