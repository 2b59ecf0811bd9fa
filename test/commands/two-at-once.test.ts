import { describe, expect, test } from 'vitest';
import { openScene } from './scene.ts';

describe('two commands at once', () => {
  test('on one volume they queue: the second finds what the first one made', async () => {
    const scene = await openScene();
    const held = scene.hold(/nvme-tcp-export=yes/);
    const first = scene.start(['attach', 'vol-1', 'node-1']);
    await held.reached;
    const same = scene.start(['attach', 'vol-1', 'node-1', '-v', '-o', 'json']);
    const other = scene.start(['attach', 'vol-1', 'node-2', '-v']);
    await Promise.all([same.shows(/waiting for vol-1/), other.shows(/waiting for vol-1/)]);
    held.letGo();
    expect((await first.ended).code).toBe(0);
    expect((await same.ended).json()).toMatchObject({ node: 'node-1', changed: false });
    expect((await other.ended).code).toBe(4);
    expect(scene.events().filter(({ event }) => event === 'session-opened')).toHaveLength(1);
  });

  test('two that want it for different nodes: one wins, one is refused', async () => {
    const scene = await openScene();
    const both = await Promise.all([
      scene.run('attach', 'vol-1', 'node-1'),
      scene.run('attach', 'vol-1', 'node-2'),
    ]);
    expect(both.map(({ code }) => code).sort()).toEqual([0, 4]);
    expect(scene.sessions('vol-1')).toHaveLength(1);
  });

  test('attach, detach and moves of one volume at once end in one of the orders', async () => {
    const scene = await openScene();
    await scene.done('attach', 'vol-1', 'node-1');
    const all = await Promise.all([
      scene.run('move', 'vol-1', 'node-2'),
      scene.run('detach', 'vol-1'),
      scene.run('move', 'vol-1', 'node-1'),
    ]);
    expect(all.map(({ code }) => code)).toEqual([0, 0, 0]);
    const claim = (await scene.state()).attachments['rds1/vol-1'];
    expect(scene.sessions('vol-1')).toEqual(claim?.holders.map(({ hostNqn }) => hostNqn) ?? []);
  });

  test('on different volumes nobody waits for anybody', async () => {
    const scene = await openScene();
    const held = scene.hold(/slot="vol-1".*nvme-tcp-export=yes/);
    const first = scene.start(['attach', 'vol-1', 'node-1']);
    await held.reached;
    const second = await scene.run('attach', 'vol-2', 'node-1', '--lock-timeout', '0');
    expect(second.code, second.stderr).toBe(0);
    expect((await scene.run('move', 'vol-2', 'node-2', '--lock-timeout', '0')).code).toBe(0);
    expect((await scene.run('detach', 'vol-2', '--lock-timeout', '0')).code).toBe(0);
    held.letGo();
    expect((await first.ended).code).toBe(0);
  });

  test('reads wait for nobody: list, show, volumes and nodes while a volume is locked', async () => {
    const scene = await openScene({ nodes: 1 });
    const held = scene.hold(/nvme-tcp-export=yes/);
    const first = scene.start(['attach', 'vol-1', 'node-1']);
    await held.reached;
    for (const command of [['list'], ['show', 'vol-1'], ['volumes'], ['nodes']]) {
      expect((await scene.run(...command)).code, command.join(' ')).toBe(0);
    }
    const listed = (await scene.run('list', '-o', 'json')).json();
    expect(listed['items']).toMatchObject([{ volume: 'vol-1', phase: 'attaching' }]);
    held.letGo();
    expect((await first.ended).code).toBe(0);
  });
});

describe('--lock-timeout', () => {
  test.for(['attach vol-1 node-2', 'detach vol-1', 'move vol-1 node-2'])(
    '0: "%s" ends with 5 at once and names the holder',
    async (command) => {
      const scene = await openScene();
      const held = scene.hold(/nvme-tcp-export=yes/);
      const first = scene.start(['attach', 'vol-1', 'node-1']);
      await held.reached;
      const busy = await scene.run(...command.split(' '), '--lock-timeout', '0', '-o', 'json');
      expect(busy.code).toBe(5);
      expect(busy.error()).toMatchObject({
        code: 'BUSY',
        reason: 'LOCKED',
        details: { holder: { pid: process.pid, command: 'rdsctl attach vol-1 node-1' } },
      });
      const message = String(busy.error()['message']);
      expect(message).toMatch(new RegExp(`pid ${process.pid}: rdsctl attach vol-1 node-1\\) since \\d{4}-`));
      expect(message).toContain('Nothing was changed.');
      held.letGo();
      expect((await first.ended).code).toBe(0);
      expect(scene.audit()).toMatchObject([{ result: 'refused', reason: 'LOCKED' }, { result: 'ok' }]);
    },
  );

  test('from the variable, and the flag wins over it', async () => {
    const scene = await openScene();
    const held = scene.hold(/nvme-tcp-export=yes/);
    const first = scene.start(['attach', 'vol-1', 'node-1']);
    await held.reached;
    const env = { RDSCTL_LOCK_TIMEOUT: '0' };
    expect((await scene.start(['detach', 'vol-1'], { env }).ended).code).toBe(5);
    const waiting = scene.start(['detach', 'vol-1', '-v', '--lock-timeout', '1m'], { env });
    await waiting.shows(/waiting for vol-1/);
    held.letGo();
    expect((await first.ended).code).toBe(0);
    expect((await waiting.ended).code).toBe(0);
  });
});
