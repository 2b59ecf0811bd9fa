import { TAG_STANDINGS } from '../../attachment/tag-standing.ts';

/**
 * What can be said of one volume when state, storage server and nodes are held against each other: a value of
 * each dimension. Every combination has its rule; the table in docs/RECONCILE.md is made from both.
 */
export const DIMENSIONS = {
  /**
   * What the state says. `attaching`: by an attach that nobody was told had succeeded; `reattaching`: the node
   * had the volume, or an attach of it was begun, before that; `shared-over`: the time for both is over.
   */
  state: [
    'none',
    'attached',
    'attaching',
    'reattaching',
    'sharing',
    'shared',
    'shared-over',
    'detaching',
    'fencing',
    'fenced',
  ],
  /** The storage server's tag. `unseen`: it could not be asked; `gone`: it has no such disk; else how it stands. */
  tag: ['unseen', 'gone', ...TAG_STANDINGS],
  /** Whom the export lets in. `owner`: exactly the node of the state; `nobody`: it is on, but no host may. */
  export: ['off', 'owner', 'any', 'nobody', 'other'],
  /**
   * The controller on the node of the state. `dead`: it is not live and may come back; `no-device`: live, but
   * without a usable block device; `elsewhere`: of that NQN at another address; `renamed`: there is no live one,
   * and the node has another host NQN now. A shared volume is `unseen` when either node is.
   */
  session: ['unseen', 'none', 'dead', 'live', 'no-device', 'elsewhere', 'renamed'],
  /** Whether the device is in use there; of a shared volume: on both nodes. */
  inUse: ['no', 'yes'],
  /** Whether the node is fenced. `cut`: this volume is to be taken from it; `left`: a fence of others only. */
  fenced: ['no', 'cut', 'left'],
  /** Whether some other node has a live controller of it. `unseen`: none seen, but not all could be asked. */
  others: ['none', 'some', 'unseen'],
} as const;

export type Dimensions = typeof DIMENSIONS;

/** One combination. */
export type Situation = { readonly [D in keyof Dimensions]: Dimensions[D][number] };

/** A set of combinations: what is left out may be anything. */
export type Pattern = { readonly [D in keyof Dimensions]?: readonly Dimensions[D][number][] };

/** The same of a controller on a node that the state does not give the volume to. */
export const STRANGER_DIMENSIONS = {
  /** Whether rdsctl manages the volume: the state or our own tag knows it. */
  managed: ['yes', 'no'],
  /** Whether the state gives the volume to another node, or somebody works on it. */
  held: ['yes', 'no'],
  /** Whom the export lets in. `off`: it is off; `others`: it is on, but not for this node. */
  export: ['off', 'others', 'this node'],
  session: ['dead', 'live'],
  inUse: ['no', 'yes'],
  /** `cut`: it was cut off from this very volume. */
  fenced: ['no', 'cut', 'left'],
} as const;

export type StrangerDimensions = typeof STRANGER_DIMENSIONS;
export type StrangerSituation = {
  readonly [D in keyof StrangerDimensions]: StrangerDimensions[D][number];
};
export type StrangerPattern = {
  readonly [D in keyof StrangerDimensions]?: readonly StrangerDimensions[D][number][];
};

/** Whether a combination is one of a pattern's. */
export function matches<S extends object>(
  pattern: { readonly [D in keyof S]?: readonly S[D][] },
  situation: S,
): boolean {
  return (Object.keys(pattern) as (keyof S)[]).every((dimension) =>
    pattern[dimension]?.includes(situation[dimension]),
  );
}
