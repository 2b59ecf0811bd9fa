import { RdsctlError } from '../errors/rdsctl-error.ts';

/** `user@host:port`, `user@[address]:port` or the same as an `ssh://` URI. */
const JUMP =
  /^(?:ssh:\/\/)?(?:(?<user>[^@]+)@)?(?:\[(?<bracketed>[^\]]+)\]|(?<host>[^:@[\]/]+))(?::(?<port>[0-9]{1,5}))?\/?$/;

/**
 * Reads one jump host of ssh_config's ProxyJump.
 *
 * @throws RdsctlError BAD_CONFIG
 */
export function parseJump(jump: string): { host: string; port: number | null; user: string | null } {
  const groups = JUMP.exec(jump)?.groups;
  const host = groups?.['bracketed'] ?? groups?.['host'];
  const port = groups?.['port'] === undefined ? null : Number(groups['port']);
  if (host === undefined || (port !== null && (port < 1 || port > 65535))) {
    throw new RdsctlError('BAD_CONFIG', {
      message: `~/.ssh/config has ProxyJump ${JSON.stringify(jump)}, which is not USER@HOST:PORT`,
    });
  }
  return { host, port, user: groups?.['user'] ?? null };
}
