/** What stands behind the simulated RouterOS: an NVMe/TCP target that offers volumes as subsystems. */
export interface TargetExport {
  readonly volume: string; // slot
  readonly nqn: string;
  readonly port: number; // TCP port
  /** exactly this host NQN may connect; '' = any host */
  readonly allow: string;
  readonly exported: boolean;
}
export interface ExportModel {
  /** Creates (or finds) the backing of a volume. sizeBytes is exact. */
  createVolume(volume: string, sizeBytes: number): Promise<void>;
  removeVolume(volume: string): Promise<void>;
  /** Makes the target as described. Changing `allow` alone leaves live sessions alive; exported=false ends all sessions of the volume (shut down at once; I/O already begun at the target may finish later). */
  apply(wanted: TargetExport): Promise<void>;
  /** Operations begun at the target and not finished yet. */
  inFlight(volume: string): Promise<number>;
  /** Sessions as the target sees them. */
  sessions(volume: string): Promise<readonly { hostNqn: string; node?: string }[]>;
  close(): Promise<void>;
}
