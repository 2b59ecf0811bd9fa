import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { lastSuccessIn } from '../../src/metrics/reconcile-metrics.ts';
import { openScene } from './scene.ts';

describe('reconcile --metrics-file', () => {
  test('writes what it saw, and when it last succeeded', async () => {
    const scene = await openScene();
    const file = join(scene.dir, 'rdsctl.prom');
    await scene.done('attach', 'vol-1', 'node-1');
    expect((await scene.run('reconcile', '--metrics-file', file)).code).toBe(0);
    const first = readFileSync(file, 'utf8');
    expect(first).toContain('rdsctl_attachments{phase="attached",node="node-1",rds="rds1"} 1\n');
    expect(first).toContain('rdsctl_reconcile_in_sync 1\n');
    expect(first).toContain('rdsctl_host_reachable{kind="node",name="node-2"} 1\n');
    expect(first).toContain('rdsctl_locks_held 0\n');
    expect(lastSuccessIn(first)).not.toBeNull();
  });

  test('tells drift by kind and what came of it, phases, fenced nodes, locks held and what was skipped', async () => {
    const scene = await openScene({ nodes: 3, volumes: 4 });
    const file = join(scene.dir, 'rdsctl.prom');
    await scene.done('attach', 'vol-1', 'node-1');
    await scene.done('attach', 'vol-2', 'node-2');
    await scene.done('fence', 'node-2', '--yes');
    await scene.simulation.node('node-1').down('off');
    await scene.simulation.node('node-1').up();
    await scene.setDisk('vol-3', 'nvme-tcp-export=yes');
    const held = scene.hold(/vol-4/);
    const working = scene.start(['attach', 'vol-4', 'node-3']);
    await held.reached;
    expect((await scene.run('reconcile', '--metrics-file', file)).code).toBe(0);
    held.letGo();
    await working.ended;
    const lines = readFileSync(file, 'utf8').split('\n');
    for (const line of [
      'rdsctl_drift{kind="not-connected",result="repaired"} 1',
      'rdsctl_drift{kind="untracked-export",result="left"} 1',
      'rdsctl_attachments{phase="fenced",node="node-2",rds="rds1"} 1',
      'rdsctl_node_fenced{node="node-2"} 1',
      'rdsctl_reconcile_in_sync 0',
      'rdsctl_locks_held 1',
    ]) {
      expect(lines).toContain(line);
    }
    const duration = lines.find((line) => line.startsWith('rdsctl_reconcile_duration_seconds '));
    expect(Number(duration?.split(' ')[1])).toBeGreaterThan(0);
  });

  test('keeps the last success when no storage server answers, and says so', async () => {
    const scene = await openScene();
    const file = join(scene.dir, 'rdsctl.prom');
    await scene.done('reconcile', '--metrics-file', file);
    const before = lastSuccessIn(readFileSync(file, 'utf8'));
    await scene.faults({ at: 'rds1', when: 'connect', do: 'refuse' });
    expect((await scene.run('reconcile', '--metrics-file', file)).code).toBe(6);
    const after = readFileSync(file, 'utf8');
    expect(lastSuccessIn(after)).toBe(before);
    expect(after).toContain('rdsctl_reconcile_exit_code 6\n');
    expect(after).toContain('rdsctl_host_reachable{kind="storage_server",name="rds1"} 0\n');
  });

  test('tells of a state that can not be read', async () => {
    const scene = await openScene();
    const file = join(scene.dir, 'rdsctl.prom');
    await scene.done('attach', 'vol-1', 'node-1');
    writeFileSync(join(scene.stateDir, 'state.json'), 'garbage');
    expect((await scene.run('reconcile', '--metrics-file', file)).code).toBe(9);
    const text = readFileSync(file, 'utf8');
    expect(text).toContain('rdsctl_reconcile_exit_code 9\n');
    expect(text).not.toContain('rdsctl_reconcile_in_sync ');
  });

  test('a file that can not be written is an error, after the repairs', async () => {
    const scene = await openScene();
    const refused = await scene.run(
      'reconcile',
      '--metrics-file',
      join(scene.dir, 'missing/rdsctl.prom'),
      '-o',
      'json',
    );
    expect(refused.code).toBe(1);
    expect(refused.error()).toMatchObject({ reason: 'LOCAL_IO' });
    expect(existsSync(join(scene.dir, 'missing'))).toBe(false);
  });
});
