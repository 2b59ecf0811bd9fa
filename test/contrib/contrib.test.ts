import { execFileSync } from 'node:child_process';
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { parse } from 'yaml';
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
