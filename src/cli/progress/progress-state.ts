import type { Progress } from '../../operations/ports/reporter.ts';
import type { LockHolder } from '../../state/lock.ts';

/** A step that runs. */
export interface RunningStep {
  readonly title: string;
  /** Milliseconds since the epoch. */
  readonly since: number;
  /** The id of the item that it is a step of; null = of the command itself. */
  readonly item: string | null;
}

export interface Wait {
  readonly holder: LockHolder | null;
  readonly since: number;
}

/** Many volumes that are worked on. */
export interface Bulk {
  readonly total: number;
  readonly since: number;
  /** Ended, whichever way; those that failed among them. */
  readonly ended: number;
  readonly failed: number;
  /** In work, in the order in which they were begun. */
  readonly items: ReadonlyMap<string, { readonly name: string; readonly since: number }>;
}

/** What runs at a moment, put together from what operations tell. */
export class ProgressState {
  readonly #steps = new Map<string, RunningStep>();
  readonly #waits = new Map<string, Wait>();
  #bulk: Bulk | null = null;

  get steps(): ReadonlyMap<string, RunningStep> {
    return this.#steps;
  }

  /** By the lock's name. */
  get waits(): ReadonlyMap<string, Wait> {
    return this.#waits;
  }

  get bulk(): Bulk | null {
    return this.#bulk;
  }

  /** Takes in what is told. */
  take(progress: Progress, now: number): void {
    switch (progress.type) {
      case 'step':
        this.#steps.set(progress.id, { title: progress.title, since: now, item: progress.item ?? null });
        return;
      case 'step-end':
        this.#steps.delete(progress.id);
        return;
      case 'waiting': {
        const since = this.#waits.get(progress.lock)?.since ?? now;
        this.#waits.set(progress.lock, { holder: progress.holder, since });
        return;
      }
      case 'waited':
        this.#waits.delete(progress.lock);
        return;
      case 'items':
        this.#bulk = { total: progress.total, since: now, ended: 0, failed: 0, items: new Map() };
        return;
      case 'item':
        this.#change(({ items }) => ({
          items: new Map(items).set(progress.id, { name: progress.name, since: now }),
        }));
        return;
      case 'item-end':
        this.#change(({ items, ended, failed }) => ({
          items: new Map([...items].filter(([id]) => id !== progress.id)),
          ended: ended + 1,
          failed: failed + (progress.result === 'failed' ? 1 : 0),
        }));
        return;
      case 'items-end':
        this.#bulk = null;
        return;
      case 'warning':
      case 'command':
        return;
    }
  }

  #change(change: (bulk: Bulk) => Partial<Bulk>): void {
    if (this.#bulk !== null) this.#bulk = { ...this.#bulk, ...change(this.#bulk) };
  }
}
