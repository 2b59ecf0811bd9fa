import type { SimulatedNode } from '../node/simulated-node.ts';
import type { ExecFaults } from '../faults.ts';
import { ShellRunner } from './shell-exec.ts';
import { SshServer } from './ssh-server.ts';

export interface NodeServerOptions {
  readonly port?: number;
  readonly hostKey: string;
  readonly users: ReadonlyMap<string, readonly string[]>;
  readonly faults: ExecFaults;
}

/** The SSH server of a node: runs the very command in a real sh. */
export interface NodeServer {
  readonly ssh: SshServer;
  /** Ends what runs on the node. */
  killAll(): void;
}

export function serveNode(node: SimulatedNode, options: NodeServerOptions): NodeServer {
  const runner = new ShellRunner(node.directory, node.environment);
  const { faults } = options;
  const ssh = new SshServer({
    ...(options.port === undefined ? {} : { port: options.port }),
    hostKeys: [options.hostKey],
    ident: 'OpenSSH_9.2p1 Debian-2+deb12u7',
    users: options.users,
    welcome: () => faults.onConnect(),
    onExec: (exec) => {
      void (async () => {
        const wholeInput = await faults.wantsInput(exec.command);
        const input = wholeInput ? await readAll(exec.channel) : undefined;
        await faults.onExec(exec, input?.toString('latin1') ?? '', () =>
          runner.run(exec.channel, exec.command, input),
        );
      })();
    },
  });
  return { ssh, killAll: () => runner.killAll() };
}

function readAll(stream: NodeJS.ReadableStream): Promise<Buffer> {
  return new Promise((resolve) => {
    const chunks: Buffer[] = [];
    const done = (): void => resolve(Buffer.concat(chunks));
    stream.on('data', (chunk: Buffer) => chunks.push(chunk));
    stream.once('end', done);
    stream.once('close', done);
  });
}
