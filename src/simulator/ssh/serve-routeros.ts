import type { ParsedKey } from 'ssh2';
import type { ExecFaults } from '../faults.ts';
import { ALL_POLICIES, type Policy, type RouterOsDevice } from '../routeros/device/device.ts';
import { SshServer, type SshExec } from './ssh-server.ts';

/** Somebody who may log in to the device. */
export interface RouterOsUser {
  /** Public keys as in authorized_keys. */
  readonly keys: readonly string[];
  readonly policies?: readonly Policy[];
}

export interface RouterOsServerOptions {
  readonly port?: number;
  /** RSA-2048 by default on a device, ed25519 can be chosen (seen). */
  readonly hostKey: string;
  readonly users: ReadonlyMap<string, RouterOsUser>;
  readonly maxSessions?: number;
  readonly faults?: ExecFaults;
}

/** ECDSA keys and RSA below 2048 bits are refused; ed25519 is taken since 7.12 (seen). */
function takesKey(key: ParsedKey): boolean {
  if (key.type === 'ssh-ed25519') return true;
  // An RSA public key of 2048 bits is 279 bytes with its lengths, exponent and name.
  return key.type === 'ssh-rsa' && key.getPublicSSH().length >= 279;
}

/** The SSH front of a RouterOS device, as far as exec channels go. */
export function serveRouterOs(device: RouterOsDevice, options: RouterOsServerOptions): SshServer {
  const { faults } = options;
  const run = async ({ user, command, channel }: SshExec): Promise<void> => {
    // One line per exec (manual): what follows the first line is not looked at.
    const [line = ''] = (command ?? '').split(/\r?\n/);
    const policies = options.users.get(user)?.policies ?? ALL_POLICIES;
    let output: string;
    try {
      output = await device.exec(Buffer.from(line, 'utf8').toString('latin1'), policies);
    } catch (error) {
      output = 'std failure: internal error\r\n';
      process.stderr.write(`simulate: ${error instanceof Error ? (error.stack ?? '') : String(error)}\n`);
    }
    if (!channel.writable) return;
    channel.write(Buffer.from(output, 'latin1'));
    // The exit status is 0 whatever happened (seen on 7.23).
    channel.exit(0);
    channel.end();
  };
  return new SshServer({
    ...(options.port === undefined ? {} : { port: options.port }),
    hostKeys: [options.hostKey],
    ident: 'ROSSSH',
    users: new Map(
      [...options.users]
        .filter(([, { policies }]) => (policies ?? ALL_POLICIES).includes('ssh'))
        .map(([name, { keys }]) => [name, keys]),
    ),
    // `admin+ct511w`: what follows the plus are options of the console (seen).
    accountOf: (name) => name.split('+')[0] ?? name,
    takesKey,
    answersGlobalRequests: false,
    maxSessions: options.maxSessions ?? 20,
    oneSessionPerConnection: true,
    ...(faults === undefined ? {} : { welcome: () => faults.onConnect() }),
    onExec: (exec) => {
      exec.channel.resume();
      void (faults === undefined ? run(exec) : faults.onExec(exec, '', () => run(exec)));
    },
  });
}
