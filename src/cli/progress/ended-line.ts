import type { Progress } from '../../operations/ports/reporter.ts';
import type { Style } from '../output/style.ts';
import type { ProgressState } from './progress-state.ts';
import { endLine, waitedText, warningLine } from './progress-text.ts';

/**
 * The line that stays of what is told here, if it is an end or a warning. Of many volumes only those that
 * failed have one, and all of them together; their steps have none.
 * @param state as it was before this was told
 */
export function endedLine(
  progress: Progress,
  state: ProgressState,
  now: number,
  style: Style,
): string | null {
  switch (progress.type) {
    case 'step-end': {
      if (progress.item !== undefined) return null;
      const step = state.steps.get(progress.id);
      const took = step === undefined ? null : now - step.since;
      return endLine(progress.result, step?.title ?? progress.id, progress.note, took, style);
    }
    case 'waited': {
      const wait = state.waits.get(progress.lock);
      if (wait === undefined) return null;
      return endLine('waited', waitedText(progress.lock, wait.holder), undefined, now - wait.since, style);
    }
    case 'item-end': {
      if (progress.result !== 'failed') return null;
      const item = state.bulk?.items.get(progress.id);
      const took = item === undefined ? null : now - item.since;
      return endLine('failed', item?.name ?? progress.id, progress.note, took, style);
    }
    case 'items-end': {
      const { bulk } = state;
      if (bulk === null) return null;
      const { total, ended, failed, since } = bulk;
      const good = ended - failed;
      const title = good === total ? `${total} volumes` : `${good} of ${total} volumes`;
      return endLine(good === total ? 'done' : 'failed', title, undefined, now - since, style);
    }
    case 'warning':
      return warningLine(progress.message, style);
    case 'step':
    case 'waiting':
    case 'items':
    case 'item':
    case 'command':
      return null;
  }
}
