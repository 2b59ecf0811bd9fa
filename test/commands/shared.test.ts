import { describe, expect, test, vi } from 'vitest';
import { openScene, type Scene, type SceneOptions } from './scene.ts';

const ANY = { storageServers: { rds1: { sharedExport: 'any' } } };

const sharedBy = (...nodes: string[]): Promise<Scene> => sharedIn({}, ...nodes);

async function sharedIn(options: SceneOptions, ...nodes: string[]): Promise<Scene> {
  const scene = await openScene({ nodes: 3, config: ANY, twoAllowed: ['rds1/vol-1'], ...options });
  const [first = '', ...more] = nodes;
  expect((await scene.run('attach', 'vol-1', first)).code).toBe(0);
  for (const node of more) {
    const outcome = await scene.run('attach', 'vol-1', node, '--shared');
    expect(outcome.code, outcome.stderr).toBe(0);
  }
  return scene;
}

const toggles = (scene: Scene, since: number): string[] =>
  scene
    .events(since)
    .map(({ event }) => event)
    .filter((event) => event === 'export-off' || event === 'export-on');

describe('attach --shared', () => {
  test('needs sharedExport: any: exit 2, and nothing is changed', async () => {
    const scene = await openScene();
    await scene.done('attach', 'vol-1', 'node-1');
    const before = { events: scene.events().length, state: scene.stateBytes() };
    const refused = await scene.run('attach', 'vol-1', 'node-2', '--shared', '-o', 'json');
    expect(refused.code).toBe(2);
    expect(refused.error()).toMatchObject({ reason: 'SHARED_NOT_CONFIGURED' });
    expect({ events: scene.events().length, state: scene.stateBytes() }).toEqual(before);
  });

  test('both hold it, the first one is not disturbed, and it is said loudly until when', async () => {
    const scene = await sharedBy('node-1');
    const before = scene.events().length;
    const outcome = await scene.run(
      'attach',
      'vol-1',
      'node-2',
      '--shared',
      '--handoff',
      '90s',
      '-o',
      'json',
    );
    expect(outcome.code, outcome.stderr).toBe(0);
    expect(outcome.stderr).toMatch(/^warning: vol-1 is open to ANY host that reaches rds1 until /m);
    expect(outcome.json()).toMatchObject({ node: 'node-1', nodes: ['node-1', 'node-2'], phase: 'attached' });
    expect(toggles(scene, before)).toEqual([]);
    expect(scene.sessions('vol-1')).toEqual([scene.hostNqn('node-1'), scene.hostNqn('node-2')]);
    const until = (await scene.state()).attachments['rds1/vol-1']?.sharedUntil ?? '';
    const left = Date.parse(until) - Date.now();
    expect(left).toBeGreaterThan(0);
    expect(left).toBeLessThanOrEqual(90_000);
  });

  test('without --shared the second node is refused', async () => {
    const scene = await sharedBy('node-1');
    expect((await scene.run('attach', 'vol-1', 'node-2')).code).toBe(4);
  });

  test('a third node is refused with 4', async () => {
    const scene = await sharedBy('node-1', 'node-2');
    const before = { events: scene.events().length, state: scene.stateBytes() };
    const refused = await scene.run('attach', 'vol-1', 'node-3', '--shared', '-o', 'json');
    expect(refused.code).toBe(4);
    expect(refused.error()).toMatchObject({ reason: 'SHARE_LIMIT' });
    expect({ events: scene.events().length, state: scene.stateBytes() }).toEqual(before);
  });

  test('again by either of them changes nothing', async () => {
    const scene = await sharedBy('node-1', 'node-2');
    const before = scene.events().length;
    for (const node of ['node-1', 'node-2']) {
      const again = await scene.run('attach', 'vol-1', node, '--shared', '-o', 'json');
      expect(again.json()).toMatchObject({ changed: false, nodes: ['node-1', 'node-2'] });
    }
    expect(scene.events()).toHaveLength(before);
  });

  test('on a volume that nobody has it is an ordinary attach', async () => {
    const scene = await openScene({ nodes: 1, config: ANY });
    const outcome = await scene.run('attach', 'vol-1', 'node-1', '--shared', '-o', 'json');
    expect(outcome.json()).toMatchObject({ nodes: ['node-1'] });
    expect(scene.events().find(({ event }) => event === 'export-on')?.allow).toBe(scene.hostNqn('node-1'));
  });

  test.for(['node-1', 'node-2'])(
    'detach of %s leaves the other one alone and tightens the list without toggling',
    async (leaving) => {
      const scene = await sharedBy('node-1', 'node-2');
      const staying = leaving === 'node-1' ? 'node-2' : 'node-1';
      const before = scene.events().length;
      const outcome = await scene.run('detach', 'vol-1', leaving, '-o', 'json');
      expect(outcome.code, outcome.stderr).toBe(0);
      expect(outcome.json()).toMatchObject({ node: staying, nodes: [staying], changed: true });
      expect(toggles(scene, before)).toEqual([]);
      expect(scene.sessions('vol-1')).toEqual([scene.hostNqn(staying)]);
      const allow = scene.events(before).findLast(({ event }) => event === 'allow-changed')?.allow;
      expect(allow).toBe(scene.hostNqn(staying));
      expect(await scene.comment('vol-1')).toContain(`owner=${staying} `);
    },
  );

  test('detach without a node takes it from both', async () => {
    const scene = await sharedBy('node-1', 'node-2');
    const outcome = await scene.run('detach', 'vol-1');
    expect(outcome.code, outcome.stderr).toBe(0);
    expect(scene.sessions('vol-1')).toEqual([]);
    expect((await scene.state()).attachments).toEqual({});
  });

  test('detach from both says what it has done when the second one can not be asked', async () => {
    const scene = await sharedBy('node-1', 'node-2');
    await scene.faults({ at: 'node-1', when: 'connect', do: 'refuse' });
    const half = await scene.run('detach', 'vol-1', '-o', 'json');
    expect(half.code).toBe(6);
    const { message } = half.error() as { message: string };
    expect(message).toContain('vol-1 was detached from node-2.');
    expect(message).not.toContain('Nothing was changed');
    expect(scene.sessions('vol-1')).toEqual([scene.hostNqn('node-1')]);
    await scene.faults();
    expect((await scene.run('detach', 'vol-1')).code).toBe(0);
    expect(scene.sessions('vol-1')).toEqual([]);
  });

  test('a second node that can not connect: the list is tightened again, the first is not disturbed', async () => {
    const scene = await sharedBy('node-1');
    const before = scene.events().length;
    await scene.faults({ at: 'node-2', when: 'exec', skip: 1, times: 1, do: 'reply', reply: 'oops\n' });
    const outcome = await scene.run('attach', 'vol-1', 'node-2', '--shared');
    expect(outcome.code).toBe(10);
    expect(outcome.stderr).toContain('vol-1 stays with node-1');
    expect(toggles(scene, before)).toEqual([]);
    expect(scene.sessions('vol-1')).toEqual([scene.hostNqn('node-1')]);
    const allow = scene.events(before).findLast(({ event }) => event === 'allow-changed')?.allow;
    expect(allow).toBe(scene.hostNqn('node-1'));
    expect((await scene.state()).attachments['rds1/vol-1']).toMatchObject({
      phase: 'attached',
      holders: [{ node: 'node-1' }],
      sharedUntil: null,
      intent: null,
    });
  });

  test('move to one of the two ends the sharing', async () => {
    const scene = await sharedBy('node-1', 'node-2');
    const outcome = await scene.run('move', 'vol-1', 'node-2');
    expect(outcome.code, outcome.stderr).toBe(0);
    expect(scene.sessions('vol-1')).toEqual([scene.hostNqn('node-2')]);
    expect((await scene.state()).attachments['rds1/vol-1']).toMatchObject({
      phase: 'attached',
      holders: [{ node: 'node-2' }],
      sharedUntil: null,
    });
  });

  test('apply to a third one takes it from both before it is granted', async () => {
    const scene = await sharedBy('node-1', 'node-2');
    const before = scene.events().length;
    const stdin =
      'apiVersion: rdsctl/v1\nkind: Manifest\nattachments:\n  - { volume: vol-1, node: node-3 }\n';
    const outcome = await scene.start(['apply', '-f', '-', '--yes', '-o', 'json'], { stdin }).ended;
    expect(outcome.code, outcome.stderr).toBe(0);
    expect(outcome.json()['changes']).toMatchObject([
      { action: 'move', from: ['node-1', 'node-2'], node: 'node-3', result: 'done' },
    ]);
    const sessions = scene
      .events(before)
      .filter(({ event, volume }) => volume === 'vol-1' && /^session-/.test(event))
      .map(({ event, node }) => `${event} ${node ?? ''}`);
    expect(sessions.slice(0, 2).sort()).toEqual(['session-closed node-1', 'session-closed node-2']);
    expect(sessions.slice(2)).toEqual(['session-opened node-3']);
    expect((await scene.state()).attachments['rds1/vol-1']).toMatchObject({
      phase: 'attached',
      holders: [{ node: 'node-3' }],
      sharedUntil: null,
    });
  });

  const CUT_TOO =
    'vol-1 is shared with node-1, which is cut off with it for a moment, and connects again by itself within about … s; its I/O waits, and fails after 5 s (nvme.fastIoFailTmo)';

  test('fence says before that the other one is cut off for a moment: asked, planned, and done', async () => {
    const scene = await sharedBy('node-1', 'node-2');
    const before = scene.events().length;
    const said = (text: string): string => text.replace(/about [\d.]+ s/g, 'about … s');
    const asked = scene.start(['fence', 'node-2'], { typed: ['y', 'no'] });
    expect(said((await asked.ended).stderr)).toContain(`${CUT_TOO}.\n`);
    const planned = await scene.run('fence', 'node-2', '--dry-run');
    expect(planned.code).toBe(0);
    expect(said(planned.stderr)).toContain(`warning: ${CUT_TOO}\n`);
    expect(toggles(scene, before)).toEqual([]);
    const done = await scene.run('fence', 'node-2', '--yes');
    expect(said(done.stderr)).toContain(`warning: ${CUT_TOO}\n`);
    expect(done.stdout).toContain('node-1 keeps it, and connects again by itself; if not: rdsctl reconcile');
    expect((await scene.run('fence', 'node-2', '--yes')).stderr).not.toContain('shared');
  });

  test('one that was refused while it was cut off, and gave up (kernel 6.12), is connected by reconcile', async () => {
    const scene = await sharedIn({ traits: { 'node-1': { kernel: '6.12' } } }, 'node-1', 'node-2');
    // Another export keeps the port open: so it is refused, and does not find it closed.
    expect((await scene.run('attach', 'vol-2', 'node-3')).code).toBe(0);
    const { host } = scene.simulation.node('node-1').kernel;
    await scene.simulation.node('node-2').down();
    const held = scene.hold(/nvme-tcp-export=yes/);
    const since = scene.events().length;
    const fenced = scene.run('fence', 'node-2', '--yes');
    await held.reached;
    await scene.simulation.events.waitFor(
      ({ seq, event, node }) => seq > since && event === 'connect-refused' && node === 'node-1',
    );
    held.letGo();
    expect((await fenced).code).toBe(0);
    await vi.waitUntil(() => host.controllers.length === 0);
    expect((await scene.run('reconcile')).stdout).toMatch(/vol-1\s+node-1\s+not-connected\s+repaired/);
    expect(scene.sessions('vol-1')).toEqual([scene.hostNqn('node-1')]);
  });

  test.for(['node-1', 'node-2'])('fence of %s: the other one keeps it, alone', async (dead) => {
    const scene = await sharedBy('node-1', 'node-2');
    const staying = dead === 'node-1' ? 'node-2' : 'node-1';
    await scene.simulation.node(dead).down();
    const before = scene.events().length;
    const fenced = await scene.run('fence', dead, '--yes', '-o', 'json');
    expect(fenced.code, fenced.stderr).toBe(0);
    expect(fenced.json()).toMatchObject({ verified: true, volumes: [{ volume: 'vol-1', keptBy: staying }] });
    await scene.simulation.events.waitFor(
      ({ seq, event, node }) => seq > before && event === 'session-opened' && node === staying,
    );
    expect(scene.sessions('vol-1')).toEqual([scene.hostNqn(staying)]);
    await scene.simulation.node(dead).up();
    expect(scene.sessions('vol-1')).toEqual([scene.hostNqn(staying)]);
  });
});
