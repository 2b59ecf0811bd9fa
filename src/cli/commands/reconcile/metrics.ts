import type { ReconcileReport } from '../../../operations/reconcile/report.ts';
import type { ListedLock } from '../../../state/lock-care.ts';
import type { State } from '../../../state/state.ts';
import { readMetricsFile, writeMetricsFile } from '../../../metrics/metrics-file.ts';
import { lastSuccessIn, reconcileMetrics, type ReconcileFacts } from '../../../metrics/reconcile-metrics.ts';

/** What the metrics of a run are made from. */
export interface MeasuredRun {
  readonly file: string;
  readonly at: Date;
  readonly durationMs: number;
  /** Null when it could not even begin. */
  readonly report: ReconcileReport | null;
  readonly exitCode: number;
  /** Null when it could not be read. */
  readonly state: State | null;
  readonly locks: readonly ListedLock[];
}

/**
 * Writes the metrics of a run. One that left the work to another reconcile writes nothing: the other will.
 * @throws RdsctlError LOCAL_IO
 */
export async function writeMetrics(run: MeasuredRun): Promise<void> {
  if (run.report !== null && run.report.busy !== null) return;
  const before = await readMetricsFile(run.file);
  await writeMetricsFile(
    run.file,
    await reconcileMetrics(factsOf(run, before === null ? null : lastSuccessIn(before))),
  );
}

function factsOf(
  { at, durationMs, report, exitCode, state, locks }: MeasuredRun,
  lastSuccess: number | null,
): ReconcileFacts {
  const hosts = (
    kind: 'storage_server' | 'node',
    seen: ReconcileReport['servers'] | undefined,
  ): ReconcileFacts['hosts'] => [
    ...(seen?.asked ?? []).map((name) => ({ kind, name, reachable: true })),
    ...(seen?.unasked ?? []).map(({ name }) => ({ kind, name, reachable: false })),
  ];
  return {
    at,
    durationMs,
    exitCode,
    lastSuccess,
    inSync: report?.inSync ?? null,
    succeeded:
      report !== null && report.failure === null && !report.dryRun && report.servers.unasked.length === 0,
    attachments: Object.values(state?.attachments ?? {}).map(({ phase, rds, holders }) => ({
      phase,
      rds,
      nodes: holders.map(({ node }) => node),
    })),
    drift: report?.drift ?? [],
    fencedNodes: Object.entries(state?.nodes ?? {})
      .filter(([, { fenced }]) => fenced !== null)
      .map(([name]) => name),
    locksHeld: locks.filter(({ alive, name }) => alive !== false && name !== 'reconcile').length,
    skipped: report?.skipped.length ?? 0,
    hosts: [...hosts('storage_server', report?.servers), ...hosts('node', report?.nodes)],
  };
}
