import type { ParsedKey, ServerChannel } from 'ssh2';
import type { ExecFaults } from '../faults.ts';
import { RouterOsConsole } from '../routeros/console/console.ts';
import { readLoginName } from '../routeros/console/login-options.ts';
import type { RouterOsDevice } from '../routeros/device/device.ts';
import { ALL_POLICIES, type Policy } from '../routeros/device/session.ts';
import { ChannelWriter } from './channel-writer.ts';
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

/** The SSH front of a RouterOS device: exec channels, and a console for those who ask for a shell. */
export function serveRouterOs(device: RouterOsDevice, options: RouterOsServerOptions): SshServer {
  const { faults } = options;
  const policiesOf = (user: string): readonly Policy[] => options.users.get(user)?.policies ?? ALL_POLICIES;
  const run = async (exec: SshExec): Promise<void> => {
    const writer = new ChannelWriter(exec.channel);
    try {
      if (exec.command === undefined) await serveConsole(device, exec, policiesOf(exec.user), writer);
      else await serveCommand(device, exec, exec.command, policiesOf(exec.user), writer);
    } catch (error) {
      void writer.write('std failure: internal error\r\n');
      process.stderr.write(`simulate: ${error instanceof Error ? (error.stack ?? '') : String(error)}\n`);
    }
    await writer.finish();
    leave(exec.channel);
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
    accountOf: (name) => readLoginName(name).account,
    takesKey,
    answersGlobalRequests: false,
    maxSessions: options.maxSessions ?? 20,
    oneSessionPerConnection: true,
    ...(faults === undefined ? {} : { welcome: () => faults.onConnect() }),
    onExec: (exec) => {
      exec.channel.on('error', () => undefined);
      if (exec.command !== undefined) exec.channel.resume();
      void (faults === undefined ? run(exec) : faults.onExec(exec, '', () => run(exec)));
    },
  });
}

/** One line per exec (manual): what follows the first line is not looked at. */
async function serveCommand(
  device: RouterOsDevice,
  exec: SshExec,
  command: string,
  policies: readonly Policy[],
  writer: ChannelWriter,
): Promise<void> {
  const [line = ''] = command.split(/\r?\n/);
  const { width } = readLoginName(exec.loginName);
  const rest = await device.exec(Buffer.from(line, 'utf8').toString('latin1'), policies, {
    ...(width === undefined ? {} : { width }),
    early: (text) => void writer.write(text),
  });
  void writer.write(rest);
}

async function serveConsole(
  device: RouterOsDevice,
  exec: SshExec,
  policies: readonly Policy[],
  writer: ChannelWriter,
): Promise<void> {
  const { channel, terminal, gone, loginName } = exec;
  const closed = new AbortController();
  channel.once('close', () => closed.abort());
  const session = new RouterOsConsole({
    device,
    policies,
    login: readLoginName(loginName),
    terminal,
    write: (bytes) => writer.write(bytes),
    gone: AbortSignal.any([gone, closed.signal]),
  });
  channel.on('data', (chunk: Buffer) => session.receive(chunk.toString('latin1')));
  channel.once('end', () => session.endInput());
  await session.run();
}

/** The exit status is 0 whatever happened (seen on 7.23). */
function leave(channel: ServerChannel): void {
  if (!channel.writable) return;
  channel.exit(0);
  channel.end();
}
