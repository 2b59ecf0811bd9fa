/** What one volume is like: who has it, and which nodes are marked as fenced. */
export interface VolumeState {
  readonly holder: string | null;
  readonly fenced: readonly string[];
}

/** What an operation does to a volume at its one instant. Null: it can't have been then. */
export type Effect = (state: VolumeState) => VolumeState | null;

/** One operation as its caller saw it: it took effect at some instant between start and end. */
export interface Invocation {
  /** For messages. */
  readonly what: string;
  readonly start: number;
  /** Infinity where nobody knows: it may take effect at any later time, */
  readonly end: number;
  /** or never. */
  readonly optional: boolean;
  readonly effect: Effect;
}

/** Whether the instants can be chosen so that everything that was seen is explained by one after another. */
export type Verdict =
  | { readonly linearizable: true }
  /** The longest explanation there is, and what can't come next. */
  | {
      readonly linearizable: false;
      readonly explained: readonly string[];
      readonly stuck: readonly string[];
    };

export const NOBODY_HAS_IT: VolumeState = { holder: null, fenced: [] };

/**
 * Looks for an order of the operations that respects real time (what ended before another began comes first) and
 * that explains every outcome: Wing and Gong's search. Where the same operations have led to the same state
 * before, it is not gone into again.
 */
export function checkHistory(history: readonly Invocation[], initial: VolumeState = NOBODY_HAS_IT): Verdict {
  const seen = new Set<string>();
  const done = new Array<boolean>(history.length).fill(false);
  const order: number[] = [];
  let best: readonly number[] = [];
  let stuck: readonly number[] = [];

  const search = (state: VolumeState): boolean => {
    const open = history.flatMap((each, index) => (done[index] === true ? [] : [{ ...each, index }]));
    const due = open.filter(({ optional }) => !optional);
    if (due.length === 0) return true;
    const key = `${done.map(Number).join('')} ${state.holder ?? ''} ${[...state.fenced].sort().join(' ')}`;
    if (seen.has(key)) return false;
    seen.add(key);
    const firstEnd = Math.min(...due.map(({ end }) => end));
    const next = open.filter(({ start }) => start <= firstEnd);
    // What must be soon is tried first: what may never have been is gone into only when that explains nothing.
    next.sort((a, b) => Number(a.optional) - Number(b.optional) || a.end - b.end);
    for (const { effect, index } of next) {
      const after = effect(state);
      if (after === null) continue;
      done[index] = true;
      order.push(index);
      if (search(after)) return true;
      order.pop();
      done[index] = false;
    }
    if (order.length >= best.length) {
      best = [...order];
      stuck = next.map(({ index }) => index);
    }
    return false;
  };

  if (search(initial)) return { linearizable: true };
  const words = (indices: readonly number[]): string[] => indices.map((index) => history[index]?.what ?? '?');
  return { linearizable: false, explained: words(best), stuck: words(stuck) };
}

/** The effects that the commands of rdsctl may have. */
export const effects = {
  attach:
    (node: string): Effect =>
    (state) =>
      state.fenced.includes(node) || (state.holder !== null && state.holder !== node)
        ? null
        : { ...state, holder: node },
  leave:
    (node: string): Effect =>
    (state) =>
      state.holder === node ? { ...state, holder: null } : null,
  release: (): Effect => (state) => ({ ...state, holder: null }),
  mark:
    (node: string): Effect =>
    (state) => ({ ...state, fenced: [...new Set([...state.fenced, node])] }),
  cut:
    (node: string): Effect =>
    (state) =>
      state.holder === node ? { ...state, holder: null } : state,
  unmark:
    (node: string): Effect =>
    (state) => ({
      ...state,
      fenced: state.fenced.filter((each) => each !== node),
    }),
  /** It was seen to be so, and nothing was changed. */
  seen:
    (holds: (state: VolumeState) => boolean): Effect =>
    (state) =>
      holds(state) ? state : null,
};
