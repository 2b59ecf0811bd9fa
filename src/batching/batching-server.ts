import type {
  ChangeOutcome,
  DiskChange,
  ServerView,
  StorageServer,
} from '../operations/ports/storage-server.ts';
import { together } from './together.ts';

/** A storage server that carries what many volumes need at about the same time in one exec. */
export function batchingServer(server: StorageServer): StorageServer {
  const options = (signal: AbortSignal | undefined) => (signal === undefined ? {} : { signal });
  const look = together<readonly string[], ServerView>(async (asks, signal) => {
    const view = await server.look([...new Set(asks.flat())], options(signal));
    return asks.map((slots) => ({ ...view, disks: view.disks.filter(({ slot }) => slots.includes(slot)) }));
  }, 'alone');
  const change = together<readonly DiskChange[], readonly ChangeOutcome[]>(async (asks, signal) => {
    const outcomes = await server.change(asks.flat(), options(signal));
    let from = 0;
    return asks.map(({ length }) => outcomes.slice(from, (from += length)));
  }, 'all');
  const inFlight = together<readonly string[], ReadonlyMap<string, number | null>>(async (asks, signal) => {
    const counts = await server.inFlight([...new Set(asks.flat())], options(signal));
    return asks.map((slots) => new Map(slots.map((slot) => [slot, counts.get(slot) ?? null])));
  }, 'alone');
  return {
    ...server,
    look: (slots, { signal } = {}) =>
      slots === 'all' ? server.look('all', options(signal)) : look(slots, signal),
    change: (changes, { signal } = {}) => change(changes, signal),
    inFlight: (slots, { signal } = {}) => inFlight(slots, signal),
  };
}
