import * as v from 'valibot';

import type { WatchView } from '../operations/ports/node-watch.ts';
import { checked } from './report.ts';

const Milliseconds = v.pipe(v.string(), v.regex(/^\d+$/), v.transform(Number));
const Maybe = v.pipe(
  v.string(),
  v.regex(/^\d*$/),
  v.transform((text) => (text === '' || /^0+$/.test(text) ? null : Number(text))),
);

const RawWatch = v.object({
  /** A name that mktemp made; empty when there is no such watch. */
  id: v.pipe(v.string(), v.regex(/^(?:rdsctl-watch\.\w{6,}|)$/)),
  clock: Milliseconds,
  left: Maybe,
  /** Reads that came back, the last one's time, reads that failed, the first one's time. */
  reads: v.pipe(v.string(), v.regex(/^(?:\d+ \d+ \d+ \d+|)$/)),
});

/** @returns id null when there is no such watch. @throws RdsctlError BAD_ANSWER */
export function readWatch(json: string, node: string): { id: string | null; view: WatchView } {
  const raw = checked(RawWatch, json, node);
  const [reads = 0, last = 0, , first = 0] = raw.reads.split(' ').map(Number);
  return {
    id: raw.id === '' ? null : raw.id,
    view: {
      clock: raw.clock,
      leftLiveAt: raw.left,
      reads,
      lastReadAt: last === 0 ? null : last,
      firstFailureAt: first === 0 ? null : first,
    },
  };
}
