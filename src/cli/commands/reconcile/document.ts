import type { PlannedCommand } from '../../operating/plan.ts';
import type { Asked, DriftReport, ReconcileReport } from '../../../operations/reconcile/report.ts';

/** The fields of a `ReconcileReport` document. @param planned what a dry run would send, else empty */
export function reconcileBody(report: ReconcileReport, planned: readonly PlannedCommand[]): object {
  const { drift, skipped } = report;
  const count = (result: DriftReport['result']): number =>
    drift.filter((one) => one.result === result).length;
  return {
    inSync: report.inSync,
    dryRun: report.dryRun,
    busy: report.busy,
    storageServers: askedBody(report.servers),
    nodes: askedBody(report.nodes),
    drift: drift.map((one) => ({
      kind: one.kind,
      volume: one.volume === null ? null : one.volume.slice(one.volume.indexOf('/') + 1),
      rds: one.rds,
      node: one.node,
      meaning: one.meaning,
      unasked: one.repair !== null,
      repair: one.repair,
      done: one.result === 'repaired',
      result: one.result,
      reason: one.error?.reason ?? null,
      message: one.error?.message ?? null,
      command: one.command,
      details: one.details,
    })),
    skipped: skipped.map(({ volume, holder }) => ({
      volume: volume.slice(volume.indexOf('/') + 1),
      rds: volume.slice(0, volume.indexOf('/')),
      holder,
    })),
    commands: planned.map(({ at, kind, command }) => ({ at, kind, command })),
    counts: {
      volumes: report.volumes,
      drift: drift.length,
      repaired: count('repaired'),
      planned: count('planned'),
      left: count('left'),
      failed: count('failed'),
      skipped: skipped.length,
      serversUnasked: report.servers.unasked.length,
      nodesUnasked: report.nodes.unasked.length,
    },
  };
}

function askedBody({ asked, unasked }: Asked): object {
  return {
    asked,
    unasked: unasked.map(({ name, error }) => ({ name, reason: error.reason, message: error.message })),
  };
}
