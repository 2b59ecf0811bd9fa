import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { createServer, type AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** How one member listens to clients with TLS. Paths of PEM files. */
export interface ServerTls {
  readonly cert: string;
  readonly key: string;
  /** With it clients need a certificate of this CA. */
  readonly clientCa?: string;
}

/** A real etcd of one member on loopback, with its data in a directory of its own. */
export class EtcdServer {
  readonly endpoint: string;
  readonly #args: readonly string[];
  readonly #directory: string;
  #process: ChildProcess | null = null;

  private constructor(endpoint: string, directory: string, args: readonly string[]) {
    this.endpoint = endpoint;
    this.#directory = directory;
    this.#args = args;
  }

  static async start(tls?: ServerTls, more: readonly string[] = []): Promise<EtcdServer> {
    const directory = mkdtempSync(join(tmpdir(), 'rdsctl-etcd-'));
    const [client, peer] = [await freePort(), await freePort()];
    const endpoint = `${tls === undefined ? 'http' : 'https'}://127.0.0.1:${client}`;
    const server = new EtcdServer(endpoint, directory, [
      ...['--name', 'one', '--data-dir', directory, '--logger', 'zap'],
      // Quick to elect itself, and leases may be as short as a second.
      ...['--heartbeat-interval', '50', '--election-timeout', '500'],
      ...['--listen-client-urls', endpoint, '--advertise-client-urls', endpoint],
      ...['--listen-peer-urls', `http://127.0.0.1:${peer}`],
      ...['--initial-advertise-peer-urls', `http://127.0.0.1:${peer}`],
      ...['--initial-cluster', `one=http://127.0.0.1:${peer}`],
      ...(tls === undefined ? [] : ['--cert-file', tls.cert, '--key-file', tls.key]),
      ...(tls?.clientCa === undefined ? [] : ['--client-cert-auth', '--trusted-ca-file', tls.clientCa]),
      ...more,
    ]);
    await server.run();
    return server;
  }

  /** Starts it, or starts it again with the data that it has. */
  async run(): Promise<void> {
    const child = spawn('etcd', this.#args, { stdio: ['ignore', 'ignore', 'pipe'] });
    this.#process = child;
    // Nothing is left behind when the tests are ended from outside.
    const endWithUs = (): void => void child.kill('SIGKILL');
    process.once('exit', endWithUs);
    child.once('exit', () => process.removeListener('exit', endWithUs));
    let log = '';
    await new Promise<void>((resolve, reject) => {
      child.stderr.setEncoding('utf8').on('data', (text: string) => {
        log += text;
        if (log.includes('serving client traffic')) resolve();
      });
      child.once('error', reject);
      child.once('exit', (code) => reject(new Error(`etcd ended with ${code}: ${log.slice(-2_000)}`)));
    });
    child.stderr.removeAllListeners('data').resume();
  }

  signal(name: NodeJS.Signals): void {
    this.#process?.kill(name);
  }

  /** Ends it as a power loss does. Its data stays. */
  async kill(): Promise<void> {
    const child = this.#process;
    this.#process = null;
    if (child === null || child.exitCode !== null || child.signalCode !== null) return;
    const ended = once(child, 'exit');
    child.kill('SIGKILL');
    await ended;
  }

  async dispose(): Promise<void> {
    await this.kill();
    rmSync(this.#directory, { recursive: true, force: true });
  }
}

/** A port on loopback that nothing listens on. */
export async function freePort(): Promise<number> {
  const server = createServer();
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  server.close();
  await once(server, 'close');
  return port;
}
