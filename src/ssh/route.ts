import { join } from 'node:path';
import { RdsctlError } from '../errors/rdsctl-error.ts';
import type { SshTarget } from './connection.ts';
import type { SshEnvironment } from './environment.ts';
import type { Hop, IdentitySources } from './hop.ts';
import type { HostKeyTrust } from './host-keys.ts';
import { parseJump } from './jump.ts';
import { readSshConfig, type SshConfigSettings } from './ssh-config.ts';
import { expandPath, expandTokens, type TokenValues } from './ssh-tokens.ts';

/** How many jump hosts a way may have before it counts as a loop. */
const MAX_JUMPS = 8;

/** The default key files, as of OpenSSH 9 less those for security keys, which need an agent. */
const DEFAULT_KEYS = ['id_ed25519', 'id_rsa', 'id_ecdsa'];

const DEFAULT_PORT = 22;

/**
 * The servers to pass on the way to a target, the target last: rdsctl's configuration, completed by the
 * user's `~/.ssh/config`. What rdsctl's configuration says explicitly wins.
 *
 * @throws RdsctlError BAD_CONFIG when ~/.ssh/config can't be used, CONNECT_FAILED when it wants a ProxyCommand
 */
export async function planRoute(target: SshTarget, environment: SshEnvironment): Promise<Hop[]> {
  return wayTo(target, null, 0);

  /** `jumps` overrides the host's own ProxyJump: of several jump hosts only the first one's own counts. */
  async function wayTo(to: SshTarget, jumps: readonly string[] | null, depth: number): Promise<Hop[]> {
    if (depth > MAX_JUMPS) {
      throw new RdsctlError('CONNECT_FAILED', {
        message: `the way to ${target.name} (${target.host}) has more than ${MAX_JUMPS} jump hosts: ProxyJump in ~/.ssh/config goes round in circles`,
        details: { host: target.host },
      });
    }
    const settings = await readSshConfig(join(environment.home, '.ssh', 'config'), environment.home, {
      host: to.host,
      user: to.user,
      localUser: environment.localUser,
    });
    const via = jumps ?? jumpsOf(to, settings);
    const last = via.at(-1);
    const before =
      last === undefined
        ? []
        : await wayTo(jumpTarget(last, target), via.length > 1 ? via.slice(0, -1) : null, depth + 1);
    return [...before, makeHop(to, settings, environment, before.length === 0)];
  }
}

/** Of ProxyJump and ProxyCommand the one that stands first counts; `first` keeps the order. */
function jumpsOf(to: SshTarget, settings: SshConfigSettings): string[] {
  for (const [keyword, words] of settings.first) {
    const value = words.join(' ');
    if (keyword === 'proxyjump') return value.toLowerCase() === 'none' ? [] : value.split(/[ \t]*,[ \t]*/);
    if (keyword !== 'proxycommand') continue;
    if (value.toLowerCase() === 'none') return [];
    throw new RdsctlError('CONNECT_FAILED', {
      message: `${to.name} (${to.host}) can't be reached: ProxyCommand in ~/.ssh/config isn't supported`,
      hints: [
        {
          when: 'If the proxy is an SSH server, name it in ~/.ssh/config with',
          run: 'ProxyJump USER@HOST:PORT',
        },
      ],
      details: { host: to.host },
    });
  }
  return [];
}

/** A jump host as a target of its own: known by known_hosts, logged into by ssh_config, agent or default keys. */
function jumpTarget(jump: string, target: SshTarget): SshTarget {
  const { host, port, user } = parseJump(jump);
  return {
    name: `jump host ${host} of ${target.name}`,
    host,
    port,
    user,
    identityFile: null,
    hostKey: null,
    knownHosts: null,
    verifyHostKey: true,
    connectTimeoutMs: target.connectTimeoutMs,
  };
}

function makeHop(
  to: SshTarget,
  settings: SshConfigSettings,
  environment: SshEnvironment,
  direct: boolean,
): Hop {
  const one = (keyword: string): string | null => settings.first.get(keyword)?.join(' ') ?? null;
  const port = to.port ?? readPort(one('port'), to);
  const user = to.user ?? one('user') ?? environment.localUser;
  const { home, localUser, variables } = environment;
  const asked: TokenValues = { home, host: to.host, originalHost: to.host, port, user, localUser, variables };
  const host = expandTokens(one('hostname') ?? to.host.replaceAll('%', '%%'), asked);
  const tokens = { ...asked, host };
  return {
    name: to.name,
    host,
    port,
    user,
    trust: trustOf(to, settings, environment, tokens),
    identities: identitiesOf(to, settings, environment, tokens),
    connectTimeoutMs: to.connectTimeoutMs,
    direct,
    notes: settings.notes,
  };
}

function readPort(value: string | null, to: SshTarget): number {
  if (value === null) return DEFAULT_PORT;
  const port = Number(value);
  if (Number.isInteger(port) && port >= 1 && port <= 65535) return port;
  throw new RdsctlError('BAD_CONFIG', {
    message: `~/.ssh/config has Port ${JSON.stringify(value)} for ${to.host}: not a port`,
  });
}

function trustOf(
  to: SshTarget,
  settings: SshConfigSettings,
  environment: SshEnvironment,
  tokens: TokenValues,
): HostKeyTrust {
  const alias = settings.first.get('hostkeyalias')?.[0] ?? null;
  return {
    verify: to.verifyHostKey,
    fingerprint: to.hostKey,
    files: to.knownHosts === null ? knownHostsFiles() : [to.knownHosts],
    fileIsConfigured: to.knownHosts !== null,
    lookupName: alias ?? tokens.host,
    lookupPort: alias === null ? tokens.port : null,
  };

  function knownHostsFiles(): string[] {
    const user = settings.first.get('userknownhostsfile') ?? ['~/.ssh/known_hosts', '~/.ssh/known_hosts2'];
    const system = settings.first.get('globalknownhostsfile') ?? environment.systemKnownHosts;
    return [...user, ...system]
      .filter((file) => file.toLowerCase() !== 'none')
      .map((file) => expandPath(file, tokens));
  }
}

function identitiesOf(
  to: SshTarget,
  settings: SshConfigSettings,
  environment: SshEnvironment,
  tokens: TokenValues,
): IdentitySources {
  const named = settings.identityFiles;
  const files = named.length === 0 ? DEFAULT_KEYS.map((name) => `~/.ssh/${name}`) : named;
  return {
    configuredFile: to.identityFile,
    agentSocket: agentSocket(settings.first.get('identityagent')?.[0]),
    files: files.filter((file) => file.toLowerCase() !== 'none').map((file) => expandPath(file, tokens)),
    onlyThese: settings.first.get('identitiesonly')?.[0]?.toLowerCase() === 'yes',
  };

  /** IdentityAgent: `none`, `SSH_AUTH_SOCK`, `$NAME` or a path. */
  function agentSocket(value: string | undefined): string | null {
    if (value === undefined || value === 'SSH_AUTH_SOCK') return environment.agentSocket;
    if (value.toLowerCase() === 'none') return null;
    const variable = /^\$([A-Za-z_][A-Za-z0-9_]*)$/.exec(value)?.[1];
    return variable === undefined ? expandPath(value, tokens) : environment.variables[variable] || null;
  }
}
