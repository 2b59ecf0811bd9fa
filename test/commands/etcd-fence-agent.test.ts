import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { runAgent } from '../../src/cli/fence-agent/agent.ts';
import { EtcdServer } from '../state/etcd/etcd-server.ts';
import { openEtcdScene } from './etcd-scene.ts';
import { outcomeOf, type Outcome } from './outcome.ts';
import type { Scene } from './scene.ts';
import { testIo } from './test-io.ts';

/** The fence agent of a cluster whose members share their state in etcd. */

let server: EtcdServer;
beforeAll(async () => {
  server = await EtcdServer.start();
});
afterAll(() => server.dispose());

function asked(scene: Scene, parameters: string): Promise<Outcome> {
  const io = { stdin: parameters };
  return testIo(scene.dir, scene.simulation.configPath, io, (cli) => runAgent([], cli), outcomeOf).ended;
}

describe('the fence agent', () => {
  test('off cuts the node off for every host; status tells of it; on lets it in again', async () => {
    const scene = await openEtcdScene(server);
    await scene.done('attach', 'vol-1', 'node-1');
    expect(await asked(scene, 'action=status\nplug=node-1\n')).toMatchObject({
      code: 0,
      stdout: 'Status: ON\n',
    });
    expect(await asked(scene, 'action=off\nplug=node-1\n')).toMatchObject({ code: 0, stdout: '' });
    expect(scene.sessions('vol-1')).toEqual([]);
    expect((await scene.state()).nodes['node-1']?.fenced).not.toBeNull();
    expect((await asked(scene, 'action=status\nplug=node-1\n')).code).toBe(2);
    expect((await asked(scene, 'action=on\nplug=node-1\n')).code).toBe(0);
    expect((await scene.run('attach', 'vol-1', 'node-1')).code).toBe(0);
  });

  test('without etcd nothing is off: off fails, and status is neither on nor off', async () => {
    const own = await EtcdServer.start();
    try {
      const scene = await openEtcdScene(own);
      await scene.done('attach', 'vol-1', 'node-1');
      await own.kill();
      for (const action of ['off', 'status']) {
        const { code, stdout, stderr } = await asked(scene, `action=${action}\nplug=node-1\n`);
        expect([action, code, stdout]).toEqual([action, 1, '']);
        expect(stderr).toContain(scene.url);
      }
      expect(scene.sessions('vol-1')).toEqual([scene.hostNqn('node-1')]);
    } finally {
      await own.dispose();
    }
  });
});
