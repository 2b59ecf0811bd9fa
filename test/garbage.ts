import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';

/** Collects all garbage, now. */
export function collectGarbage(): void {
  setFlagsFromString('--expose-gc');
  (runInNewContext('gc') as () => void)();
}

/**
 * How many of the objects that `make` resolves to are still kept by somebody, of so many made one after another. What
 * it resolves to several times counts once.
 */
export async function keptOf(count: number, make: () => Promise<object>): Promise<number> {
  const references: WeakRef<object>[] = [];
  for (let made = 0; made < count; made += 1) references.push(new WeakRef(await make()));
  // What was looked at in this turn of the event loop is kept to its end.
  await new Promise((resolve) => setImmediate(resolve));
  collectGarbage();
  const kept = new Set(references.map((reference) => reference.deref()));
  kept.delete(undefined);
  return kept.size;
}
