import { batchingNode } from '../../batching/batching-node.ts';
import { batchingServer } from '../../batching/batching-server.ts';
import type { Config } from '../../config/config.ts';
import { RdsctlError } from '../../errors/rdsctl-error.ts';
import { linuxNode, type LinuxNodeOptions } from '../../node/linux-node.ts';
import { localRunner } from '../../node/local-runner.ts';
import { plannedNode } from '../../node/planned-node.ts';
import { sshRunner } from '../../node/ssh-runner.ts';
import type { NodePort } from '../../operations/ports/node.ts';
import type { StorageServer } from '../../operations/ports/storage-server.ts';
import type { MayTouch } from '../../operations/resolve.ts';
import type { Probes } from '../io/probes.ts';
import { connect } from '../../ssh/connect.ts';
import type { Connection, SshTarget } from '../../ssh/connection.ts';
import { lazyConnection } from '../../ssh/lazy-connection.ts';
import { plannedServer } from '../../storage-server/planned-server.ts';
import { routerOsServer } from '../../storage-server/routeros-server.ts';

export interface AdapterOptions {
  readonly dryRun: boolean;
  readonly nonce: () => string;
  readonly onCommand: (command: string, changes: boolean) => void;
  /** For tests; see Probes. */
  readonly probe: Probes['remote'];
}

/** The adapter of a configured storage server. @throws RdsctlError NO_SUCH_STORAGE_SERVER */
export function makeServer(
  config: Config,
  name: string,
  { dryRun, nonce, onCommand, mayTouch, probe }: AdapterOptions & { readonly mayTouch: MayTouch },
): StorageServer {
  const found = config.storageServers[name];
  if (found === undefined) {
    throw new RdsctlError('NO_SUCH_STORAGE_SERVER', {
      message: `the configuration names no storage server ${name}`,
      hints: [{ when: 'See the configuration:', run: 'rdsctl config show' }],
      details: { rds: name },
    });
  }
  const server = routerOsServer({
    name,
    nvmeAddress: found.nvme.address,
    user: found.user,
    connection: onDemand({ ...found, name, connectTimeoutMs: config.timeouts.connect }, probe),
    commandTimeoutMs: config.timeouts.command,
    mayTouch: (slot) => mayTouch(name, slot),
    onCommand,
    nonce,
  });
  return dryRun ? plannedServer(server, { nonce, onCommand }) : batchingServer(server);
}

/** The adapter of a configured node. @throws RdsctlError NO_SUCH_NODE */
export function makeNode(
  config: Config,
  name: string,
  { dryRun, nonce, onCommand, probe }: AdapterOptions,
): NodePort {
  const found = config.nodes[name];
  if (found === undefined) {
    throw new RdsctlError('NO_SUCH_NODE', {
      message: `the configuration names no node ${name}`,
      hints: [{ when: 'See the nodes it names:', run: 'rdsctl nodes' }],
      details: { node: name },
    });
  }
  const { transport, host, sudo } = found;
  const runner =
    transport === 'local' || host === null
      ? localRunner(name, sudo)
      : sshRunner(onDemand({ ...found, host, name, connectTimeoutMs: config.timeouts.connect }, probe), sudo);
  const options: LinuxNodeOptions = {
    name,
    runner,
    times: { ...config.nvme, command: config.timeouts.command, device: config.timeouts.device },
    onCommand,
    nonce,
  };
  return dryRun ? plannedNode(options) : batchingNode(linuxNode(options));
}

/** A connection that is begun by `open`, or by the first exec; one that was closed is begun anew. */
function onDemand(target: SshTarget, probe: Probes['remote']): Connection & { open(): void } {
  let connection: Connection | null = null;
  const begun = (): Connection => (connection ??= lazyConnection(target, connect));
  return {
    peer: `${target.user === null ? '' : `${target.user}@`}${target.host}`,
    open: () => void begun(),
    async exec(command, options) {
      if (probe === undefined) return begun().exec(command, options);
      await probe('before', target.name, command);
      const result = await begun().exec(command, options);
      await probe('after', target.name, command);
      return result;
    },
    async close() {
      const open = connection;
      connection = null;
      await open?.close();
    },
  };
}
