import type { StateChange } from '../../../src/state/state.ts';
import { sampleAttachment } from '../samples.ts';

/** So many volumes, each with its own key. */
export function many(size: number, token: number): StateChange {
  const all = Array.from({ length: size }, (_, index) => sampleAttachment(`vol-${index}`, { token }));
  return {
    attachments: Object.fromEntries(all.map((one) => [one.volume, one])),
    tokens: Object.fromEntries(all.map((one) => [one.volume, token])),
    nodes: {},
  };
}
