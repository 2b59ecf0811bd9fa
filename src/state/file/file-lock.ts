import { randomUUID } from 'node:crypto';
import { hostname } from 'node:os';
import { join } from 'node:path';
import { RdsctlError } from '../../errors/rdsctl-error.ts';
import type { HolderFacts, Lock, LockHolder, LockRequest } from '../lock.ts';
import { makeDirectory } from './directories.ts';
import { systemCode, unwritable } from './faults.ts';
import { acquireKernelLock, type KernelLock } from './kernel-lock.ts';
import { heartbeat, type Heartbeat } from './heartbeat.ts';
import { formatMark, holderOf, readLink, removeLink, thisMachine, type LinkText } from './lock-link.ts';
import { lockedError, lostError } from '../lock-errors.ts';
import { encodeName } from './lock-name.ts';
import { isOver, patience, pause, throwIfAborted, waitedMs, type Patience } from '../patience.ts';
import { watchStaleness } from './staleness.ts';
import type { StepHooks } from '../step-hooks.ts';
import { step } from './steps.ts';

/** How a directory's locks are taken. */
export interface LockSettings {
  /** The directory of the locks. */
  readonly directory: string;
  readonly holder: () => HolderFacts;
  /** Milliseconds (2,000 at least) after which the lock of another host that gives no sign of life is taken over. */
  readonly staleMs: number;
  readonly hooks?: StepHooks | undefined;
}

/** The files of one lock. */
export interface LockPaths {
  /** The link that says who holds it. */
  readonly link: string;
  /** What the kernel locks; one for each host. */
  readonly kernel: string;
  /** Where this host moves a link before it removes it. */
  readonly aside: string;
}

export function lockPaths(directory: string, name: string): LockPaths {
  const base = join(directory, encodeName(name));
  const host = encodeName(hostname());
  return { link: `${base}.lock`, kernel: `${base}@${host}`, aside: `${base}@${host}@gone` };
}

/** Between looks at a lock that another host holds. */
const POLL_MS = 40;
/** Between looks at who holds a lock that a process of this host holds. */
const LOOK_MS = 200;

/**
 * Waits for a lock: first for the kernel's, which keeps the processes of this host apart, then for the link,
 * which keeps hosts apart. With the kernel's lock held, a link of this host is known to be a dead process's.
 * @throws RdsctlError LOCKED, STATE_UNWRITABLE, or the signal's reason.
 */
export async function acquireFileLock(settings: LockSettings, request: LockRequest): Promise<Lock> {
  const wait = patience(request.timeoutMs, request.signal);
  const paths = lockPaths(settings.directory, request.name);
  const watcher = watchHolder(paths.link, request.onWait);
  let kernel: KernelLock | null = null;
  try {
    kernel = await step(settings.hooks, 'lock-kernel', () => takeKernelLock(settings, paths, wait, watcher));
    if (kernel === null) throw lockedError(request.name, readHolder(paths.link), waitedMs(wait));
    const mine = await step(settings.hooks, 'lock-link', () =>
      takeLink(settings, request, paths, wait, watcher),
    );
    if (mine === null) throw lockedError(request.name, readHolder(paths.link), waitedMs(wait));
    return heldLock(settings, request.name, paths, kernel, mine);
  } catch (error) {
    kernel?.release();
    if (error instanceof RdsctlError || systemCode(error) === '') throw error;
    throw unwritable(paths.link, error);
  }
}

async function takeKernelLock(
  settings: LockSettings,
  paths: LockPaths,
  wait: Patience,
  watcher: () => void,
): Promise<KernelLock | null> {
  try {
    return await acquireKernelLock(paths.kernel, wait, watcher);
  } catch (error) {
    if (systemCode(error) !== 'ENOENT') throw error;
    makeDirectory(settings.directory);
    return acquireKernelLock(paths.kernel, wait, watcher);
  }
}

/** A link of ours, kept fresh. */
interface OwnLink {
  readonly text: string;
  readonly heartbeat: Heartbeat;
}

async function takeLink(
  settings: LockSettings,
  request: LockRequest,
  paths: LockPaths,
  wait: Patience,
  watcher: () => void,
): Promise<OwnLink | null> {
  const machine = thisMachine();
  const isStale = watchStaleness(paths.link, settings.staleMs);
  for (;;) {
    const there = readLink(paths.link);
    if (there === null) {
      const text = newText(settings, request.name, machine);
      const beating = await heartbeat(paths.link, text, paths.aside, settings.staleMs);
      if (beating !== null) return { text, heartbeat: beating };
    } else if (there.mark?.machine === machine || isStale(there)) {
      removeLink(paths.link, there.text, paths.aside);
    } else {
      throwIfAborted(wait.signal);
      if (isOver(wait)) return null;
      watcher();
      await pause(POLL_MS, wait);
    }
  }
}

function newText(settings: LockSettings, name: string, machine: string): string {
  return formatMark({
    id: randomUUID(),
    name,
    ...settings.holder(),
    since: new Date().toISOString(),
    machine,
  });
}

function heldLock(
  { hooks }: LockSettings,
  name: string,
  paths: LockPaths,
  kernel: KernelLock,
  { text, heartbeat }: OwnLink,
): Lock {
  let released: Promise<void> | null = null;
  const release = async (): Promise<void> => {
    try {
      await step(hooks, 'unlock-link', () => heartbeat.stop());
    } finally {
      await step(hooks, 'unlock-kernel', () => kernel.release());
    }
  };
  return {
    name,
    assertHeld: () => {
      if (released !== null) throw lostError(name, 'it was released', null);
      const there = linkOrNull(paths.link);
      if (there?.text !== text) throw lostError(name, 'somebody else took it over', there?.mark ?? null);
      if (heartbeat.lost !== null) throw lostError(name, heartbeat.lost, null);
      if (!kernel.isCurrent()) throw lostError(name, 'its file was removed', null);
    },
    release: () => (released ??= release()),
  };
}

/** Null as well when it can't be told: then the lock counts as lost. */
function linkOrNull(path: string): LinkText | null {
  try {
    return readLink(path);
  } catch {
    return null;
  }
}

function readHolder(path: string): LockHolder | null {
  const mark = linkOrNull(path)?.mark;
  return mark === undefined || mark === null ? null : holderOf(mark);
}

/** Tells `onWait` the holder the first time it is called, and again when the holder has changed. */
function watchHolder(path: string, onWait: LockRequest['onWait']): () => void {
  if (onWait === undefined) return () => undefined;
  let lookedAt = -Infinity;
  let told: string | null | undefined;
  return () => {
    const now = performance.now();
    if (now - lookedAt < LOOK_MS) return;
    lookedAt = now;
    const there = linkOrNull(path);
    const id = there?.mark?.id ?? null;
    if (id === told) return;
    told = id;
    onWait(there?.mark ? holderOf(there.mark) : null);
  };
}
