import { sealWanted } from './changes.ts';
import { sealedState } from './sealed.ts';
import type { State } from './state.ts';
import type { StateStore } from './store.ts';

/**
 * A store for a dry run: reads the real state, keeps changes to itself, and takes no lock. What a command
 * would see of its own changes it sees; nobody else does.
 */
export function plannedStore(store: StateStore, newLineage: () => string): StateStore {
  let changed: State | null = null;
  const read = async (): Promise<State> => changed ?? (await store.read());
  return {
    location: store.location,
    read,
    async update(change) {
      const before = await read();
      const lineage = before.lineage === '' ? newLineage() : before.lineage;
      changed = sealedState(lineage, before.serial + 1, sealWanted(change(before)));
      return changed;
    },
    lock: ({ name }) =>
      Promise.resolve({ name, assertHeld: () => undefined, release: () => Promise.resolve() }),
    watch: (options) => store.watch(options),
    close: () => store.close(),
  };
}
