import type { LockHolder } from '../../state/lock.ts';
import type { Style } from '../output/style.ts';

/** How a step, or one of many volumes, ended. */
export type Ending = 'done' | 'unchanged' | 'failed';

/** How long something took: `0.4 s`, `12 s`, `3 min 5 s`, `2 h 5 min`. */
export function formatElapsed(milliseconds: number): string {
  const ms = Math.max(0, milliseconds);
  return ms < 10_000 ? `${(ms / 1000).toFixed(1)} s` : formatWhole(ms);
}

/** The same in whole seconds: for what is counted up before somebody's eyes. */
export function formatWhole(milliseconds: number): string {
  const seconds = Math.floor(Math.max(0, milliseconds) / 1000);
  if (seconds < 60) return `${seconds} s`;
  const minutes = Math.floor(seconds / 60);
  if (minutes < 60) return `${minutes} min ${seconds % 60} s`;
  return `${Math.floor(minutes / 60)} h ${minutes % 60} min`;
}

/** The line that stays of something that ended. */
export function endLine(
  result: Ending | 'waited',
  title: string,
  note: string | undefined,
  milliseconds: number | null,
  style: Style,
): string {
  const [first = ''] = (note ?? '').split('\n');
  const said = first === '' ? '' : ` (${first})`;
  const took = milliseconds === null ? '' : style.dim(` ${formatElapsed(milliseconds)}`);
  return `${mark(result, style)} ${title}${said}${took}`;
}

function mark(result: Ending | 'waited', style: Style): string {
  if (result === 'done') return style.good('done     ');
  if (result === 'failed') return style.bad('failed   ');
  if (result === 'waited') return style.caution('waited   ');
  return style.dim('unchanged');
}

export function warningLine(message: string, style: Style): string {
  return `${style.caution('warning:')} ${message.replaceAll('\n', '\n         ')}`;
}

/** What is waited for, and who has it. */
export function waitingText(lock: string, holder: LockHolder | null, now: number): string {
  return `waiting for ${lockName(lock)}: ${heldText(holder, now)}`;
}

/** What was waited for, once that is over. */
export function waitedText(lock: string, holder: LockHolder | null): string {
  return `for ${lockName(lock)}: ${heldText(holder, null)}`;
}

function heldText(holder: LockHolder | null, now: number | null): string {
  if (holder === null) return 'another command works on it';
  const since = now === null ? NaN : now - Date.parse(holder.since);
  const age = Number.isNaN(since) ? '' : `, ${formatWhole(since)}`;
  const command = holder.command.replace(/^rdsctl /, '');
  return `held by \`${command}\`, ${holder.who}@${holder.host}, pid ${holder.pid}${age}`;
}

/** A lock is named by its volume's key; the slot says enough. */
function lockName(lock: string): string {
  return lock.includes('/') ? lock.slice(lock.indexOf('/') + 1) : lock;
}
