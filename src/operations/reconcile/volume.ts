import type { VolumeId } from '../../attachment/transitions.ts';
import { isReason, RdsctlError } from '../../errors/rdsctl-error.ts';
import type { Lock } from '../../state/lock.ts';
import type { OperationContext } from '../context.ts';
import { driftOf, type Drift, type LabelOf } from './drift.ts';
import { lookAgain } from './look.ts';
import { repair } from './repair.ts';
import type { DriftReport } from './report.ts';
import { sessionsOf, type Views } from './views.ts';

/** More repairs than one volume can need, one after the other. */
const MOST_REPAIRS = 12;

/** What is needed to go into one volume. */
export interface Case {
  readonly volume: VolumeId;
  /** What the survey saw. */
  readonly before: Views;
  readonly labelOf: LabelOf;
}

/**
 * Looks again and goes through what would be repaired, with hosts and a state that change nothing and tell what
 * they would be sent. What comes of it is not looked at: the nodes show what they are, not what they would be.
 */
export async function planVolume(
  context: OperationContext,
  { volume, before, labelOf }: Case,
  lock: Lock,
): Promise<DriftReport[]> {
  let views;
  try {
    views = await lookAgain(context, before, volume);
  } catch (error) {
    if (!(error instanceof RdsctlError) || context.signal.aborted) throw error;
    return lost([], volume, error);
  }
  const disk = views.servers.get(volume.rds)?.disks.get(volume.slot);
  const reports: DriftReport[] = [];
  for (const drift of driftOf(views, sessionsOf(views), volume.key, labelOf)) {
    const planned = drift.repair !== null && disk !== undefined;
    reports.push({ ...drift, result: planned ? 'planned' : 'left', error: null });
    if (!planned) continue;
    try {
      await repair(context, volume, drift, disk, lock);
    } catch (error) {
      // A second repair builds on what the first one would have left: it tells as much as it can.
      if (!(error instanceof RdsctlError) || context.signal.aborted) throw error;
    }
  }
  return reports;
}

/**
 * Repairs a volume whose lock is held: looks at it again, repairs the first drift that may be repaired unasked,
 * and so on until none is left. Each is tried once.
 */
export async function repairVolume(
  context: OperationContext,
  { volume, before, labelOf }: Case,
  lock: Lock,
): Promise<DriftReport[]> {
  const reports: DriftReport[] = [];
  const tried = new Map<string, Drift>();
  const isTried = (drift: Drift): boolean => tried.has(nameOf(drift));
  let views = before;
  for (let count = 0; count < MOST_REPAIRS; count += 1) {
    try {
      views = await lookAgain(context, views, volume);
    } catch (error) {
      if (!(error instanceof RdsctlError) || context.signal.aborted) throw error;
      return [...reports, ...lost(reports, volume, error)];
    }
    const found = driftOf(views, sessionsOf(views), volume.key, labelOf);
    const next = found.find((drift) => drift.repair !== null && !isTried(drift));
    const disk = views.servers.get(volume.rds)?.disks.get(volume.slot);
    if (next === undefined || disk === undefined) {
      const repaired = reports.filter(({ result }) => result === 'repaired').map(nameOf);
      const again = found.filter((drift) => repaired.includes(nameOf(drift))).map(nameOf);
      return [
        ...reports.map((report) => (again.includes(nameOf(report)) ? shownAgain(report) : report)),
        ...found
          .filter((drift) => !isTried(drift) && !isTold(reports, drift))
          .map((drift) => ({ ...drift, ...LEFT })),
      ];
    }
    tried.set(nameOf(next), next);
    try {
      await repair(context, volume, next, disk, lock);
      reports.push({ ...next, result: 'repaired', error: null });
    } catch (error) {
      if (!(error instanceof RdsctlError)) throw error;
      reports.push({ ...next, result: 'failed', error });
      if (context.signal.aborted || isReason(error, 'LOST_LOCK')) return reports;
    }
  }
  return reports;
}

export const LEFT = { result: 'left', error: null } as const;

function nameOf({ kind, node, repair: what }: Drift): string {
  return `${kind} ${node ?? ''} ${what ?? ''}`;
}

function shownAgain(report: DriftReport): DriftReport {
  return {
    ...report,
    result: 'failed',
    error: new RdsctlError('NOT_VERIFIED', {
      message: `it was repaired, but shows again: ${report.meaning}`,
      hints: [{ when: 'By hand:', run: report.command }],
      details: { volume: report.volume, node: report.node },
    }),
  };
}

/** A node that a repair failed on, and that can't be asked any more: that is told with the repair. */
function isTold(reports: readonly DriftReport[], { node, repair: what, details }: Drift): boolean {
  const unseen = (details['situation'] as { session?: string } | undefined)?.session === 'unseen';
  const failed = reports.some((report) => report.result === 'failed' && report.node === node);
  return what === null && unseen && failed;
}

/** The storage server went away before it could be seen what came of it. */
function lost(reports: readonly DriftReport[], volume: VolumeId, error: RdsctlError): DriftReport[] {
  const meaning = `${volume.rds} could not be asked again: ${error.message}`;
  const command = `rdsctl show ${volume.key}`;
  return reports.some(({ result }) => result === 'failed')
    ? []
    : [
        {
          kind: 'not-seen',
          volume: volume.key,
          rds: volume.rds,
          node: null,
          meaning,
          repair: null,
          command,
          details: {},
          result: 'failed',
          error,
        },
      ];
}
