import { execFileSync } from 'node:child_process';
import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { RdsctlError } from '../../src/errors/rdsctl-error.ts';
import { readMetricsFile, writeMetricsFile } from '../../src/metrics/metrics-file.ts';
import { lastSuccessIn, reconcileMetrics, type ReconcileFacts } from '../../src/metrics/reconcile-metrics.ts';

const facts: ReconcileFacts = {
  at: new Date('2026-11-20T14:00:00Z'),
  durationMs: 1250,
  exitCode: 0,
  inSync: false,
  succeeded: true,
  lastSuccess: 1000,
  attachments: [
    { phase: 'attached', rds: 'rds1', nodes: ['node-1'] },
    { phase: 'attached', rds: 'rds1', nodes: ['node-1', 'node-2'] },
    { phase: 'fenced', rds: 'rds2', nodes: ['node-3'] },
  ],
  drift: [
    { kind: 'untracked-export', result: 'left' },
    { kind: 'untracked-export', result: 'left' },
  ],
  fencedNodes: ['node-3'],
  locksHeld: 2,
  skipped: 1,
  hosts: [
    { kind: 'storage_server', name: 'rds1', reachable: true },
    { kind: 'node', name: 'node-3', reachable: false },
  ],
};

describe('metrics of a reconcile', () => {
  it('tell attachments by phase and node, drift by kind, and when it ran', async () => {
    const text = await reconcileMetrics(facts);
    for (const line of [
      'rdsctl_attachments{phase="attached",node="node-1",rds="rds1"} 2',
      'rdsctl_attachments{phase="attached",node="node-2",rds="rds1"} 1',
      'rdsctl_attachments{phase="fenced",node="node-3",rds="rds2"} 1',
      'rdsctl_drift{kind="untracked-export",result="left"} 2',
      'rdsctl_node_fenced{node="node-3"} 1',
      'rdsctl_host_reachable{kind="storage_server",name="rds1"} 1',
      'rdsctl_host_reachable{kind="node",name="node-3"} 0',
      'rdsctl_locks_held 2',
      'rdsctl_reconcile_skipped_volumes 1',
      'rdsctl_reconcile_in_sync 0',
      'rdsctl_reconcile_exit_code 0',
      'rdsctl_reconcile_duration_seconds 1.25',
      'rdsctl_reconcile_last_run_timestamp_seconds 1795183200',
      'rdsctl_reconcile_last_success_timestamp_seconds 1795183200',
    ]) {
      expect(text.split('\n')).toContain(line);
    }
  });

  it('keep the last success when this run was none', async () => {
    const text = await reconcileMetrics({ ...facts, succeeded: false });
    expect(lastSuccessIn(text)).toBe(1000);
    expect(
      lastSuccessIn(await reconcileMetrics({ ...facts, succeeded: false, lastSuccess: null })),
    ).toBeNull();
  });

  it('say nothing of being in sync when nothing was looked at', async () => {
    expect(await reconcileMetrics({ ...facts, inSync: null })).not.toContain('rdsctl_reconcile_in_sync');
  });

  it('are what promtool takes for good', async () => {
    const said = execFileSync('promtool', ['check', 'metrics'], {
      input: await reconcileMetrics(facts),
      encoding: 'utf8',
    });
    expect(said).toBe('');
  });
});

describe('the metrics file', () => {
  let dir = '';
  beforeEach(() => {
    dir = mkdtempSync(path.join(tmpdir(), 'rdsctl-metrics-'));
  });
  afterEach(() => rmSync(dir, { recursive: true, force: true }));

  it('is replaced as a whole, and others may read it', async () => {
    const file = path.join(dir, 'rdsctl.prom');
    expect(await readMetricsFile(file)).toBeNull();
    await writeMetricsFile(file, 'old 1\n');
    const before = statSync(file).ino;
    await writeMetricsFile(file, 'new 1\n');
    expect(readFileSync(file, 'utf8')).toBe('new 1\n');
    expect(statSync(file).ino).not.toBe(before);
    expect(statSync(file).mode & 0o777).toBe(0o644);
    expect(readdirSync(dir)).toEqual(['rdsctl.prom']);
  });

  it('is told when it can not be written, and nothing is left behind', async () => {
    writeFileSync(path.join(dir, 'file'), '');
    await expect(writeMetricsFile(path.join(dir, 'missing/rdsctl.prom'), 'x 1\n')).rejects.toMatchObject({
      reason: 'LOCAL_IO',
    });
    await expect(writeMetricsFile(path.join(dir, 'file/rdsctl.prom'), 'x 1\n')).rejects.toBeInstanceOf(
      RdsctlError,
    );
    await expect(readMetricsFile(dir)).rejects.toMatchObject({ reason: 'LOCAL_IO' });
    expect(readdirSync(dir)).toEqual(['file']);
  });
});
