import { Gauge, Registry } from 'prom-client';

/** What a reconcile came to, as far as monitoring wants it. */
export interface ReconcileFacts {
  /** When it began; and how long it took, in milliseconds. */
  readonly at: Date;
  readonly durationMs: number;
  readonly exitCode: number;
  /** Null when nothing was looked at. */
  readonly inSync: boolean | null;
  /** Whether it counts as a success: it looked, and nothing that it began failed. */
  readonly succeeded: boolean;
  /** When one last succeeded before this, in seconds since the epoch; null when that is not known. */
  readonly lastSuccess: number | null;
  readonly attachments: readonly {
    readonly phase: string;
    readonly rds: string;
    readonly nodes: readonly string[];
  }[];
  readonly drift: readonly { readonly kind: string; readonly result: string }[];
  readonly fencedNodes: readonly string[];
  readonly locksHeld: number;
  readonly skipped: number;
  readonly hosts: readonly {
    readonly kind: 'storage_server' | 'node';
    readonly name: string;
    readonly reachable: boolean;
  }[];
}

/** Writes it in the Prometheus text format, for the textfile collector of node_exporter. */
export async function reconcileMetrics(facts: ReconcileFacts): Promise<string> {
  const registry = new Registry();
  const gauge = <L extends string>(name: string, help: string, labelNames: readonly L[] = []): Gauge<L> =>
    new Gauge({ name: `rdsctl_${name}`, help, labelNames, registers: [registry] });

  const attachments = gauge(
    'attachments',
    'Attachments in the state, by phase and by node that holds them.',
    ['phase', 'node', 'rds'],
  );
  for (const { phase, rds, nodes } of facts.attachments) {
    for (const node of nodes) attachments.inc({ phase, node, rds });
  }
  const drift = gauge(
    'drift',
    'Differences between state, storage servers and nodes that the last reconcile found, by what came of them.',
    ['kind', 'result'],
  );
  for (const { kind, result } of facts.drift) drift.inc({ kind, result });
  const fenced = gauge('node_fenced', '1 for each node that is marked as fenced.', ['node']);
  for (const node of facts.fencedNodes) fenced.set({ node }, 1);
  const reachable = gauge('host_reachable', 'Whether the last reconcile could ask the host.', [
    'kind',
    'name',
  ]);
  for (const { kind, name, reachable: is } of facts.hosts) reachable.set({ kind, name }, is ? 1 : 0);
  gauge('locks_held', 'Locks that commands hold on volumes just now.').set(facts.locksHeld);
  gauge(
    'reconcile_skipped_volumes',
    'Volumes that the last reconcile left alone because another command was at work.',
  ).set(facts.skipped);
  if (facts.inSync !== null)
    gauge('reconcile_in_sync', 'Whether the last reconcile left no difference of what it could see.').set(
      facts.inSync ? 1 : 0,
    );
  gauge('reconcile_exit_code', 'Exit code of the last reconcile.').set(facts.exitCode);
  gauge('reconcile_duration_seconds', 'How long the last reconcile took.').set(facts.durationMs / 1000);
  gauge('reconcile_last_run_timestamp_seconds', 'When the last reconcile began.').set(seconds(facts.at));
  const success = facts.succeeded ? seconds(facts.at) : facts.lastSuccess;
  if (success !== null)
    gauge(
      'reconcile_last_success_timestamp_seconds',
      'When a reconcile last looked at everything it could and failed at nothing.',
    ).set(success);
  return registry.metrics();
}

/** Reads when a reconcile last succeeded from a file that {@link reconcileMetrics} made; null when it tells none. */
export function lastSuccessIn(text: string): number | null {
  const found = /^rdsctl_reconcile_last_success_timestamp_seconds (\d+(?:\.\d+)?)$/m.exec(text)?.[1];
  return found === undefined ? null : Number(found);
}

function seconds(at: Date): number {
  return at.getTime() / 1000;
}
