import type { Disk } from './disk.ts';
import type { FirewallView } from './firewall.ts';

/** One thing that was asked: the answer, or the host's own words for not telling it. */
export type Told<T> = { readonly told: T } | { readonly untold: string };

/** What `doctor` asks a storage server, all in one go. Nothing is changed by it. */
export interface ServerDiagnosis {
  /** RouterOS version, such as `7.21.5 (stable)`. */
  readonly version: string;
  /** Names of the enabled packages. */
  readonly packages: Told<readonly string[]>;
  /** Those that rdsctl may touch. */
  readonly disks: Told<readonly Disk[]>;
  /** Its clock, milliseconds since the epoch. */
  readonly clock: Told<number>;
  readonly firewall: Told<FirewallView>;
  /** Whether the login may write: untold is what a change of nothing was refused with. */
  readonly write: Told<true>;
  /** Operations in flight of some disk: what a drain needs, and the policy `test`. Null: there is no disk. */
  readonly inFlight: Told<number | null>;
  /** The group of the login. */
  readonly group: Told<string>;
}
