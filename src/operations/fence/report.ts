import { RdsctlError } from '../../errors/rdsctl-error.ts';
import type { FirewallFence } from '../firewall/block.ts';
import type { ProofStanding } from '../prove-fence/standing.ts';

/** What a fence came to for one volume. */
export interface FencedVolume {
  readonly volume: string;
  readonly rds: string;
  readonly slot: string;
  /** `fenced`: cut just now; `already`: it was, and still is; `failed`: treat the node as still connected. */
  readonly result: 'fenced' | 'already' | 'failed';
  /** Read back as off, and drained. */
  readonly verified: boolean;
  /** Operations still in flight, where it did not drain; null when not told. */
  readonly inFlight: number | null;
  /** Whether the state knew of it, or the storage server told it. */
  readonly tracked: boolean;
  /** The node that keeps it, for a volume that was shared. */
  readonly keptBy: string | null;
  readonly error: RdsctlError | null;
}

/** What is known of fences on a storage server. */
export interface ProofNote {
  readonly rds: string;
  readonly standing: ProofStanding;
  /** The same as a sentence. */
  readonly text: string;
}

export interface FenceReport {
  readonly node: string;
  readonly fenced: true;
  readonly since: string;
  /** Every volume is cut off, read back and drained; without --volume, nothing else may let the node in. */
  readonly verified: boolean;
  readonly changed: boolean;
  readonly volumes: readonly FencedVolume[];
  /** Storage servers that could not be asked for exports that the state does not know. */
  readonly unasked: readonly string[];
  /** What the node itself was told: to drop its dead controllers. */
  readonly nodeSide: 'clean' | 'dropped' | 'left' | 'unreachable' | 'interrupted';
  /** The second way, by the storage servers' firewalls; empty when it is not configured, or not for --volume. */
  readonly firewall: readonly FirewallFence[];
  /** Whether fences were proved to work on the storage servers of these volumes. */
  readonly proofs: readonly ProofNote[];
  /** Null when it is verified; the command ends with it otherwise. */
  readonly failure: RdsctlError | null;
}

/** A storage server that could not be asked, and why. */
export interface Unasked {
  readonly rds: string;
  readonly error: RdsctlError;
}

/**
 * The one error that stands for the volumes that failed, and for the storage servers that may export more to the
 * node than the state knows.
 */
export function failureOf(
  node: string,
  volumes: readonly FencedVolume[],
  unasked: readonly Unasked[] = [],
): RdsctlError | null {
  const failed = volumes.filter(({ result }) => result === 'failed');
  // What a server is asked for its volumes fails alike: that is told once.
  const silent = unasked.filter(({ rds }) => !failed.some((volume) => volume.rds === rds));
  if (failed.length === 0 && silent.length === 0) return null;
  const errors = [...failed, ...silent].map(({ error }) => error);
  const causes = errors.filter((error) => error !== null);
  const codes = new Set(causes.map(({ code }) => code));
  const [cause] = causes;
  // One kind of failure, before anything was changed, keeps its own exit code; anything else is "unverified".
  const untouched = causes.every(({ details }) => details['outcome'] !== 'unknown');
  const reason = codes.size === 1 && untouched && cause !== undefined ? cause.reason : 'NOT_VERIFIED';
  const names = failed.map(({ slot }) => slot).join(', ');
  const servers = silent.map(({ rds }) => rds).join(', ');
  const what = [
    ...(names === '' ? [] : [`${node} is not proved to be cut off from ${names}`]),
    ...(servers === '' ? [] : [`whether ${servers} exports anything more to ${node} can not be told`]),
  ];
  const still = [names, ...(servers === '' ? [] : [`whatever ${servers} may export to it`])];
  return new RdsctlError(reason, {
    message: `${what.join(', and ')}: ${causes.map(({ message }) => message).join('; ')}`,
    now: `Treat ${node} as still connected to ${still.filter((name) => name !== '').join(', and to ')}. ${node} is marked as fenced: nothing can be attached to it.`,
    hints: [
      ...(cause?.hints ?? []),
      { when: 'To try again:', run: `rdsctl fence ${node}` },
      {
        when: 'If that stays so, cut its power or its network port, then again:',
        run: `rdsctl fence ${node}`,
      },
    ],
    details: {
      node,
      failed: failed.map(({ volume, error }) => ({ volume, reason: error?.reason, message: error?.message })),
      unasked: unasked.map(({ rds }) => rds),
    },
  });
}
