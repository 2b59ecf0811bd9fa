import { Semaphore } from 'async-mutex';

import type { VolumeId } from '../../attachment/transitions.ts';
import { isReason, RdsctlError } from '../../errors/rdsctl-error.ts';
import type { LockHolder } from '../../state/lock.ts';
import { checkpoint, step, type OperationContext } from '../context.ts';
import { asItems } from '../items.ts';
import { lockOptions } from '../locking.ts';
import type { MayTouch } from '../resolve.ts';
import type { Answer, Survey } from '../survey.ts';
import { allDrift } from './drift.ts';
import { firewallDrift } from './firewall.ts';
import { lookAtAll, viewsOf } from './look.ts';
import type { Asked, DriftReport, ReconcileReport, Skipped } from './report.ts';
import { LEFT, planVolume, repairVolume, type Case } from './volume.ts';
import { volumesOf } from './views.ts';

/** Volumes that are repaired side by side: an SSH server takes about ten commands at once on one connection. */
const VOLUMES_AT_ONCE = 8;

/** The locks that others hold now, by name. */
type HeldLocks = () => Promise<ReadonlyMap<string, LockHolder | null>>;

export interface ReconcileRequest {
  /** Dry run: nothing is changed, no lock is taken; tells who holds which. Null = repair. */
  readonly planned: HeldLocks | null;
  /** Milliseconds to wait for another reconcile; 0 = leave it to that one. */
  readonly waitMs: number;
}

/**
 * Compares state, storage servers and nodes, and repairs what is safe to repair unasked: see docs/RECONCILE.md.
 * Each volume is looked at again under its lock; one that somebody works on is left alone.
 * @returns what was found and what came of it; `failure` is set when a repair failed
 * @throws RdsctlError STATE_*; what it was interrupted with before anything was begun
 */
export async function reconcile(
  context: OperationContext,
  request: ReconcileRequest,
  mayTouch: MayTouch,
): Promise<ReconcileReport> {
  if (request.planned !== null) return work(context, request.planned, mayTouch);
  const turn = { had: false };
  const options = { ...lockOptions(context), timeoutMs: request.waitMs };
  try {
    return await context.locks.withLock('reconcile', options, () => {
      turn.had = true;
      return work(context, null, mayTouch);
    });
  } catch (error) {
    if (turn.had) throw error;
    if (!isReason(error, 'LOCKED')) throw untouched(error);
    return { ...NOTHING, busy: holderOf(error) ?? UNKNOWN_HOLDER };
  }
}

const NOBODY_ASKED: Asked = { asked: [], unasked: [] };
const NOTHING: ReconcileReport = {
  dryRun: false,
  busy: null,
  inSync: null,
  servers: NOBODY_ASKED,
  nodes: NOBODY_ASKED,
  volumes: 0,
  drift: [],
  skipped: [],
  failure: null,
};
const UNKNOWN_HOLDER: LockHolder = { who: '?', host: '?', pid: 0, command: '?', since: '' };

async function work(
  context: OperationContext,
  planned: HeldLocks | null,
  mayTouch: MayTouch,
): Promise<ReconcileReport> {
  const seen = await step(context, 'survey', 'ask storage servers and nodes', () => lookAtAll(context)).catch(
    (error: unknown) => {
      throw untouched(error);
    },
  );
  const before = viewsOf(context, seen);
  const firewalls = await firewallDrift(context, before);
  const labelOf = labels(context);
  const keys = volumesOf(before).filter((key) => {
    const { rds, slot } = volumeId(key);
    return before.servers.has(rds) && mayTouch(rds, slot);
  });
  const found = allDrift(before, keys, labelOf);
  const reports = new Map<string, readonly DriftReport[]>();
  const skipped: Skipped[] = [];
  const places = new Semaphore(VOLUMES_AT_ONCE);
  const ended = await asItems(context, found.size, (told) =>
    Promise.allSettled(
      [...found.keys()].map((key) =>
        places.runExclusive(async () => {
          if (context.signal.aborted) return;
          const one: Case = { volume: volumeId(key), before, labelOf };
          const result = await told.work(one.volume, (own) => lookInto(own, one, planned), failureIn);
          if ('skipped' in result) skipped.push(result.skipped);
          else reports.set(key, result.reports);
          tell(context, result);
        }),
      ),
    ),
  );
  const interrupted = interruption(context)?.with({
    now:
      planned === null
        ? 'What is not listed as repaired is left for the next run.'
        : 'Nothing was changed: only a dry run.',
    hints: [{ when: 'To go on:', run: 'rdsctl reconcile' }],
  });
  for (const one of ended) if (one.status === 'rejected' && interrupted === undefined) throw one.reason;
  const isSkipped = new Set(skipped.map(({ volume }) => volume));
  // What was not come to, because the command was interrupted, is told as it was first seen.
  const volumes = [...found].flatMap(([key, first]) =>
    isSkipped.has(key) ? [] : (reports.get(key) ?? first.map((each) => ({ ...each, ...LEFT }))),
  );
  const drift = [...volumes, ...firewalls];
  return {
    dryRun: planned !== null,
    busy: null,
    inSync: drift.every(({ result }) => result === 'repaired'),
    servers: asked(seen.servers),
    nodes: asked(seen.nodes),
    volumes: keys.length,
    drift,
    skipped: skipped.sort((a, b) => (a.volume < b.volume ? -1 : 1)),
    failure: interrupted ?? failureOf(seen, drift),
  };
}

type Looked = { readonly skipped: Skipped } | { readonly reports: readonly DriftReport[] };

/** The first repair that failed. */
function failureIn(result: Looked): Error | null {
  if ('skipped' in result) return null;
  return result.reports.find(({ error }) => error !== null)?.error ?? null;
}

async function lookInto(context: OperationContext, one: Case, planned: HeldLocks | null): Promise<Looked> {
  const { key } = one.volume;
  const turn = { had: false };
  try {
    const held = await planned?.();
    if (held?.has(key) === true) return { skipped: { volume: key, holder: held.get(key) ?? null } };
    return await context.locks.withLock(
      key,
      { timeoutMs: 0, signal: context.signal },
      async (lock): Promise<Looked> => {
        turn.had = true;
        const go = planned === null ? repairVolume : planVolume;
        return { reports: await go(context, one, lock) };
      },
    );
  } catch (error) {
    if (turn.had || !isReason(error, 'LOCKED')) throw error;
    return { skipped: { volume: key, holder: holderOf(error) } };
  }
}

function tell(context: OperationContext, result: Looked): void {
  if ('skipped' in result) return;
  for (const { error, volume, rds, node, meaning } of result.reports) {
    if (error === null) continue;
    const what = volume ?? rds;
    const where = node === null ? what : `${what} on ${node}`;
    context.report({ type: 'warning', message: `${where} (${meaning}) was not repaired: ${error.message}` });
  }
}

/** An error from before the first repair. */
function untouched(error: unknown): unknown {
  return error instanceof RdsctlError && error.now === undefined
    ? error.with({ now: 'Nothing was changed.' })
    : error;
}

function interruption(context: OperationContext): RdsctlError | null {
  try {
    checkpoint(context);
    return null;
  } catch (error) {
    return error instanceof RdsctlError ? error : null;
  }
}

function asked(answers: ReadonlyMap<string, Answer<unknown>>): Asked {
  return {
    asked: [...answers].filter(([, { error }]) => error === null).map(([name]) => name),
    unasked: [...answers].flatMap(([name, { error }]) => (error === null ? [] : [{ name, error }])),
  };
}

/** The one error that stands for the repairs that failed, or for a survey that saw no storage server. */
function failureOf(seen: Survey, drift: readonly DriftReport[]): RdsctlError | null {
  const failed = drift.filter(({ result }) => result === 'failed');
  if (failed.length > 0) {
    return new RdsctlError('PARTIAL', {
      message: `${failed.length} of ${drift.length} could not be repaired: ${failed.map(({ volume, rds, kind }) => `${volume ?? rds} (${kind})`).join(', ')}`,
      now: 'The rest was done.',
      hints: failed.slice(0, 5).map(({ volume, rds, command }) => ({
        when: `${volume ?? rds}:`,
        run: command,
      })),
      details: {
        failed: failed.map(({ volume, rds, node, kind, error }) => ({
          volume,
          rds,
          node,
          kind,
          reason: error?.reason,
        })),
      },
    });
  }
  const servers = [...seen.servers.values()];
  const [first] = servers;
  if (first?.error == null || servers.some(({ error }) => error === null)) return null;
  return first.error.with({
    now: 'No storage server could be asked: nothing was compared, nothing changed.',
  });
}

function holderOf(error: RdsctlError): LockHolder | null {
  return (error.details['holder'] as LockHolder | null | undefined) ?? null;
}

function volumeId(key: string): VolumeId {
  const slash = key.indexOf('/');
  return { key, rds: key.slice(0, slash), slot: key.slice(slash + 1) };
}

function labels({ config }: OperationContext): (key: string) => string {
  const several = Object.keys(config.storageServers).length > 1;
  return (key) => (several ? key : volumeId(key).slot);
}
