import { readFileSync, readlinkSync } from 'node:fs';
import type { HolderFacts, LockHolder } from '../lock.ts';

/** What stands in a lock's key. */
export interface Mark extends LockHolder {
  /** Host name, boot and process space: within it, process numbers say which process is meant. */
  readonly machine: string;
  /** When the process began, in the kernel's count: a number that was given again means another process. */
  readonly started: string;
}

export function newMark(facts: HolderFacts): Mark {
  const { who, host, pid, command } = facts;
  return {
    who,
    host,
    pid,
    command,
    since: new Date().toISOString(),
    machine: thisMachine(host),
    started: startOf(pid) ?? '',
  };
}

/** Null when it makes no sense. */
export function parseMark(text: string): Mark | null {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    return null;
  }
  if (typeof value !== 'object' || value === null) return null;
  const it = value as Readonly<Record<keyof Mark, unknown>>;
  const texts = [it.who, it.host, it.command, it.since, it.machine, it.started];
  if (!texts.every((part) => typeof part === 'string') || !Number.isSafeInteger(it.pid)) return null;
  return value as Mark;
}

/** What others are told of a holder. */
export function holderOf({ who, host, pid, command, since }: Mark): LockHolder {
  return { who, host, pid, command, since };
}

/** Whether the process lives; null where that can't be told from here. */
export function isAlive({ machine, host, pid, started }: Mark): boolean | null {
  if (machine !== thisMachine(host) || machine.includes(UNKNOWN)) return null;
  const start = startOf(pid);
  if (start === null) return exists(pid) ? null : false;
  return started === '' ? null : start === started;
}

const UNKNOWN = '?';

function thisMachine(host: string): string {
  const read = (look: () => string): string => {
    try {
      return look().trim();
    } catch {
      return UNKNOWN;
    }
  };
  const boot = read(() => readFileSync('/proc/sys/kernel/random/boot_id', 'latin1'));
  return `${host} ${boot} ${read(() => readlinkSync('/proc/self/ns/pid'))}`;
}

/** The 22nd field of /proc/PID/stat: see proc(5). Null when there is no such process, or it is a zombie. */
function startOf(pid: number): string | null {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'latin1');
    const after = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
    return after[0] === 'Z' || after[0] === 'X' ? null : (after[19] ?? null);
  } catch {
    return null;
  }
}

/** A zombie has ended: it holds nothing. */
function exists(pid: number): boolean {
  try {
    readFileSync(`/proc/${pid}/stat`, 'latin1');
    return false;
  } catch (error) {
    return !(
      error instanceof Error &&
      'code' in error &&
      (error.code === 'ENOENT' || error.code === 'ESRCH')
    );
  }
}
