import type { Progress, Report } from '../../operations/ports/reporter.ts';
import type { TextOutput } from '../io/cli-io.ts';
import type { Loudness } from './progress-lines.ts';

interface JsonOptions extends Loudness {
  readonly stderr: TextOutput;
  readonly now: () => Date;
}

/** Tells progress as JSON lines, for log collectors. */
export function progressJson({ stderr, now, quiet, verbose }: JsonOptions): Report {
  return (progress) => {
    const level = levelOf(progress);
    if (quiet || (level === 'debug' && verbose < 2)) return;
    const { type, ...facts } = progress;
    void stderr.write(`${JSON.stringify({ time: now().toISOString(), level, event: type, ...facts })}\n`);
  };
}

function levelOf(progress: Progress): 'debug' | 'info' | 'warning' {
  if (progress.type === 'warning') return 'warning';
  return progress.type === 'command' ? 'debug' : 'info';
}
