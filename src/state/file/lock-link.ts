import {
  linkSync,
  lstatSync,
  lutimesSync,
  readFileSync,
  readlinkSync,
  renameSync,
  symlinkSync,
  unlinkSync,
} from 'node:fs';
import { hostname } from 'node:os';
import type { LockHolder } from '../lock.ts';
import { systemCode } from './faults.ts';

/**
 * The lock between hosts that share the directory is a symbolic link that points nowhere: its target is a
 * JSON document that says who holds the lock. Making one is atomic, fails when there is one, and whoever
 * reads it reads all of it, so there is no lock at any instant of which it isn't known whose it is. (Emacs
 * and Firefox lock files the same way.) The time stamp is kept fresh by proper-lockfile.
 */
export interface LockMark extends LockHolder {
  /** Tells one holding of the lock from every other. */
  readonly id: string;
  /** The lock's name. */
  readonly name: string;
  /** Host name and boot: processes with the same are kept apart by the kernel. */
  readonly machine: string;
}

/** What a link held when it was read: the text, to compare, and what it says; null when it makes no sense. */
export interface LinkText {
  readonly text: string;
  readonly mark: LockMark | null;
}

/** Some file systems (XFS) end a symbolic link's target here, in bytes. */
const LONGEST = 1000;

/** This host since its last boot. */
export function thisMachine(): string {
  try {
    return `${hostname()} ${readFileSync('/proc/sys/kernel/random/boot_id', 'latin1').trim()}`;
  } catch {
    // Without it, a left-over lock of this host is taken for one of another host's: slower, not less safe.
    return `${hostname()} unknown-${process.pid}`;
  }
}

/** The link's text; the command, then other free text, is cut where it would be too long. */
export function formatMark(mark: LockMark): string {
  const cut = { ...mark };
  for (const field of ['command', 'who', 'name', 'host'] as const) {
    const over = Buffer.byteLength(JSON.stringify(cut)) - LONGEST;
    if (over <= 0) break;
    cut[field] = shortened(cut[field], over);
  }
  return JSON.stringify(cut);
}

/** Null when there is no link. @throws system errors, such as EINVAL when it is not a link. */
export function readLink(path: string): LinkText | null {
  try {
    const text = readlinkSync(path);
    return { text, mark: parseMark(text) };
  } catch (error) {
    if (systemCode(error) === 'ENOENT') return null;
    throw error;
  }
}

/** The link's time stamp in milliseconds since 1970; null when there is no link. */
export function touchedAt(path: string): number | null {
  return lstatSync(path, { throwIfNoEntry: false })?.mtimeMs ?? null;
}

/**
 * Removes the link if it has exactly this text. It is first renamed, which only one can do, then looked at
 * again: had another taken its place meanwhile, that one is put back.
 * @param asidePath a name that no other process uses at the same time.
 */
export function removeLink(path: string, text: string, asidePath: string): boolean {
  if (readLink(path)?.text !== text) return false;
  try {
    renameSync(path, asidePath);
  } catch (error) {
    if (systemCode(error) === 'ENOENT') return false;
    throw error;
  }
  const taken = readLink(asidePath)?.text === text;
  if (!taken) putBack(asidePath, path);
  unlinkSync(asidePath);
  return taken;
}

function putBack(from: string, to: string): void {
  try {
    linkSync(from, to);
  } catch (error) {
    // A third one holds it now; the one that was pushed aside finds out when it looks.
    if (systemCode(error) !== 'EEXIST') throw error;
  }
}

type Callback<T = void> = (error: unknown, result?: T) => void;

/** The file operations of proper-lockfile, done on a link with this text instead of on a directory. */
export function linkFileSystem(text: string, asidePath: string): object {
  const remove = (path: string): void => {
    if (!removeLink(path, text, asidePath)) throw Object.assign(new Error('not ours'), { code: 'ENOENT' });
  };
  return {
    mkdir: (path: string, done: Callback) => call(done, () => symlinkSync(text, path)),
    stat: (path: string, done: Callback<unknown>) => call(done, () => lstatSync(path)),
    utimes: (path: string, atime: Date, mtime: Date, done: Callback) =>
      call(done, () => lutimesSync(path, atime, mtime)),
    rmdir: (path: string, done: Callback) => call(done, () => remove(path)),
    rmdirSync: remove,
  };
}

function call<T>(done: Callback<T>, action: () => T): void {
  let result: T;
  try {
    result = action();
  } catch (error) {
    done(error);
    return;
  }
  done(null, result);
}

function shortened(text: string, overBytes: number): string {
  const end = '…';
  let kept = text;
  const target = Math.max(0, Buffer.byteLength(JSON.stringify(text)) - overBytes - end.length * 3);
  while (kept.length > 0 && Buffer.byteLength(JSON.stringify(kept)) > target) kept = kept.slice(0, -1);
  return `${kept}${end}`;
}

function parseMark(text: string): LockMark | null {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    return null;
  }
  if (typeof value !== 'object' || value === null) return null;
  const it = value as Readonly<Record<keyof LockMark, unknown>>;
  const { id, name, machine, who, host, pid, command, since } = it;
  const texts = [id, name, machine, who, host, command, since];
  if (!texts.every((part) => typeof part === 'string') || !Number.isSafeInteger(pid)) return null;
  return value as LockMark;
}

/** What others are told of a holder. */
export function holderOf(mark: LockMark): LockHolder {
  const { who, host, pid, command, since } = mark;
  return { who, host, pid, command, since };
}
