import { describe, expect, test, vi } from 'vitest';
import { connectByHand } from './by-hand.ts';
import { openScene, type Scene, type SceneOptions } from './scene.ts';

/** vol-1 is exported by hand and connected on node-1; what must hold afterwards is that it is claimed. */
async function byHand(
  options: SceneOptions & { readonly allow?: 'any' | 'node-1'; readonly left?: boolean } = {},
): Promise<Scene> {
  const { allow = 'any', left = false, ...rest } = options;
  const scene = await openScene({
    ...rest,
    ...(left ? { byHand: ['rds1/vol-1'] } : {}),
  });
  const nqn = allow === 'any' ? '' : scene.hostNqn(allow);
  await scene.setDisk('vol-1', `comment="db" nvme-tcp-server-allow-host-name="${nqn}" nvme-tcp-export=yes`);
  await connectByHand(scene, 'node-1');
  await device(scene, 'node-1');
  return scene;
}

/** Waits until the block device is there. */
async function device(scene: Scene, node: string): Promise<void> {
  const { uses } = scene.simulation.node(node).kernel;
  await vi.waitUntil(() => uses.add('nvme0n1', { kind: 'mount', directory: '/probe', seen: 'own' }));
  uses.remove(() => true);
}

async function refused(scene: Scene, reason: string, code = 4): Promise<string> {
  const before = { events: scene.events().length, state: (await scene.state()).attachments };
  const outcome = await scene.run('adopt', 'vol-1', '-o', 'json');
  expect(outcome.code, outcome.stderr).toBe(code);
  expect(outcome.error()).toMatchObject({ reason });
  expect({ events: scene.events().length, state: (await scene.state()).attachments }).toEqual(before);
  return `${String(outcome.error()['message'])} ${String(outcome.error()['hint'])}`;
}

describe('adopt', () => {
  test.each(['any', 'node-1'] as const)(
    'a connection of an export to %s: claimed, not disturbed',
    async (allow) => {
      const scene = await byHand({ allow });
      scene.simulation
        .node('node-1')
        .kernel.uses.add('nvme0n1', { kind: 'mount', directory: '/srv', seen: 'own' });
      const before = scene.events().length;
      const adopted = await scene.run('adopt', 'vol-1', '-o', 'json');
      expect(adopted.code, adopted.stderr).toBe(0);
      expect(adopted.json()).toMatchObject({
        kind: 'AttachmentList',
        items: [
          {
            volume: 'vol-1',
            node: 'node-1',
            phase: 'attached',
            device: '/dev/nvme0n1',
            hostNqn: scene.hostNqn('node-1'),
            nqn: 'nqn.2000-02.com.mikrotik:vol-1',
            transport: { address: '10.77.0.1', port: 4420 },
            fencingToken: 1,
            changed: true,
          },
        ],
      });
      // Law 10: the export was never off, the session lived on.
      const told = scene.events(before).map(({ event }) => event);
      expect(told.filter((event) => event.startsWith('export') || event.startsWith('session'))).toEqual([]);
      const allowed = await scene.console(
        ':put [/disk get [find where slot="vol-1"] nvme-tcp-server-allow-host-name]',
      );
      expect(allowed.trim()).toBe(scene.hostNqn('node-1'));
      expect(await scene.comment('vol-1')).toMatch(/^db \[rdsctl owner=node-1 token=1 lineage=/);
      expect(scene.audit()).toMatchObject([
        { event: 'adopt', result: 'ok', volume: 'rds1/vol-1', node: 'node-1', token: 1 },
      ]);
      // From here on it is an attachment like any other.
      expect((await scene.run('attach', 'vol-1', 'node-1', '-o', 'json')).json()).toMatchObject({
        changed: false,
      });
      expect((await scene.run('attach', 'vol-1', 'node-2')).code).toBe(4);
      expect((await scene.run('detach', 'vol-1')).code).toBe(7);
      scene.simulation.node('node-1').kernel.uses.remove(() => true);
      expect((await scene.run('detach', 'vol-1')).code).toBe(0);
    },
  );

  test('again is success and changes nothing', async () => {
    const scene = await byHand();
    await scene.done('adopt', 'vol-1');
    const before = { events: scene.events().length, state: scene.stateBytes() };
    const again = await scene.run('adopt', 'vol-1');
    expect(again.code).toBe(0);
    expect(again.stdout).toContain('it was in the state already');
    expect({ events: scene.events().length, state: scene.stateBytes() }).toEqual(before);
  });

  test('what our own state forgot: the tag is ours, nothing in the state', async () => {
    const scene = await openScene({ byHand: ['rds1/vol-1'] });
    await scene.done('attach', 'vol-1', 'node-1');
    await scene.done('detach', 'vol-1');
    await scene.setDisk('vol-1', 'nvme-tcp-server-allow-host-name="" nvme-tcp-export=yes');
    await connectByHand(scene, 'node-1');
    await device(scene, 'node-1');
    expect((await scene.run('adopt', 'vol-1')).code).toBe(0);
    expect(await scene.comment('vol-1')).toContain('owner=node-1 token=3');
  });
});

describe('without VOLUME', () => {
  async function two(): Promise<Scene> {
    const scene = await byHand({ volumes: 3, left: true });
    await scene.setDisk(
      'vol-2',
      'comment="[rdsctl owner=node-2 token=4 lineage=5f0c1d2e-0000-4000-8000-000000000009]" nvme-tcp-export=yes',
    );
    return scene;
  }

  test('it shows what can be adopted, and why not the rest, and asks', async () => {
    const scene = await two();
    const no = await scene.start(['adopt'], { typed: ['n'] }).ended;
    expect(no.code).toBe(1);
    expect(no.stderr).toMatch(/vol-1 +rds1 +node-1 +\/dev\/nvme0n1 +any host, then node-1 alone/);
    expect(no.stderr).toContain('Adopt it? [y/N]');
    expect(no.stderr).toMatch(/warning:.* vol-2 is left alone: .*another rdsctl state/);
    expect(Object.keys((await scene.state()).attachments)).toEqual([]);
    const yes = await scene.start(['adopt'], { typed: ['y'] }).ended;
    expect(yes).toMatchObject({ code: 0, stdout: 'vol-1 is adopted: attached to node-1 as /dev/nvme0n1\n' });
    expect((await scene.run('adopt', '--yes')).stdout).toBe('Nothing to adopt.\n');
  });

  test.each(['node', 'storage server'])('a %s can not be asked: never "nothing to adopt"', async (host) => {
    const scene = await byHand({ nodes: 3, left: true });
    const name = host === 'node' ? 'node-3' : 'rds1';
    await scene.faults({ at: name, when: 'connect', do: 'refuse' });
    const outcome = await scene.run('adopt', '--yes', '-o', 'json');
    expect(outcome.code, outcome.stderr).toBe(1);
    expect(outcome.stdout).toBe('');
    expect(outcome.error()).toMatchObject({
      reason: 'PARTIAL',
      details: {
        failed: [
          host === 'node'
            ? { volume: 'vol-1', reason: 'UNTRACKED_EXPORT' }
            : { volume: 'rds1/*', reason: 'CONNECT_FAILED' },
        ],
      },
    });
    expect((await scene.run('adopt', '--yes')).stdout).toBe('');
    await scene.faults();
    expect((await scene.run('adopt', '--yes')).code).toBe(0);
  });

  test('without a terminal it needs --yes: exit 2, never a hang', async () => {
    const scene = await two();
    const asked = await scene.run('adopt');
    expect(asked.code).toBe(2);
    expect(asked.stderr).toContain('--yes');
    expect((await scene.run('adopt', '--yes')).code).toBe(0);
  });

  test('--dry-run tells the commands and changes nothing', async () => {
    const scene = await two();
    const before = scene.events().length;
    const plan = await scene.run('adopt', '--dry-run', '-o', 'json');
    expect(plan.code, plan.stderr).toBe(0);
    const commands = plan.json()['commands'] as { changes: boolean; command: string }[];
    const changes = commands.filter((each) => each.changes).map(({ command }) => command);
    expect(changes).toHaveLength(2);
    for (const command of changes) expect(command).not.toContain('nvme-tcp-export=');
    expect(scene.events()).toHaveLength(before);
    expect(scene.stateBytes()).toBeNull();
  });
});

describe('refused, and nothing is changed', () => {
  test('two nodes are connected', async () => {
    const scene = await byHand({ left: true, twoAllowed: ['rds1/vol-1'] });
    await connectByHand(scene, 'node-2');
    expect(await refused(scene, 'UNTRACKED_EXPORT')).toMatch(
      /node-1 and node-2 are connected.*nvme disconnect --nqn/s,
    );
  });

  test('a node can not be asked', async () => {
    const scene = await byHand({ left: true, nodes: 3 });
    await scene.simulation.node('node-3').down();
    expect(await refused(scene, 'UNTRACKED_EXPORT')).toMatch(/whether node-3 is connected.*--take-over/s);
  });

  test('another rdsctl state manages it, or a newer copy of this one', async () => {
    const scene = await byHand({ left: true });
    const tag = (token: number, lineage: string): string =>
      `comment="[rdsctl owner=node-1 token=${token} lineage=${lineage}]"`;
    await scene.setDisk('vol-1', tag(4, '5f0c1d2e-0000-4000-8000-000000000009'));
    expect(await refused(scene, 'FOREIGN_TAG')).toContain('state rebuild');
    await scene.done('attach', 'vol-2', 'node-2');
    await scene.setDisk('vol-1', tag(4, (await scene.state()).lineage));
    expect(await refused(scene, 'STALE_STATE')).toContain('state rebuild');
  });

  test('it is not exported, or nobody is connected', async () => {
    const scene = await openScene();
    expect(await refused(scene, 'NOTHING_TO_ADOPT')).toContain('not exported');
    await scene.setDisk('vol-1', 'nvme-tcp-export=yes');
    expect(await refused(scene, 'NOTHING_TO_ADOPT')).toContain('rdsctl attach vol-1');
    expect((await scene.run('adopt', 'vol-9')).code).toBe(3);
  });

  test('the node is fenced', async () => {
    const scene = await byHand({ left: true });
    await scene.done('fence', 'node-1', '--yes', '--volume', 'vol-2');
    await refused(scene, 'NODE_FENCED');
  });

  test('two nodes share a host NQN', async () => {
    const scene = await byHand({ left: true });
    scene.configure({ nodes: { 'node-2': { hostNqn: scene.hostNqn('node-1') } } });
    await refused(scene, 'DUPLICATE_HOST_NQN');
  });

  test("it is connected under another host NQN than the node's own", async () => {
    const scene = await byHand({ left: true });
    const own = 'nqn.2014-08.org.nvmexpress:uuid:99999999-9999-4999-8999-999999999999';
    scene.configure({ nodes: { 'node-1': { hostNqn: own } } });
    expect(await refused(scene, 'WRONG_HOST_NQN')).toContain(`its host NQN is ${own}`);
  });

  test('the export lets somebody else in: the list was changed under a live session', async () => {
    const scene = await byHand({ left: true });
    await scene.setDisk('vol-1', `nvme-tcp-server-allow-host-name="${scene.hostNqn('node-2')}"`);
    expect(await refused(scene, 'UNTRACKED_EXPORT')).toContain('not node-1');
  });

  test('the controller is not live', async () => {
    const scene = await byHand({ left: true });
    await scene.setDisk('vol-1', 'nvme-tcp-export=no');
    await scene.setDisk(
      'vol-1',
      `nvme-tcp-server-allow-host-name="" nvme-tcp-server-port=4421 nvme-tcp-export=yes`,
    );
    expect(await refused(scene, 'NOTHING_TO_ADOPT')).toContain('not live');
  });

  test('one of several: the others are adopted; exit 1', async () => {
    const scene = await byHand();
    const outcome = await scene.run('adopt', 'vol-1', 'vol-2', '-o', 'json');
    expect(outcome.code).toBe(1);
    expect(outcome.json()['items']).toMatchObject([{ volume: 'vol-1', changed: true }]);
    expect(outcome.error()).toMatchObject({
      reason: 'PARTIAL',
      details: { failed: [{ volume: 'vol-2', reason: 'NOTHING_TO_ADOPT' }] },
    });
  });
});

describe('on the way', () => {
  test('another node gets in between the look and the limit: put back as it was, refused', async () => {
    const scene = await byHand({ left: true, twoAllowed: ['rds1/vol-1'] });
    const held = scene.hold(/slot="vol-1".*nvme-tcp-server-allow-host-name="nqn.2014/);
    const adopting = scene.start(['adopt', 'vol-1', '-o', 'json']);
    await held.reached;
    await connectByHand(scene, 'node-2');
    held.letGo();
    const outcome = await adopting.ended;
    expect(outcome.code, outcome.stderr).toBe(4);
    expect(outcome.error()).toMatchObject({
      reason: 'UNTRACKED_EXPORT',
      details: { using: ['node-1', 'node-2'] },
    });
    expect(String(outcome.error()['message'])).toContain('What was begun was undone');
    expect(await scene.comment('vol-1')).toBe('db');
    expect((await scene.state()).attachments).toEqual({});
  });

  test.each(['look', 'ask', 'intent', 'limit', 'ask-again', 'tag', 'state'])(
    'interrupted in step "%s": adopted, or as it was; again adopts',
    async (step) => {
      const scene = await byHand();
      const outcome = await scene.start(['adopt', 'vol-1', '--log-format', 'json'], {
        signalAt: { text: new RegExp(`"event":"step","id":"rds1/vol-1 ${step}"`) },
      }).ended;
      expect(outcome.code, outcome.stderr).toBe(130);
      const claim = (await scene.state()).attachments['rds1/vol-1'];
      if (claim === undefined) expect(await scene.comment('vol-1')).toBe('db');
      else expect(claim).toMatchObject({ phase: 'attached', intent: null });
      expect((await scene.run('adopt', 'vol-1')).code).toBe(0);
      expect(scene.sessions('vol-1')).toEqual([scene.hostNqn('node-1')]);
    },
  );

  /** Cut short as by a crash: the storage server is lost at its `skip`th command. */
  async function halfDone(skip: number, how: 'drop-before' | 'drop-after'): Promise<Scene> {
    const scene = await byHand();
    await scene.faults(
      { at: 'rds1', when: 'exec', skip, times: 1, do: how },
      { at: 'rds1', when: 'exec', skip, do: 'drop-before' },
    );
    const outcome = await scene.run('adopt', 'vol-1');
    expect(outcome.code, outcome.stderr).toBe(6);
    expect(outcome.stderr).toContain('rdsctl adopt vol-1');
    await scene.faults();
    expect((await scene.state()).attachments['rds1/vol-1']).toMatchObject({ phase: 'attaching' });
    return scene;
  }

  describe.each([
    ['the limit never arrived', 1, 'drop-before'],
    ['the answer to the limit was lost', 1, 'drop-after'],
    ['the tag never arrived', 2, 'drop-before'],
    ['the answer to the tag was lost', 2, 'drop-after'],
  ] as const)('half done: %s', (_name, skip, how) => {
    test.each([
      ['adopt', ['adopt', 'vol-1']],
      ['attach', ['attach', 'vol-1', 'node-1']],
    ])('%s finishes it', async (_verb, command) => {
      const scene = await halfDone(skip, how);
      const outcome = await scene.run(...command);
      expect(outcome.code, outcome.stderr).toBe(0);
      expect((await scene.state()).attachments['rds1/vol-1']).toMatchObject({
        phase: 'attached',
        intent: null,
      });
      expect(scene.sessions('vol-1')).toEqual([scene.hostNqn('node-1')]);
      expect(await scene.comment('vol-1')).toMatch(/^db \[rdsctl owner=node-1 /);
    });

    test('detach undoes it', async () => {
      const scene = await halfDone(skip, how);
      const outcome = await scene.run('detach', 'vol-1');
      expect(outcome.code, outcome.stderr).toBe(0);
      expect(scene.sessions('vol-1')).toEqual([]);
      expect((await scene.state()).attachments).toEqual({});
    });
  });

  test('two at once: one adopts, the other finds it adopted', async () => {
    const scene = await byHand();
    const both = await Promise.all([
      scene.run('adopt', 'vol-1', '-o', 'json'),
      scene.run('adopt', 'vol-1', '-o', 'json'),
    ]);
    expect(both.map(({ code }) => code)).toEqual([0, 0]);
    const changed = both.map((outcome) => (outcome.json()['items'] as { changed: boolean }[])[0]?.changed);
    expect(changed.sort()).toEqual([false, true]);
  });
});
