import type { HostKeyTrust } from './host-keys.ts';

/** Which keys are offered to a server, in rdsctl's and ssh_config's words resolved to paths. */
export interface IdentitySources {
  /** The configured key file: the only key that is offered, and it has to be good. */
  readonly configuredFile: string | null;
  /** The agent's socket; null for none. */
  readonly agentSocket: string | null;
  /** Key files to try, by ssh_config or by default; those that aren't there are passed over. */
  readonly files: readonly string[];
  /** Whether of the agent only the keys of {@link files} are offered (ssh_config, IdentitiesOnly). */
  readonly onlyThese: boolean;
}

/** One SSH server on the way to a target: jump hosts first, the target last. */
export interface Hop {
  /** How messages name it, for example `node-1` or `jump host gate (for node-1)`. */
  readonly name: string;
  readonly host: string;
  readonly port: number;
  readonly user: string;
  readonly trust: HostKeyTrust;
  readonly identities: IdentitySources;
  /** Milliseconds for connecting, the handshake and the login together. */
  readonly connectTimeoutMs: number;
  /** Whether it is reached from this host itself, without a jump host. */
  readonly direct: boolean;
  /** Remarks on how ssh_config was read, for messages of failures. */
  readonly notes: readonly string[];
}

/** `user@host:port`, with brackets around an IPv6 address. */
export function peerOf(hop: Pick<Hop, 'user' | 'host' | 'port'>): string {
  const host = hop.host.includes(':') ? `[${hop.host}]` : hop.host;
  return `${hop.user}@${host}:${hop.port}`;
}

/** How messages name a hop: `node-1 (root@10.0.0.5:22)`. */
export function labelOf(hop: Hop): string {
  return `${hop.name} (${peerOf(hop)})`;
}
