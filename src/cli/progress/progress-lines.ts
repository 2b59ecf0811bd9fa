import type { Progress, Report } from '../../operations/ports/reporter.ts';
import type { TextOutput } from '../io/cli-io.ts';
import type { Style } from '../output/style.ts';
import { endedLine } from './ended-line.ts';
import { ProgressState } from './progress-state.ts';
import { endLine, waitingText } from './progress-text.ts';

/** How much is told: from the common options. */
export interface Loudness {
  readonly quiet: boolean;
  /** 0 to 3. */
  readonly verbose: number;
}

interface LineOptions extends Loudness {
  readonly stderr: TextOutput;
  readonly style: Style;
  readonly now: () => Date;
}

/**
 * Tells progress as lines of text, one after the other: steps on a terminal or with `-v`, commands with `-vv`.
 * Of many volumes a terminal gets a line for each that ended; `-v` tells all their steps.
 */
export function progressLines({ stderr, style, now, quiet, verbose }: LineOptions): Report {
  const state = new ProgressState();
  const line = (text: string): void => void stderr.write(`${text}\n`);
  const steps = stderr.isTTY || verbose >= 1;
  return (progress) => {
    if (quiet) return;
    const time = now().getTime();
    const text = steps ? lineFor(progress, state, time, { style, verbose }) : null;
    state.take(progress, time);
    if (text !== null) line(text);
    else if (progress.type === 'warning') line(endedLine(progress, state, time, style) ?? '');
    else if (progress.type === 'command' && verbose >= 2) line(commandText(progress, style));
  };
}

function lineFor(
  progress: Progress,
  state: ProgressState,
  now: number,
  { style, verbose }: { readonly style: Style; readonly verbose: number },
): string | null {
  const all = verbose >= 1;
  switch (progress.type) {
    case 'step':
      return all || progress.item === undefined ? style.dim(`… ${progress.title}`) : null;
    case 'step-end': {
      if (!all || progress.item === undefined) break;
      const step = state.steps.get(progress.id);
      const took = step === undefined ? null : now - step.since;
      return endLine(progress.result, step?.title ?? progress.id, progress.note, took, style);
    }
    case 'waiting':
      return style.caution(waitingText(progress.lock, progress.holder, now));
    case 'item-end': {
      if (all || progress.result === 'failed') break;
      const item = state.bulk?.items.get(progress.id);
      const took = item === undefined ? null : now - item.since;
      const count = `${(state.bulk?.ended ?? 0) + 1} of ${state.bulk?.total ?? 0}`;
      return endLine('done', item?.name ?? progress.id, count, took, style);
    }
    case 'warning':
      return null;
    case 'items':
    case 'item':
    case 'items-end':
    case 'waited':
    case 'command':
      break;
  }
  return endedLine(progress, state, now, style);
}

function commandText(progress: Extract<Progress, { type: 'command' }>, style: Style): string {
  const lines = progress.command.trimEnd().split('\n');
  return lines.map((text) => style.dim(`${progress.host}${progress.changes ? '#' : '>'} ${text}`)).join('\n');
}
