import { RdsctlError } from '../../errors/rdsctl-error.ts';
import { checkpoint } from '../context.ts';
import type { WatchView } from '../ports/node-watch.ts';
import type { Subject } from './subject.ts';

/** What the node noticed of something that was done, in milliseconds since it was begun. */
export interface Noticed {
  /** When its controller left `live`; null: it stayed live. */
  readonly goneMs: number | null;
  /** When the first read failed; null: none failed within the time. */
  readonly readsFailedMs: number | null;
  /** A read came back well after the controller had left `live`, or it never left. */
  readonly readsWentOn: boolean;
}

/** Milliseconds between two looks at a watch. */
const PAUSE = 150;
/** A read that was answered before the cut may be noted so much later. */
const NOTED_LATE = 1_000;
/** A watch ends by itself after so many seconds, should this process die. */
const WATCH_SECONDS = 180;

/** Milliseconds that a session gets to end in, a device to appear. */
export function patience({ context }: Subject): number {
  return context.config.timeouts.device;
}

/**
 * Reads from the volume on the node while something is done, and tells what the node noticed of it. The reader
 * is ended in any case, whatever `act` does.
 * @param enough whether what was seen is all that is to be waited for
 * @param limit milliseconds to wait at the most, after it was done
 */
export async function watchWhile(
  subject: Subject,
  act: () => Promise<void>,
  enough: (view: WatchView) => boolean,
  limit: number,
): Promise<Noticed> {
  const { context, port, nqn, address } = subject;
  const { clock, grace } = context;
  const id = await port.beginWatch({ nqn, address, seconds: WATCH_SECONDS }, { signal: grace });
  if (id === null) throw noReads(subject, 'there is no device to read from');
  try {
    await until(subject, id, (view) => view.reads > 0, patience(subject));
    const before = clock.monotonic();
    const first = await look(subject, id);
    // The node's clock beside this one's, right to half the way there and back.
    const offset = first.clock - (before + clock.monotonic()) / 2;
    if (first.reads === 0) throw noReads(subject, 'no read came back');
    const begun = clock.monotonic();
    await act();
    const last = await until(subject, id, enough, limit);
    const since = (at: number): number => Math.max(0, Math.round(at - offset - begun));
    const { leftLiveAt, firstFailureAt, lastReadAt } = last;
    return {
      goneMs: leftLiveAt === null ? null : since(leftLiveAt),
      readsFailedMs: firstFailureAt === null ? null : since(firstFailureAt),
      readsWentOn: leftLiveAt === null || (lastReadAt ?? 0) > leftLiveAt + NOTED_LATE,
    };
  } finally {
    await port.endWatch(id, { signal: grace });
  }
}

async function until(
  subject: Subject,
  id: string,
  enough: (view: WatchView) => boolean,
  limit: number,
): Promise<WatchView> {
  const { clock, signal } = subject.context;
  const end = clock.monotonic() + limit;
  for (;;) {
    checkpoint(subject.context);
    const view = await look(subject, id);
    if (enough(view) || clock.monotonic() >= end) return view;
    await clock.sleep(PAUSE, signal);
  }
}

async function look({ port, context, node }: Subject, id: string): Promise<WatchView> {
  const view = await port.lookAtWatch(id, { signal: context.grace });
  if (view !== null) return view;
  throw new RdsctlError('BAD_ANSWER', {
    message: `what read from the volume on ${node} is gone: nothing can be told`,
    details: { node },
  });
}

function noReads({ node, volume }: Subject, why: string): RdsctlError {
  return new RdsctlError('NO_DEVICE', {
    message: `${node} could not read from ${volume.slot} before anything was cut: ${why}`,
    details: { node, volume: volume.key },
  });
}
