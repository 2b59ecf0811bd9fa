import { describe, expect, test } from 'vitest';
import { exec, login, openssh, simulate } from './clients.ts';

describe('a node’s SSH server', () => {
  test('runs the very command in a real sh: exit status, stdout, stderr', async () => {
    const simulation = await simulate();
    expect(await openssh(simulation, 'node-1', ['echo out; echo err >&2; exit 7'])).toEqual({
      code: 7,
      out: 'out\n',
      err: 'err\n',
    });
    const client = await login(simulation, 'node-1');
    expect(await exec(client, 'echo $0 $RDSCTL_ROOT; false')).toMatchObject({
      code: 1,
      out: expect.stringMatching(/^\/bin\/sh .*\/nodes\/node-1\n$/) as string,
    });
  });

  test('a script on standard input, with arguments', async () => {
    const simulation = await simulate();
    expect(
      await openssh(simulation, 'node-1', ["/bin/sh -s -- 'a b'"], {
        input: 'echo "$1"\nexit 3\n',
      }),
    ).toEqual({ code: 3, out: 'a b\n', err: '' });
  });

  test('killed by a signal', async () => {
    const client = await login(await simulate(), 'node-1');
    expect((await exec(client, 'kill -TERM $$')).code).toBe(null);
  });

  test('several sessions on one connection at once', async () => {
    const client = await login(await simulate(), 'node-1');
    const [slow, quick] = [exec(client, 'sleep 0.3; echo slow'), exec(client, 'echo quick')];
    expect((await Promise.race([slow, quick])).out).toBe('quick\n');
    expect((await slow).out).toBe('slow\n');
  });

  test('a command goes on when its connection is lost', async () => {
    const simulation = await simulate();
    const client = await login(simulation, 'node-1');
    void exec(client, 'sleep 0.2; modprobe nvme-tcp').catch(() => undefined);
    await new Promise((resolve) => setTimeout(resolve, 100));
    client.destroy();
    const { kernel } = simulation.node('node-1');
    for (let i = 0; i < 200 && !kernel.modules.tcp; i += 1) {
      await new Promise((resolve) => setTimeout(resolve, 20));
    }
    expect(kernel.modules.tcp).toBe(true);
  });

  test('a login shell reads what comes in', async () => {
    const simulation = await simulate();
    expect((await openssh(simulation, 'node-1', [], { input: 'echo hi\n', flags: ['-T'] })).out).toBe('hi\n');
  });

  test('only root’s key', async () => {
    const simulation = await simulate();
    const key = `${simulation.dir}/keys/rdsctl`;
    expect((await openssh(simulation, 'node-1', ['true'], { key })).code).toBe(255);
    expect((await openssh(simulation, 'node-1', ['true'], { user: 'nobody' })).code).toBe(255);
  });
});
