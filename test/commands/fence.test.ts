import { describe, expect, test } from 'vitest';
import { openScene, type Scene, type SceneOptions } from './scene.ts';

async function withBoth(options: SceneOptions = {}): Promise<Scene> {
  const scene = await openScene(options);
  for (const volume of ['vol-1', 'vol-2']) {
    const attached = await scene.run('attach', volume, 'node-1');
    expect(attached.code, attached.stderr).toBe(0);
  }
  return scene;
}

const exported = (scene: Scene, volume: string): Promise<string> =>
  scene.console(`:put [/disk get [find where slot="${volume}"] nvme-tcp-export]`);

describe('fence of a node that does not answer', () => {
  test('cuts it off at the storage server; the volumes go elsewhere; the node never comes back in', async () => {
    const scene = await withBoth();
    await scene.simulation.node('node-1').down();
    const fenced = await scene.run('fence', 'node-1', '--yes', '--reason', 'no answer', '-o', 'json');
    expect(fenced.json()).toMatchObject({
      kind: 'FenceReport',
      node: 'node-1',
      fenced: true,
      verified: true,
      changed: true,
      nodeSide: 'unreachable',
      volumes: [
        { volume: 'vol-1', result: 'fenced', verified: true, inFlight: 0 },
        { volume: 'vol-2', result: 'fenced', verified: true, inFlight: 0 },
      ],
    });
    expect((await scene.run('attach', 'vol-1', 'node-2')).code).toBe(0);
    const before = scene.events().length;
    await scene.simulation.node('node-1').up();
    const refused = await scene.simulation.events.waitFor(
      ({ seq, event }) => seq > before && event === 'connect-refused',
    );
    expect(refused.node).toBe('node-1');
    expect(scene.sessions('vol-1')).toEqual([scene.hostNqn('node-2')]);
    expect(scene.sessions('vol-2')).toEqual([]);
  });

  test('the list is changed before the export ends, and both before success', async () => {
    const scene = await withBoth();
    await scene.simulation.node('node-1').down();
    const before = scene.events().length;
    await scene.done('fence', 'node-1', '--yes');
    const told = scene.events(before).filter(({ volume }) => volume === 'vol-1');
    const order = told.map(({ event }) => event).filter((event) => event !== 'comment-changed');
    expect(order).toEqual(['allow-changed', 'export-off', 'session-closed']);
    expect(told.find(({ event }) => event === 'allow-changed')?.allow).toMatch(/nobody$/);
  });

  test('afterwards an attach to it is refused with 4, who fenced it and why, until unfence', async () => {
    const scene = await withBoth();
    await scene.done('fence', 'node-1', '--yes', '--reason', 'smoke');
    for (const verb of ['attach', 'move']) {
      const refused = await scene.run(verb, 'vol-1', 'node-1');
      expect(refused.code).toBe(4);
      expect(refused.stderr).toMatch(/node-1 is fenced since .* \(by .*: smoke\)/);
      expect(refused.stderr).toContain('rdsctl unfence node-1');
    }
    expect((await scene.run('unfence', 'node-1')).code).toBe(0);
    expect((await scene.run('attach', 'vol-1', 'node-1')).code).toBe(0);
  });
});

describe('fence of a node that answers', () => {
  test('also has it drop its dead controllers', async () => {
    const scene = await withBoth();
    const fenced = await scene.run('fence', 'node-1', '--yes', '-o', 'json');
    expect(fenced.json()).toMatchObject({ verified: true, nodeSide: 'dropped' });
    expect(scene.simulation.node('node-1').kernel.host.controllers).toEqual([]);
  });

  test('again is success: it was cut off already', async () => {
    const scene = await withBoth();
    await scene.done('fence', 'node-1', '--yes');
    const before = scene.events().length;
    const again = await scene.run('fence', 'node-1', '--yes', '-o', 'json');
    expect(again.json()).toMatchObject({
      verified: true,
      changed: false,
      volumes: [{ result: 'already' }, { result: 'already' }],
    });
    expect(scene.events()).toHaveLength(before);
  });

  test('a node without volumes is marked all the same', async () => {
    const scene = await openScene();
    const fenced = await scene.run('fence', 'node-2', '--yes', '-o', 'json');
    expect(fenced.json()).toMatchObject({ verified: true, volumes: [] });
    expect((await scene.run('attach', 'vol-1', 'node-2')).code).toBe(4);
  });

  test('volumes that went elsewhere before are left alone', async () => {
    const scene = await withBoth();
    await scene.done('move', 'vol-1', 'node-2');
    await scene.done('fence', 'node-1', '--yes');
    expect(scene.sessions('vol-1')).toEqual([scene.hostNqn('node-2')]);
    expect(scene.sessions('vol-2')).toEqual([]);
  });

  test('--volume limits it: the others stay connected', async () => {
    const scene = await withBoth();
    const fenced = await scene.run('fence', 'node-1', '--volume', 'vol-1', '--yes', '-o', 'json');
    expect(fenced.json()).toMatchObject({ volumes: [{ volume: 'vol-1', verified: true }] });
    expect(scene.sessions('vol-1')).toEqual([]);
    expect(scene.sessions('vol-2')).toEqual([scene.hostNqn('node-1')]);
    expect((await scene.run('attach', 'vol-2', 'node-1')).code).toBe(4);
    expect(scene.sessions('vol-2')).toEqual([scene.hostNqn('node-1')]);
    // What it kept does not stand in the way of lifting the mark.
    expect((await scene.run('unfence', 'node-1')).code).toBe(0);
    expect((await scene.run('attach', 'vol-2', 'node-1', '-o', 'json')).json()).toMatchObject({
      changed: false,
    });
  });
});

describe('fence that can not be proved', () => {
  test('the storage server is unreachable: exit 6, and the node counts as still connected', async () => {
    const scene = await withBoth();
    await scene.faults({ at: 'rds1', when: 'connect', do: 'refuse' });
    const fenced = await scene.run('fence', 'node-1', '--yes');
    expect(fenced.code).toBe(6);
    expect(fenced.stderr).toMatch(/Treat node-1 as still connected to vol-1, vol-2/);
    expect(fenced.stderr).toContain('rdsctl fence node-1');
    expect(fenced.stdout).toContain('not proved to be cut off');
    await scene.faults();
    expect((await scene.run('attach', 'vol-1', 'node-2')).code).toBe(4);
    expect(scene.sessions('vol-1')).toEqual([scene.hostNqn('node-1')]);
  });

  test('an un-export that fails: exit 10 or 11, not granted elsewhere', async () => {
    const scene = await withBoth();
    await scene.simulation.node('node-1').down();
    const { device } = scene.simulation.rds;
    const exec = device.exec.bind(device);
    device.exec = async (line, policies) =>
      line.includes('nvme-tcp-export=no')
        ? exec(
            line.replaceAll('/disk set $i nvme-tcp-export=no', ':error "failure: target is busy"'),
            policies,
          )
        : exec(line, policies);
    const fenced = await scene.run('fence', 'node-1', '--yes');
    device.exec = exec;
    expect([10, 11]).toContain(fenced.code);
    expect(fenced.stderr).toContain('target is busy');
    expect(fenced.stderr).toContain('Treat node-1 as still connected');
    expect((await scene.run('attach', 'vol-1', 'node-2')).code).toBe(4);
    expect((await scene.run('fence', 'node-1', '--yes')).code).toBe(0);
    expect((await scene.run('attach', 'vol-1', 'node-2')).code).toBe(0);
  });

  test('an un-export that is not there on reading back: exit 11', async () => {
    const scene = await withBoth();
    scene.configure({ timeouts: { command: '5s' } });
    await scene.simulation.node('node-1').down();
    scene.mangle((answer) => answer.replaceAll('"nvme-tcp-export":false', '"nvme-tcp-export":true'));
    const fenced = await scene.run('fence', 'node-1', '--yes', '-o', 'json');
    expect(fenced.code).toBe(11);
    expect(fenced.error()).toMatchObject({ code: 'UNVERIFIED', reason: 'NOT_VERIFIED' });
    expect(fenced.json()).toMatchObject({
      verified: false,
      volumes: [{ result: 'failed' }, { result: 'failed' }],
    });
    expect((await scene.state()).attachments['rds1/vol-1']).toMatchObject({ phase: 'fencing' });
  });

  test('I/O in flight that does not drain: exit 11, not granted elsewhere; drained later it is', async () => {
    const scene = await withBoth({ config: { fence: { drainTimeout: '400ms' } } });
    const { target } = scene.simulation.rds;
    const disk = target.hold('vol-1');
    const [session] = target.openSessions('vol-1');
    if (session === undefined) throw new Error('node-1 has no session');
    await scene.simulation.node('node-1').down();
    target.begin(session, { kind: 'write', offset: 0, data: Buffer.from('late') }, () => undefined);
    const fenced = await scene.run('fence', 'node-1', '--yes', '-o', 'json');
    expect(fenced.code, fenced.stderr).toBe(11);
    expect(fenced.json()).toMatchObject({
      verified: false,
      volumes: [
        { volume: 'vol-1', result: 'failed', inFlight: 1 },
        { volume: 'vol-2', result: 'fenced', verified: true },
      ],
    });
    expect(await exported(scene, 'vol-1')).toBe('false\r\n');
    expect((await scene.run('attach', 'vol-1', 'node-2')).code).toBe(4);
    expect((await scene.run('attach', 'vol-2', 'node-2')).code).toBe(0);
    scene.configure({ fence: { drainTimeout: null } });
    disk.goOn();
    expect((await scene.run('fence', 'node-1', '--yes')).code).toBe(0);
    expect((await scene.run('attach', 'vol-1', 'node-2')).code).toBe(0);
  });

  test('the drain is waited for: what was in flight lands before anybody else is let in', async () => {
    const scene = await withBoth({ config: { fence: { settle: '50ms' } } });
    const { target } = scene.simulation.rds;
    const disk = target.hold('vol-1');
    const [session] = target.openSessions('vol-1');
    if (session === undefined) throw new Error('node-1 has no session');
    await scene.simulation.node('node-1').down();
    target.begin(session, { kind: 'write', offset: 0, data: Buffer.from('late') }, () => undefined);
    let asked = 0;
    scene.mangle((answer, line) => {
      if (line.includes('monitor-traffic') && ++asked === 5) disk.goOn();
      return answer;
    });
    expect((await scene.run('fence', 'node-1', '--yes')).code).toBe(0);
    expect(asked).toBeGreaterThan(5);
    expect((await scene.run('attach', 'vol-1', 'node-2')).code).toBe(0);
    const landed = scene.events().findIndex(({ event, late }) => event === 'io-landed' && late === true);
    const opened = scene.events().findLastIndex(({ event }) => event === 'session-opened');
    expect(landed).toBeGreaterThan(-1);
    expect(landed).toBeLessThan(opened);
  });

  test('a volume that another command works on: the others are cut at once, then it is waited for', async () => {
    const scene = await withBoth();
    const held = scene.hold(/slot="vol-1".*nvme-tcp-export=no/);
    const detaching = scene.start(['detach', 'vol-1']);
    await held.reached;
    const fencing = scene.start(['fence', 'node-1', '--volume', 'vol-2', '--volume', 'vol-1', '--yes', '-v']);
    await fencing.shows(/waiting for vol-1/);
    held.letGo();
    expect((await detaching.ended).code).toBe(0);
    const fenced = await fencing.ended;
    expect(fenced.code, fenced.stderr).toBe(0);
    expect(scene.sessions('vol-2')).toEqual([]);
  });

  test('a volume that goes to another node while the fence waits is not cut off from that one', async () => {
    const scene = await withBoth();
    const held = scene.hold(/slot="vol-1".*nvme-tcp-export=no/);
    const moving = scene.start(['move', 'vol-1', 'node-2']);
    await held.reached;
    const fencing = scene.start(['fence', 'node-1', '--yes', '-v', '-o', 'json']);
    await fencing.shows(/waiting for vol-1/);
    held.letGo();
    expect((await moving.ended).code).toBe(0);
    const fenced = await fencing.ended;
    expect(fenced.code, fenced.stderr).toBe(0);
    expect(fenced.json()).toMatchObject({ verified: true });
    expect(scene.sessions('vol-1')).toEqual([scene.hostNqn('node-2')]);
    expect((await scene.state()).attachments['rds1/vol-1']).toMatchObject({ phase: 'attached' });
  });

  test('an attach that was under way when the fence came is cut off once it is through', async () => {
    const scene = await openScene();
    const held = scene.hold(/slot="vol-1".*nvme-tcp-export=yes/);
    const attaching = scene.start(['attach', 'vol-1', 'node-1']);
    await held.reached;
    const fencing = scene.start(['fence', 'node-1', '--yes', '-v', '-o', 'json']);
    await fencing.shows(/waiting for vol-1/);
    held.letGo();
    await attaching.ended;
    const fenced = await fencing.ended;
    expect(fenced.code, fenced.stderr).toBe(0);
    expect(fenced.json()).toMatchObject({ verified: true });
    expect(scene.sessions('vol-1')).toEqual([]);
    expect((await scene.run('attach', 'vol-1', 'node-2')).code).toBe(0);
  });

  test('a volume that stays locked: exit 5 with who holds it, the others are cut', async () => {
    const scene = await withBoth();
    const held = scene.hold(/slot="vol-1".*nvme-tcp-export=no/);
    const detaching = scene.start(['detach', 'vol-1']);
    await held.reached;
    const fenced = await scene.run('fence', 'node-1', '--yes', '--lock-timeout', '0', '-o', 'json');
    expect(fenced.code, fenced.stderr).toBe(5);
    expect(fenced.error()).toMatchObject({ code: 'BUSY', reason: 'LOCKED' });
    expect(String(fenced.error()['message'])).toMatch(/pid \d+: rdsctl detach vol-1/);
    expect(String(fenced.error()['message'])).toContain('Treat node-1 as still connected to vol-1');
    expect(scene.sessions('vol-2')).toEqual([]);
    held.letGo();
    expect((await detaching.ended).code).toBe(0);
  });
});

describe('fence of what the state does not know', () => {
  test('an export by hand to the host NQN of the node is cut too', async () => {
    const scene = await openScene({ byHand: ['rds1/vol-2'] });
    await scene.done('attach', 'vol-1', 'node-1'); // its host NQN is known from now on
    const allow = `nvme-tcp-server-allow-host-name="${scene.hostNqn('node-1')}"`;
    await scene.setDisk('vol-2', `${allow} nvme-tcp-export=yes`);
    const fenced = await scene.run('fence', 'node-1', '--yes', '-o', 'json');
    expect(fenced.json()).toMatchObject({
      verified: true,
      volumes: [
        { volume: 'vol-1', tracked: true },
        { volume: 'vol-2', result: 'fenced', tracked: false },
      ],
    });
    expect(await exported(scene, 'vol-2')).toBe('false\r\n');
  });

  test('a node that the configuration names no more can be fenced', async () => {
    const scene = await withBoth();
    scene.configure({ nodes: { 'node-1': null } });
    const fenced = await scene.run('fence', 'node-1', '--yes', '-o', 'json');
    expect(fenced.json()).toMatchObject({ verified: true, nodeSide: 'unreachable' });
    expect((await scene.run('attach', 'vol-1', 'node-2')).code).toBe(0);
    const refused = await scene.run('unfence', 'node-1');
    expect(refused.code).toBe(3);
    expect((await scene.run('unfence', 'node-1', '--force')).code).toBe(0);
  });

  test('a node that nobody knows ends with 3', async () => {
    const scene = await openScene({ nodes: 1 });
    expect((await scene.run('fence', 'node-9', '--yes')).code).toBe(3);
  });

  test('a volume that is not there ends with 3, and the node is not marked', async () => {
    const scene = await withBoth();
    const before = { events: scene.events().length, state: scene.stateBytes() };
    const refused = await scene.run('fence', 'node-1', '--volume', 'vol-9', '--volume', 'vol-1', '--yes');
    expect(refused.code).toBe(3);
    expect({ events: scene.events().length, state: scene.stateBytes() }).toEqual(before);
  });
});

describe('the question before a fence', () => {
  test('without a terminal and without --yes it ends with 2 and says --yes', async () => {
    const scene = await withBoth();
    const before = { events: scene.events().length, state: scene.stateBytes() };
    const refused = await scene.run('fence', 'node-1');
    expect(refused.code).toBe(2);
    expect(refused.stderr).toContain('--yes');
    expect({ events: scene.events().length, state: scene.stateBytes() }).toEqual(before);
  });

  test('a node that answers gets a second look, with what is mounted there; then its name is to be typed', async () => {
    const scene = await withBoth();
    const { uses } = scene.simulation.node('node-1').kernel;
    uses.add('nvme0n1', { kind: 'mount', directory: '/srv/data', seen: 'own' });
    const fence = (...typed: string[]) => scene.start(['fence', 'node-1'], { typed }).ended;
    for (const typed of [['n'], ['node-1'], ['y', 'y'], ['y']]) {
      const refused = await fence(...typed);
      expect(refused.code, typed.join()).toBe(1);
      expect(refused.stderr).toContain(
        'node-1 ANSWERS, and uses its volumes: vol-1 is mounted on /srv/data.',
      );
      expect(refused.stderr).toContain('rdsctl drain node-1');
      expect(refused.stderr.includes('It loses vol-1, vol-2 at once')).toBe(typed[0] === 'y');
    }
    expect(scene.sessions('vol-1')).toEqual([scene.hostNqn('node-1')]);
    const right = await fence('y', 'node-1');
    expect(right.code, right.stderr).toBe(0);
    expect(scene.sessions('vol-1')).toEqual([]);
  });

  test('one that does not answer is told as such, and its name alone is asked for', async () => {
    const scene = await withBoth();
    await scene.simulation.node('node-1').down();
    const wrong = await scene.start(['fence', 'node-1'], { typed: ['y'] }).ended;
    expect(wrong.code).toBe(1);
    expect(wrong.stderr).toMatch(/node-1 does not answer: node-1 \(.*\) can't be reached/);
    expect(wrong.stderr).not.toContain('ANSWERS');
    const right = await scene.start(['fence', 'node-1'], { typed: ['node-1'] }).ended;
    expect(right.code, right.stderr).toBe(0);
  });

  test('one that hangs is not waited for longer than a connection may take', async () => {
    const scene = await withBoth();
    scene.configure({ timeouts: { connect: '3s' } });
    await scene.faults({ at: 'node-1', when: 'exec', do: 'hang' });
    const asked = await scene.start(['fence', 'node-1'], { typed: ['no'] }).ended;
    expect(asked.code).toBe(1);
    expect(asked.stderr).toContain('node-1 does not answer: node-1 did not tell everything within 3 s');
  });

  test('with --volume only that one is told to be lost; a wrong name is told before any question', async () => {
    const scene = await withBoth();
    const one = await scene.start(['fence', 'node-1', '--volume', 'rds1/vol-2'], { typed: ['y', 'no'] })
      .ended;
    expect(one.stderr).toContain('It loses vol-2 at once');
    const wrong = await scene.start(['fence', 'nod-1'], { typed: ['y', 'nod-1'] }).ended;
    expect(wrong.code).toBe(3);
    expect(wrong.stderr).toContain('did you mean node-1?');
    expect(wrong.stderr).not.toContain('[y/N]');
  });

  test('nobody is asked with --yes, and nothing is looked at before the cut', async () => {
    const scene = await withBoth();
    const { stderr } = await scene.run('fence', 'node-1', '--yes', '-v');
    expect(stderr).not.toContain('does it answer?');
  });
});
