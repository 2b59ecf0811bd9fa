import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { stringify } from 'yaml';

/** How a simulated server or node is reached. */
export interface Reachable {
  readonly name: string;
  readonly port: number;
  readonly identityFile: string;
  /** `ssh-rsa AAAA…` */
  readonly hostKey: string;
  /** On the storage network. */
  readonly address: string;
}

/**
 * Writes DIR/config.yaml, the configuration with which rdsctl works on the simulation, DIR/known_hosts, and
 * DIR/ssh_config for people: `ssh -F DIR/ssh_config node-1`.
 */
export function writeConfiguration(
  directory: string,
  servers: readonly Reachable[],
  nodes: readonly Reachable[],
): string {
  const knownHosts = join(directory, 'known_hosts');
  const lines = [...servers, ...nodes].map((each) => `[127.0.0.1]:${each.port} ${each.hostKey}\n`);
  writeFileSync(knownHosts, lines.join(''));
  const hosts = (all: readonly Reachable[], user: string): string[] =>
    all.map((each) =>
      [
        `Host ${each.name}`,
        '  HostName 127.0.0.1',
        `  Port ${each.port}`,
        `  User ${user}`,
        `  IdentityFile "${each.identityFile}"`,
        '  IdentitiesOnly yes',
        `  UserKnownHostsFile "${knownHosts}"`,
        '',
      ].join('\n'),
    );
  const sshConfig = [...hosts(servers, 'rdsctl'), ...hosts(nodes, 'root')].join('\n');
  writeFileSync(join(directory, 'ssh_config'), sshConfig);
  const login = (each: Reachable, user: string) => ({
    host: '127.0.0.1',
    port: each.port,
    user,
    identityFile: each.identityFile,
    knownHosts,
  });
  const text = stringify({
    apiVersion: 'rdsctl/v1',
    storageServers: Object.fromEntries(
      servers.map((each) => [
        each.name,
        { ...login(each, 'rdsctl'), nvme: { address: each.address, port: 4420 } },
      ]),
    ),
    nodes: Object.fromEntries(
      nodes.map((each) => [
        each.name,
        { transport: 'ssh', ...login(each, 'root'), addresses: [each.address] },
      ]),
    ),
    state: { path: join(directory, 'state') },
  });
  const fence =
    '# How long nothing may be in flight after a cut: short, so that rehearsals are quick. 2s is the default.\n' +
    'fence:\n  settle: 200ms\n';
  const path = join(directory, 'config.yaml');
  writeFileSync(path, `# Written by rdsctl simulate, anew at each start.\n${text}${fence}`);
  return path;
}
