import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import type { Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { Client } from 'ssh2';
import { expect, onTestFinished, test } from 'vitest';
import { parse } from 'yaml';

const PROGRAM = fileURLToPath(new URL('../../bin/rdsctl', import.meta.url));

/** What ssh2 keeps to itself of a client. */
interface Innards {
  readonly _protocol: { session(channel: number, window: number, packet: number): void };
  readonly _sock: Socket;
}

/** As built, minified: a library may tell classes apart by their names. */
test('the built simulator outlives a connection that breaks between opening a session and its command', async () => {
  const dir = mkdtempSync(join(tmpdir(), 'rdsctl-built-'));
  const simulator = spawn(
    process.execPath,
    [PROGRAM, 'simulate', '--dir', dir, '--nodes', '1', '--volumes', '1'],
    {
      stdio: ['ignore', 'pipe', 'inherit'],
    },
  );
  const gone = once(simulator, 'exit');
  onTestFinished(async () => {
    simulator.kill('SIGTERM');
    await gone;
    rmSync(dir, { recursive: true, force: true });
  });
  await once(simulator.stdout, 'data');
  const config = join(dir, 'config.yaml');
  const { nodes } = parse(readFileSync(config, 'utf8')) as {
    nodes: Record<string, { port: number; identityFile: string }>;
  };
  const { port = 0, identityFile = '' } = nodes['node-1'] ?? {};
  const client = new Client();
  client.on('error', () => undefined);
  client.connect({ host: '127.0.0.1', port, username: 'root', privateKey: readFileSync(identityFile) });
  await once(client, 'ready');
  const innards = client as unknown as Innards;
  innards._protocol.session(77, 1 << 20, 1 << 15);
  // Answered in order: when this has ended, the session before it is open.
  await new Promise<void>((resolve, reject) => {
    client.exec('true', (error, channel) => {
      if (error !== undefined) reject(error);
      else channel.on('close', () => resolve()).resume();
    });
  });
  innards._sock.destroy();
  await once(client, 'close');
  const attached = spawnSync(process.execPath, [PROGRAM, 'attach', 'vol-1', 'node-1', '-o', 'name'], {
    env: { PATH: process.env['PATH'], HOME: dir, RDSCTL_CONFIG: config },
    encoding: 'utf8',
  });
  expect(attached).toMatchObject({ status: 0, stdout: '/dev/nvme0n1\n' });
});
