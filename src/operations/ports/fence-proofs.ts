/** What `doctor --prove-fence` found on a storage server. Times in milliseconds; null where it was not seen. */
export interface FenceProof {
  readonly rds: string;
  /** RFC 3339, UTC. */
  readonly at: string;
  /** RouterOS version, as it tells it. */
  readonly version: string;
  readonly volume: string;
  readonly node: string;
  /** The node's kernel and nvme-cli. */
  readonly kernel: string;
  readonly nvmeCli: string;
  readonly proved: boolean;
  /** What went against it, one sentence each; empty when it is proved. */
  readonly failures: readonly string[];
  /** From the cut until the node's controller had left `live`, and until reads failed. */
  readonly sessionGoneMs: number | null;
  readonly readsFailedMs: number | null;
  /** A connect by hand after the fence, with the host NQN that had been let in, was refused. */
  readonly reconnectRefused: boolean;
  /** The same while it was exported to another host NQN only: the list is honoured. */
  readonly listHonoured: boolean;
  /** Changing the list alone ended the live session. */
  readonly listAloneCuts: boolean;
  /** Switching the export off ended the session, without the list; null when it did not. */
  readonly exportOffMs: number | null;
  /** With the list left alone, the node was back in after the export came back. */
  readonly backWithoutList: boolean;
}

/** Where proofs are kept: the last one of each storage server. */
export interface FenceProofs {
  /** Null when there is none. @throws RdsctlError LOCAL_IO when it can't be read or understood */
  read(rds: string): Promise<FenceProof | null>;
  /** On disk when it returns. @throws RdsctlError LOCAL_IO */
  write(proof: FenceProof): Promise<void>;
}
