import { sleepOn, type Clock } from '../../clock.ts';
import type { CommandCall, Value } from '../language/index.ts';

/** A monitor looks once a second unless told otherwise (manual). */
const USUAL_MS = 1_000;
/** Nothing looks more often than this, whatever it is told. */
const SHORTEST_MS = 10;

/** How long a command goes on, and how often it looks. */
interface Repetition {
  readonly everyMs: number;
  /** Infinity: until it is stopped. */
  readonly forMs: number;
}

/**
 * `print interval=…` and a monitor without `once` look again and again, until `duration` is over or the
 * session ends them (manual); everything else happens once.
 */
function repetitionOf(call: CommandCall): Repetition | undefined {
  const every = milliseconds(call.args.get('interval'));
  const duration = milliseconds(call.args.get('duration')) ?? Infinity;
  if (call.command === 'print') {
    return every === undefined ? undefined : { everyMs: every, forMs: Infinity };
  }
  if (!call.command.startsWith('monitor') || call.flags.has('once')) return undefined;
  return { everyMs: every ?? USUAL_MS, forMs: duration };
}

/** Runs a command as often as it says; the value is that of the last time. */
export async function runContinuously(
  call: CommandCall,
  clock: Clock,
  look: () => Promise<Value> | Value,
): Promise<Value> {
  const repetition = repetitionOf(call);
  const began = clock.now();
  let value = await look();
  if (repetition === undefined) return value;
  const { everyMs, forMs } = repetition;
  const stopped = (): boolean => call.signal.aborted;
  while (!stopped() && clock.now() + everyMs <= began + forMs) {
    await sleepOn(clock, everyMs);
    if (!stopped()) value = await look();
  }
  return value;
}

function milliseconds(value: Value | undefined): number | undefined {
  if (typeof value !== 'object' || value.type !== 'time') return undefined;
  return Math.max(SHORTEST_MS, Number(value.nanoseconds / 1_000_000n));
}
