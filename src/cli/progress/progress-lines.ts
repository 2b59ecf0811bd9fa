import type { Progress, Report } from '../../operations/ports/reporter.ts';
import type { LockHolder } from '../../state/lock.ts';
import type { TextOutput } from '../io/cli-io.ts';
import { formatAge } from '../output/units.ts';
import type { Style } from '../output/style.ts';

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

/** Tells progress as lines of text: steps on a terminal or with `-v`, commands with `-vv`. */
export function progressLines({ stderr, style, now, quiet, verbose }: LineOptions): Report {
  const started = new Map<string, { readonly title: string; readonly at: number }>();
  const steps = !quiet && (stderr.isTTY || verbose >= 1);
  const line = (text: string): void => void stderr.write(`${text}\n`);
  return (progress) => {
    switch (progress.type) {
      case 'step':
        started.set(progress.id, { title: progress.title, at: now().getTime() });
        if (steps && verbose >= 1) line(style.dim(`… ${progress.title}`));
        return;
      case 'step-end': {
        const step = started.get(progress.id);
        started.delete(progress.id);
        if (!steps) return;
        const seconds = step === undefined ? '' : ` ${((now().getTime() - step.at) / 1000).toFixed(1)} s`;
        const note = progress.note === undefined ? '' : ` (${progress.note})`;
        line(`${mark(progress.result, style)} ${step?.title ?? progress.id}${note}${style.dim(seconds)}`);
        return;
      }
      case 'waiting':
        if (steps) line(style.caution(waitingText(progress.lock, progress.holder, now())));
        return;
      case 'warning':
        if (!quiet) line(`${style.caution('warning:')} ${progress.message.replaceAll('\n', '\n         ')}`);
        return;
      case 'command':
        if (!quiet && verbose >= 2) line(commandText(progress, style));
        return;
    }
  };
}

function mark(result: 'done' | 'unchanged' | 'failed', style: Style): string {
  if (result === 'done') return style.good('done     ');
  if (result === 'failed') return style.bad('failed   ');
  return style.dim('unchanged');
}

/** What is waited for, and who has it. */
export function waitingText(lock: string, holder: LockHolder | null, now: Date): string {
  const name = lock.includes('/') ? lock.slice(lock.indexOf('/') + 1) : lock;
  if (holder === null) return `waiting for ${name}: another command works on it`;
  const age = formatAge(holder.since, now);
  return `waiting for ${name}: held by \`${holder.command}\`, ${holder.who}@${holder.host}, pid ${holder.pid}, ${age}`;
}

function commandText(progress: Extract<Progress, { type: 'command' }>, style: Style): string {
  const lines = progress.command.trimEnd().split('\n');
  return lines.map((text) => style.dim(`${progress.host}${progress.changes ? '#' : '>'} ${text}`)).join('\n');
}
