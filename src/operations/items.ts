import type { OperationContext } from './context.ts';
import type { Progress } from './ports/reporter.ts';

/** A volume among many that are worked on at once. */
interface Item {
  readonly key: string;
  readonly slot: string;
}

/** Tells of each of many volumes when it is begun and how it ended. */
export interface Items {
  /** @returns a context whose progress tells the volumes apart */
  begin(item: Item): OperationContext;
  /** @param error why it failed; null = it did not */
  end(key: string, error: Error | null): void;
  /**
   * Works on one, told from its begin to its end.
   * @param failure what a result that isn't thrown failed with; null = it did not
   */
  work<T>(
    item: Item,
    work: (context: OperationContext) => Promise<T>,
    failure?: (result: T) => Error | null,
  ): Promise<T>;
}

/** Fewer are told by their steps alone. */
const MANY = 2;

/** Runs work on so many volumes, told as one thing of which each volume is a part. */
export async function asItems<T>(
  context: OperationContext,
  total: number,
  work: (items: Items) => Promise<T>,
): Promise<T> {
  const many = total >= MANY;
  const tell = (progress: Progress): void => {
    if (many) context.report(progress);
  };
  const items: Items = {
    begin(item) {
      tell({ type: 'item', id: item.key, name: item.slot });
      return toldApart(context, item, many);
    },
    end(key, error) {
      if (error === null) tell({ type: 'item-end', id: key, result: 'done' });
      else tell({ type: 'item-end', id: key, result: 'failed', note: error.message });
    },
    async work(item, each, failure) {
      const own = items.begin(item);
      try {
        const result = await each(own);
        items.end(item.key, failure?.(result) ?? null);
        return result;
      } catch (error) {
        items.end(item.key, error instanceof Error ? error : new Error(String(error)));
        throw error;
      }
    },
  };
  tell({ type: 'items', total });
  try {
    return await work(items);
  } finally {
    tell({ type: 'items-end' });
  }
}

/** Steps of several volumes at once: each under an id of its own, with a title that names the volume. */
function toldApart(context: OperationContext, { key, slot }: Item, many: boolean): OperationContext {
  const item = many ? { item: key } : {};
  return {
    ...context,
    report: (progress) => {
      if (progress.type === 'step') {
        const title = progress.title.includes(slot) ? progress.title : `${slot}: ${progress.title}`;
        context.report({ ...progress, ...item, id: `${key} ${progress.id}`, title });
      } else if (progress.type === 'step-end') {
        context.report({ ...progress, ...item, id: `${key} ${progress.id}` });
      } else {
        context.report(progress);
      }
    },
  };
}
