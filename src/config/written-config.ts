import { stringify } from 'yaml';

/** How a host is logged into. */
interface DraftHost {
  readonly name: string;
  readonly host: string;
  readonly port: number | null;
  readonly user: string | null;
  readonly identityFile: string | null;
  /** Its host key's fingerprint; null where a known_hosts file has it, or it was not reached. */
  readonly hostKey: string | null;
  /** What is to be known of it by whoever reads the file. */
  readonly remark: string | null;
}

export interface DraftServer extends DraftHost {
  /** Where nodes reach its NVMe/TCP target; null = as for SSH. */
  readonly nvmeAddress: string | null;
}

export interface DraftNode extends DraftHost {
  readonly transport: 'ssh' | 'local';
  readonly hostNqn: string | null;
}

/** A configuration that is about to be written. */
export interface Draft {
  readonly servers: readonly DraftServer[];
  readonly nodes: readonly DraftNode[];
}

/** The file's text, with the keys that are left out as comments. Names and addresses are not checked. */
export function configText({ servers, nodes }: Draft): string {
  return `${HEAD}
# MikroTik ROSE Data Servers, by a name of your choice.
storageServers:${servers.length === 0 ? ' {}' : ''}
${servers.map(serverText).join('')}
# The Linux hosts that volumes are attached to, by name.
nodes:${nodes.length === 0 ? ' {}' : ''}
${nodes.map(nodeText).join('')}
${REST_OF_CONFIG}`;
}

export const HEAD = `# Configuration of rdsctl. Every key that is commented out shows its default.
# Durations are written 500ms, 30s, 5m or 1h. Relative paths start at this file's directory, ~ is your home.
# After a change:  rdsctl config check
apiVersion: rdsctl/v1
`;

/** What both a starter file and a written one end with. */
export const REST_OF_CONFIG = `# How nodes treat a connection that breaks. -1 as ctrlLossTmo: never give up.
# nvme: { ctrlLossTmo: 600s, reconnectDelay: 10s, keepAliveTmo: 5s, fastIoFailTmo: 5s }

# How long nothing may be in flight before a fence counts as done.
# fence: { settle: 2s, drainTimeout: 60s, firewall: false }

# timeouts: { connect: 10s, command: 30s, device: 15s, lock: 30s, lease: 30s }

# Where the state is kept: /var/lib/rdsctl for root, else ~/.local/state/rdsctl. Several admin hosts share one that
# is kept in etcd: see docs/ETCD.md.
# state: { path: /var/lib/rdsctl }

# How many earlier states are kept beside it.
# backups: 10
`;

function serverText(server: DraftServer): string {
  return `${nameLine(server)}${line('host', server.host, 'management address, for SSH')}${loginLines(server, {
    user: 'rdsctl',
  })}    nvme:
${line('address', server.nvmeAddress ?? server.host, 'where nodes reach its NVMe/TCP target', 6)}      # port: 4420
    # volumes: ["*"]                # slots (globs) that rdsctl may touch
    # sharedExport: never           # never, or any: allows attach --shared
`;
}

function nodeText(node: DraftNode): string {
  const reached =
    node.transport === 'local'
      ? line('transport', 'local', 'this very host')
      : `${line('host', node.host)}${loginLines(node, { user: null })}    # sudo: false                   # true when the user needs sudo -n
`;
  const nqn =
    node.hostNqn === null
      ? '    # hostNqn: nqn.2014-08.org.nvmexpress:uuid:…   # else read from the node and remembered\n'
      : line('hostNqn', node.hostNqn);
  return `${nameLine(node)}${reached}${nqn}    # addresses: []                 # storage-side addresses, for the firewall fence
`;
}

function nameLine({ name, remark }: DraftHost): string {
  const said = remark === null ? '' : `    # ${remark.replaceAll(/\s+/g, ' ')}\n`;
  return `  ${scalar(name)}:\n${said}`;
}

function loginLines(host: DraftHost, fallback: { readonly user: string | null }): string {
  const user = host.user ?? fallback.user;
  return [
    host.port === null ? '    # port: 22\n' : line('port', host.port),
    user === null ? '    # user: root\n' : line('user', user),
    host.identityFile === null
      ? '    # identityFile: ~/.ssh/rdsctl   # else the SSH agent, else ~/.ssh/config\n'
      : line('identityFile', host.identityFile),
    host.hostKey === null
      ? '    # hostKey: SHA256:…             # else ~/.ssh/known_hosts\n'
      : line('hostKey', host.hostKey),
  ].join('');
}

/** The column that remarks begin in. */
const REMARK_COLUMN = 36;

function line(key: string, value: string | number, remark?: string, indent = 4): string {
  const text = `${' '.repeat(indent)}${key}: ${scalar(value)}`;
  return remark === undefined ? `${text}\n` : `${text.padEnd(REMARK_COLUMN - 1)} # ${remark}\n`;
}

/** One value as YAML, quoted where it has to be. */
function scalar(value: string | number): string {
  return stringify(value, { lineWidth: 0 }).trimEnd();
}
