/** A disk as the storage server shows it. Strings are bytes as latin1, so that they compare exactly. */
export interface Disk {
  readonly slot: string;
  readonly type: string;
  /** Exact; null when the server does not tell. */
  readonly sizeBytes: number | null;
  readonly comment: string;
  readonly exported: boolean;
  /** TCP port of the export. */
  readonly port: number;
  /** The subsystem NQN that hosts connect to. */
  readonly nqn: string;
  /** Whether `nqn` stands in the configuration of the disk; otherwise it is what RouterOS is believed to use. */
  readonly nqnIsSet: boolean;
  /** The one host NQN that may connect; '' = any host. */
  readonly allow: string;
  /** Whether RouterOS itself mounts the file system on it (two writers!); null when it does not tell. */
  readonly mountFilesystem: boolean | null;
}
