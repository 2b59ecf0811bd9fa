import { homedir, userInfo } from 'node:os';

/** What OpenSSH's `ssh` would take from this host and its user. Tests put their own in its place. */
export interface SshEnvironment {
  /** The home directory, absolute. */
  readonly home: string;
  /** The local user's name: the login name when nothing else is configured, and `%u` in ssh_config. */
  readonly localUser: string;
  /** `$SSH_AUTH_SOCK`; null when no agent runs. */
  readonly agentSocket: string | null;
  /** Environment variables, for `${NAME}` in ssh_config. */
  readonly variables: Readonly<Record<string, string | undefined>>;
  /** The known_hosts files of the whole system (ssh_config(5), GlobalKnownHostsFile). */
  readonly systemKnownHosts: readonly string[];
}

/** The environment of this process. */
export function processEnvironment(): SshEnvironment {
  return {
    home: homedir(),
    localUser: localUserName(),
    agentSocket: process.env['SSH_AUTH_SOCK'] || null,
    variables: process.env,
    systemKnownHosts: ['/etc/ssh/ssh_known_hosts', '/etc/ssh/ssh_known_hosts2'],
  };
}

/** A user without an entry in the password database (a container) has no name there. */
function localUserName(): string {
  try {
    return userInfo().username;
  } catch {
    return process.env['USER'] ?? process.env['LOGNAME'] ?? String(process.getuid?.() ?? '');
  }
}
