import type { Disk } from './disk.ts';
import type { FirewallChange, FirewallView } from './firewall.ts';
import type { ServerDiagnosis } from './storage-server-diagnosis.ts';

export type { Disk };

export interface ServerView {
  /** RouterOS version, such as `7.21.5`. */
  readonly version: string;
  readonly disks: readonly Disk[];
}

/** A change of one disk, made only if its comment still is what was seen. */
export type DiskChange =
  /** Export it to exactly one host. Refused by the server while it is exported. */
  | {
      readonly kind: 'grant';
      readonly slot: string;
      readonly expectComment: string;
      readonly comment: string;
      readonly allow: string;
      /** Set the subsystem NQN as well, so that it is certain (7.21 and later); null = leave it. */
      readonly pinNqn: string | null;
    }
  /** Nobody may connect, sessions and export end. */
  | {
      readonly kind: 'revoke';
      readonly slot: string;
      readonly expectComment: string;
      readonly comment: string;
    }
  /** Change who may connect while it stays exported; live sessions live on. */
  | {
      readonly kind: 'admit';
      readonly slot: string;
      readonly expectComment: string;
      readonly comment: string;
      readonly allow: string;
    }
  /** Switch the export alone, for a proof of what that does: who may connect stays as it is. */
  | {
      readonly kind: 'toggle';
      readonly slot: string;
      readonly expectComment: string;
      readonly comment: string;
      readonly exported: boolean;
    };

/** How one change of a batch ended. Read back afterwards: what the server shows now. */
export type ChangeOutcome =
  | { readonly slot: string; readonly ok: true; readonly disk: Disk }
  /** The server refused: nothing of this change was made, unless `partly`. */
  | {
      readonly slot: string;
      readonly ok: false;
      readonly why: 'no-such-disk' | 'comment-changed' | 'exported' | 'not-exported' | 'error';
      /** RouterOS's own words for `error`. */
      readonly text: string;
    };

/**
 * A storage server. Every method opens the connection when there is none, and throws RdsctlError:
 * UNREACHABLE kinds, REMOTE_ERROR, BAD_ANSWER, NOT_PERMITTED, UNSUPPORTED_VERSION.
 */
export interface StorageServer {
  readonly name: string;
  /** Where nodes reach its NVMe target (IP address). */
  readonly nvmeAddress: string;
  /** Begins to connect, without waiting: for handshakes side by side. Opens a closed one again. */
  open(): void;
  /** Reads the disks of these slots, or all that rdsctl may touch. A slot that is not there is left out. */
  look(slots: readonly string[] | 'all', options?: { signal?: AbortSignal }): Promise<ServerView>;
  /**
   * Makes changes in one exec; each one alone is all or nothing towards its comment check. After
   * CONNECTION_LOST or NO_ANSWER any of them may have happened: look again.
   */
  change(
    changes: readonly DiskChange[],
    options?: { signal?: AbortSignal },
  ): Promise<readonly ChangeOutcome[]>;
  /**
   * Operations begun and not finished, by slot. `null` where the server did not tell.
   * RouterOS: `/disk monitor-traffic` (that it counts the export's own I/O is inferred).
   */
  inFlight(
    slots: readonly string[],
    options?: { signal?: AbortSignal },
  ): Promise<ReadonlyMap<string, number | null>>;
  /** Everything that `doctor` judges, asked in one exec where the server understands all of it. */
  diagnose(options?: { signal?: AbortSignal }): Promise<ServerDiagnosis>;
  /** Reads the fence's address list and the rules that packets to the NVMe target pass. */
  lookAtFirewall(options?: { signal?: AbortSignal }): Promise<FirewallView>;
  /**
   * Puts a node on the fence's address list, or takes off what has this comment. Read back afterwards: what
   * the server shows now. Doing it twice is doing it once.
   */
  changeFirewall(change: FirewallChange, options?: { signal?: AbortSignal }): Promise<FirewallView>;
  close(): Promise<void>;
}
