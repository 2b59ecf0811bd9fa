import { spawn } from 'node:child_process';
import { generateKeyPairSync } from 'node:crypto';
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import ssh2 from 'ssh2';
import { onTestFinished } from 'vitest';
import {
  startSimulation,
  type Simulation,
  type SimulationOptions,
} from '../../../src/simulator/simulation.ts';
import { temporaryDirectory } from '../world.ts';

const hostKey = generateKeyPairSync('rsa', {
  modulusLength: 2048,
  publicKeyEncoding: { type: 'spki', format: 'pem' },
  privateKeyEncoding: { type: 'pkcs1', format: 'pem' },
}).privateKey;

/** RSA keys take long to make: one does for all tests. */
function lendHostKey(dir: string): void {
  const path = join(dir, 'keys/host-rds1');
  if (existsSync(path)) return;
  mkdirSync(join(dir, 'keys'), { recursive: true, mode: 0o700 });
  writeFileSync(path, hostKey, { mode: 0o600 });
}

/** A running simulation that ends with the test. */
export async function simulate(options: Partial<SimulationOptions> = {}): Promise<Simulation> {
  const dir = options.dir ?? temporaryDirectory();
  lendHostKey(dir);
  const simulation = await startSimulation({ nodes: 2, volumes: 2, ...options, dir });
  onTestFinished(() => simulation.close());
  return simulation;
}

export interface Ran {
  readonly code: number | null;
  readonly out: string;
  readonly err: string;
}

/** Runs a command with OpenSSH's client, its input given. */
export function openssh(
  simulation: Simulation,
  host: string,
  command: string[],
  options: { user?: string; key?: string; input?: string; flags?: string[] } = {},
): Promise<Ran> {
  const isNode = simulation.nodes.has(host);
  const port = isNode ? simulation.node(host).server.ssh.port : simulation.rds.ssh.port;
  const user = options.user ?? (isNode ? 'root' : 'rdsctl');
  const key = options.key ?? join(simulation.dir, 'keys', isNode ? 'root' : 'rdsctl');
  const args = [
    ...['-F', 'none', '-i', key, '-p', String(port), '-o', 'BatchMode=yes', '-o', 'IdentitiesOnly=yes'],
    ...['-o', `UserKnownHostsFile=${join(simulation.dir, 'known_hosts')}`, '-o', 'StrictHostKeyChecking=yes'],
    ...(options.flags ?? []),
    `${user}@127.0.0.1`,
    ...command,
  ];
  return new Promise((resolve) => {
    const child = spawn('ssh', args);
    let out = '';
    let err = '';
    child.stdout.on('data', (chunk: Buffer) => (out += chunk.toString('latin1')));
    child.stderr.on('data', (chunk: Buffer) => (err += chunk.toString('latin1')));
    child.stdin.end(options.input ?? '');
    child.once('close', (code) => resolve({ code, out, err }));
  });
}

/** Logs in with ssh2. */
export function login(
  simulation: Simulation,
  host = 'rds1',
  more: Partial<ssh2.ConnectConfig> = {},
): Promise<ssh2.Client> {
  const isNode = simulation.nodes.has(host);
  const client = new ssh2.Client();
  onTestFinished(() => void client.end());
  return new Promise((resolve, reject) => {
    client.once('ready', () => resolve(client)).once('error', reject);
    client.on('error', () => undefined);
    client.connect({
      host: '127.0.0.1',
      port: isNode ? simulation.node(host).server.ssh.port : simulation.rds.ssh.port,
      username: isNode ? 'root' : 'rdsctl',
      privateKey: readFileSync(join(simulation.dir, 'keys', isNode ? 'root' : 'rdsctl')),
      ...more,
    });
  });
}

/** One exec on an ssh2 connection. */
export function exec(client: ssh2.Client, command: string, input = ''): Promise<Ran> {
  return new Promise((resolve, reject) => {
    client.exec(command, (error, channel) => {
      if (error !== undefined) {
        reject(error);
        return;
      }
      let out = '';
      let err = '';
      let code: number | null = null;
      channel.on('data', (chunk: Buffer) => (out += chunk.toString('latin1')));
      channel.stderr.on('data', (chunk: Buffer) => (err += chunk.toString('latin1')));
      channel.on('exit', (status: number | null) => (code = status));
      channel.once('close', () => resolve({ code, out, err }));
      channel.end(input);
    });
  });
}
