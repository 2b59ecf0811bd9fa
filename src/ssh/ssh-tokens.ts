import { RdsctlError } from '../errors/rdsctl-error.ts';

/** What the `%` tokens and variables of ssh_config(5) stand for. */
export interface TokenValues {
  /** `%d` and `~`. */
  readonly home: string;
  /** `%h`: where the connection goes. */
  readonly host: string;
  /** `%n`: the host as it was asked for. */
  readonly originalHost: string;
  readonly port: number;
  /** `%r` */
  readonly user: string;
  /** `%u` */
  readonly localUser: string;
  readonly variables: Readonly<Record<string, string | undefined>>;
}

/**
 * Expands `~`, `${NAME}` and the tokens %% %d %h %i %n %p %r %u of a path in ssh_config. A relative path is
 * one under the home directory's `.ssh`, where OpenSSH would take the working directory: rdsctl runs from cron.
 *
 * @throws RdsctlError BAD_CONFIG for another token or a variable that isn't set
 */
export function expandPath(path: string, values: TokenValues): string {
  const expanded = expandTokens(path, values);
  if (expanded === '~' || expanded.startsWith('~/')) return values.home + expanded.slice(1);
  return expanded.startsWith('/') ? expanded : `${values.home}/.ssh/${expanded}`;
}

/** As {@link expandPath}, without the rules for paths. */
export function expandTokens(text: string, values: TokenValues): string {
  return text.replaceAll(
    /%(.?)|\$\{([^}]*)\}/g,
    (found, token: string | undefined, name: string | undefined) => {
      const value = name === undefined ? tokenValue(token ?? '', values) : values.variables[name];
      if (value !== undefined) return value;
      throw new RdsctlError('BAD_CONFIG', {
        message: `~/.ssh/config has ${JSON.stringify(text)} for ${values.originalHost}: ${found} can't be expanded`,
      });
    },
  );
}

function tokenValue(token: string, values: TokenValues): string | undefined {
  switch (token) {
    case '%':
      return '%';
    case 'd':
      return values.home;
    case 'h':
      return values.host;
    case 'i':
      return String(process.getuid?.() ?? '');
    case 'n':
      return values.originalHost;
    case 'p':
      return String(values.port);
    case 'r':
      return values.user;
    case 'u':
      return values.localUser;
    default:
      return undefined;
  }
}
