import { execFileSync, spawnSync } from 'node:child_process';
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { parse, stringify } from 'yaml';
import { reconcile } from '../../src/cli/commands/reconcile/definition.ts';
import { parseCommandLine } from '../../src/cli/parser.ts';
import { reconcileMetrics } from '../../src/metrics/reconcile-metrics.ts';

const root = path.join(import.meta.dirname, '../..');
const dir = mkdtempSync(path.join(tmpdir(), 'rdsctl-contrib-'));
afterAll(() => rmSync(dir, { recursive: true, force: true }));

const units = path.join(root, 'contrib/systemd');

describe('the units for systemd', () => {
  it('are what systemd-analyze takes for good', () => {
    const names = readdirSync(units);
    for (const name of names) {
      // The packaged program isn't here: the one of this tree stands in for it.
      const text = readFileSync(path.join(units, name), 'utf8').replace(
        '/usr/bin/rdsctl',
        path.join(root, 'bin/rdsctl'),
      );
      writeFileSync(path.join(dir, name), text);
    }
    const files = names.map((name) => path.join(dir, name.replace('@.', '@example.')));
    const said = execFileSync(
      'sh',
      ['-c', 'systemd-analyze verify --man=no "$@" 2>&1 || echo "exit $?"', 'sh', ...files],
      {
        encoding: 'utf8',
        env: { ...process.env, SYSTEMD_UNIT_PATH: `${dir}:` },
      },
    );
    expect(said.split('\n').filter((line) => line.includes(dir) || line.startsWith('exit'))).toEqual([]);
  });

  it('run it every few minutes with jitter, again after it ended, and tell when it failed', () => {
    const unit = (name: string): string => readFileSync(path.join(units, name), 'utf8');
    const setting = (name: string, key: string): string | undefined =>
      new RegExp(`^${key}=(.+)$`, 'm').exec(unit(name))?.[1];
    expect(setting('rdsctl-reconcile.timer', 'RandomizedDelaySec')).toMatch(/^[1-9]\d*$/);
    // Not by the clock: one that takes long is not started again the moment it ends.
    expect(setting('rdsctl-reconcile.timer', 'OnUnitInactiveSec')).toBe('5min');
    expect(setting('rdsctl-reconcile.timer', 'WantedBy')).toBe('timers.target');
    expect(setting('rdsctl-reconcile.service', 'OnFailure')).toBe('rdsctl-failed@%n.service');
    expect(readdirSync(units)).toContain('rdsctl-failed@.service');
    // systemd waits for as long as rdsctl may take, and then some: it is never killed in the middle of a step.
    expect(setting('rdsctl-reconcile.service', 'ExecStart')).toContain('--timeout 10m');
    expect(setting('rdsctl-reconcile.service', 'TimeoutStartSec')).toBe('11m');
  });

  it('harden the service so that little is exposed', () => {
    const said = execFileSync(
      'systemd-analyze',
      ['security', '--offline=true', '--no-pager', path.join(units, 'rdsctl-reconcile.service')],
      { encoding: 'utf8' },
    );
    const exposure = /Overall exposure level for \S+: (\d+\.\d)/.exec(said)?.[1];
    expect(Number(exposure)).toBeLessThan(3);
  });
});

describe('command lines in contrib', () => {
  it.each([
    ['systemd/rdsctl-reconcile.service', /^ExecStart=\/usr\/bin\/rdsctl reconcile (.*)$/m],
    ['cron/rdsctl', /\/usr\/bin\/rdsctl reconcile (.*)$/m],
  ] as const)('of %s are ones that reconcile takes', (file, pattern) => {
    const words = pattern.exec(readFileSync(path.join(root, 'contrib', file), 'utf8'))?.[1]?.split(' ');
    expect(words).toBeDefined();
    expect(() => parseCommandLine(reconcile, words ?? [])).not.toThrow();
  });
});

describe('the alerts for Prometheus', () => {
  const file = path.join(root, 'contrib/prometheus/rdsctl.rules.yml');

  it('are what promtool takes for good', () => {
    expect(execFileSync('promtool', ['check', 'rules', file], { encoding: 'utf8' })).toContain('SUCCESS');
  });

  it('fire for what they are for, and not before: drift that stays, a reconcile that does not come', () => {
    const instance = 'instance="admin1"';
    const lasting = (series: string, value: number) => ({ series, values: `${value}x150` });
    const firing = 'count by (alertname, kind, name, node) (ALERTS{alertstate="firing"})';
    const alert = (labels: string) => ({ labels: `{${labels}}`, value: 1 });
    const tests = path.join(dir, 'alerts.yml');
    writeFileSync(
      tests,
      stringify({
        rule_files: [file],
        evaluation_interval: '1m',
        tests: [
          {
            interval: '1m',
            input_series: [
              lasting(`rdsctl_drift{${instance},kind="dead-mount",result="left"}`, 1),
              lasting(`rdsctl_drift{${instance},kind="not-connected",result="repaired"}`, 1),
              lasting(`rdsctl_reconcile_last_success_timestamp_seconds{${instance}}`, 0),
              lasting(`rdsctl_node_fenced{${instance},node="node-2"}`, 1),
              lasting(`rdsctl_host_reachable{${instance},kind="storage_server",name="rds1"}`, 0),
              lasting(`rdsctl_host_reachable{${instance},kind="storage_server",name="rds2"}`, 1),
              lasting(`rdsctl_host_reachable{${instance},kind="node",name="node-1"}`, 0),
              lasting(`rdsctl_attachments{${instance},phase="fencing",node="node-2",rds="rds1"}`, 1),
              lasting(`rdsctl_attachments{${instance},phase="attached",node="node-1",rds="rds1"}`, 9),
            ],
            promql_expr_test: [
              { expr: firing, eval_time: '14m', exp_samples: [] },
              {
                expr: firing,
                eval_time: '2h',
                exp_samples: [
                  alert('alertname="RdsctlAttachmentStuck", node="node-2"'),
                  alert('alertname="RdsctlDriftLeft", kind="dead-mount"'),
                  alert('alertname="RdsctlNodeFenced", node="node-2"'),
                  alert('alertname="RdsctlReconcileStale"'),
                  alert('alertname="RdsctlStorageServerUnreachable", kind="storage_server", name="rds1"'),
                ],
              },
            ],
          },
          {
            interval: '1m',
            input_series: [lasting('up', 1)],
            promql_expr_test: [
              { expr: firing, eval_time: '50m', exp_samples: [] },
              { expr: firing, eval_time: '2h', exp_samples: [alert('alertname="RdsctlReconcileMissing"')] },
            ],
          },
        ],
      }),
    );
    const { status, stdout, stderr } = spawnSync('promtool', ['test', 'rules', tests], { encoding: 'utf8' });
    expect(status, stdout + stderr).toBe(0);
  });

  it('ask for metrics that there are', async () => {
    const text = await reconcileMetrics({
      at: new Date(0),
      durationMs: 1,
      exitCode: 0,
      inSync: true,
      succeeded: true,
      lastSuccess: null,
      attachments: [],
      drift: [],
      fencedNodes: [],
      locksHeld: 0,
      skipped: 0,
      hosts: [],
    });
    const { groups } = parse(readFileSync(file, 'utf8')) as { groups: { rules: { expr: string }[] }[] };
    const asked = groups.flatMap(({ rules }) => rules).flatMap(({ expr }) => expr.match(/rdsctl_\w+/g) ?? []);
    expect(asked.length).toBeGreaterThan(5);
    for (const name of asked) expect(text).toContain(`# TYPE ${name} gauge`);
  });
});
