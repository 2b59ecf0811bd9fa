/** The address list of nodes that are cut off, at the storage server. */
export const FENCE_LIST = 'rdsctl-fenced';

/** IP version of a rule or an entry. */
export type Family = 4 | 6;

/** An enabled firewall rule that packets to the NVMe target pass, in the order of the device. */
export interface FirewallRule {
  /** RouterOS's internal id, `*1F`. */
  readonly id: string;
  readonly family: Family;
  readonly table: 'raw' | 'filter';
  readonly action: string;
  readonly protocol: string;
  readonly dstPort: string;
  readonly srcAddressList: string;
  /** Names of the other properties that narrow it down. */
  readonly others: readonly string[];
  /** Made by RouterOS itself: nothing can be put before it by its id. */
  readonly dynamic: boolean;
}

/** An enabled entry of the fence's address list. */
export interface FenceEntry {
  readonly family: Family;
  readonly address: string;
  readonly comment: string;
}

/** What a storage server's firewall does to fenced nodes. */
export interface FirewallView {
  /** Of raw prerouting and filter input. */
  readonly rules: readonly FirewallRule[];
  /** Of the list {@link FENCE_LIST} only. */
  readonly entries: readonly FenceEntry[];
}

/** A node to be put on the list, or taken off it. */
export interface FirewallChange {
  readonly kind: 'block' | 'unblock';
  /** The addresses to block; those to unblock are found by the comment. */
  readonly addresses: readonly string[];
  /** Marks the entries as this node's and this state's. */
  readonly comment: string;
}
