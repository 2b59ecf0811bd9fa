import { isDeepStrictEqual } from 'node:util';
import type { Attachment } from '../../attachment/attachment.ts';
import type { State, StateChange } from '../../state/state.ts';

/** What would be another after one state took the place of another. */
export interface StateDifference {
  /** Attachments that are only in the new one. */
  readonly gained: readonly Attachment[];
  /** Attachments that are only in the old one. */
  readonly lost: readonly Attachment[];
  readonly changed: readonly { readonly before: Attachment; readonly after: Attachment }[];
  /** Tokens that would be older than they are: a storage server that knows newer ones refuses. */
  readonly olderTokens: readonly {
    readonly volume: string;
    readonly before: number;
    readonly after: number;
  }[];
  /** Nodes whose fence mark would be gone. */
  readonly marksLost: readonly string[];
  /** Nodes that would be marked as fenced. */
  readonly marksGained: readonly string[];
  /** Whether nothing at all is another, details included. */
  readonly same: boolean;
}

const EMPTY: StateChange = { attachments: {}, tokens: {}, nodes: {} };

/** Compares two states. @param before null = what is there can't be read, or was never written */
export function compareStates(before: State | null, after: StateChange): StateDifference {
  const old: StateChange = before ?? EMPTY;
  const present = Object.values(old.attachments);
  const future = Object.values(after.attachments);
  const fenced = (state: StateChange): string[] =>
    Object.keys(state.nodes).filter((node) => state.nodes[node]?.fenced != null);
  return {
    gained: future.filter(({ volume }) => !Object.hasOwn(old.attachments, volume)).sort(byVolume),
    lost: present.filter(({ volume }) => !Object.hasOwn(after.attachments, volume)).sort(byVolume),
    changed: present
      .flatMap((one) => {
        const other = after.attachments[one.volume];
        return other === undefined || isDeepStrictEqual(one, other) ? [] : [{ before: one, after: other }];
      })
      .sort((a, b) => byVolume(a.before, b.before)),
    olderTokens: Object.keys(old.tokens)
      .sort()
      .map((volume) => ({
        volume,
        before: old.tokens[volume] ?? 0,
        after: after.tokens[volume] ?? 0,
      }))
      .filter((token) => token.after < token.before),
    marksLost: fenced(old)
      .filter((node) => after.nodes[node]?.fenced == null)
      .sort(),
    marksGained: fenced(after)
      .filter((node) => old.nodes[node]?.fenced == null)
      .sort(),
    same: isDeepStrictEqual(
      { attachments: old.attachments, tokens: old.tokens, nodes: old.nodes },
      { attachments: after.attachments, tokens: after.tokens, nodes: after.nodes },
    ),
  };
}

function byVolume(a: Attachment, b: Attachment): number {
  return a.volume < b.volume ? -1 : 1;
}
