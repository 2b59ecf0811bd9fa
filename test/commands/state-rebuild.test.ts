import { existsSync, readdirSync, readFileSync, rmSync, truncateSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import type { State } from '../../src/state/state.ts';
import { openScene, type Scene } from './scene.ts';

const file = (scene: Scene): string => join(scene.stateDir, 'state.json');

/** The state without what no storage server and no node knows: when it was attached, by whom, which commit. */
function lasting({ lineage, attachments, tokens, nodes }: State): object {
  return {
    lineage,
    tokens,
    nodes,
    attachments: Object.fromEntries(
      Object.entries(attachments).map(([key, one]) => [
        key,
        { ...one, attachedAt: '', by: '', holders: one.holders.map((holder) => ({ ...holder, since: '' })) },
      ]),
    ),
  };
}

describe('state rebuild', () => {
  test('makes a state again whose directory was deleted: the same, and everything goes on', async () => {
    const scene = await openScene({ nodes: 2, volumes: 4 });
    await scene.done('attach', 'vol-1', 'node-1');
    await scene.done('attach', 'vol-2', 'node-1');
    await scene.done('move', 'vol-2', 'node-2');
    await scene.done('attach', 'vol-3', 'node-1');
    await scene.done('detach', 'vol-3');
    const before = await scene.state();
    rmSync(scene.stateDir, { recursive: true });
    // Nothing is taken for granted by a state that is not there.
    expect((await scene.run('attach', 'vol-1', 'node-2')).code).toBe(4);

    const unasked = await scene.run('state', 'rebuild');
    expect(unasked.code).toBe(2);
    expect(unasked.stderr).toContain('+ rds1/vol-2 attached to node-2');
    expect(unasked.stderr).toContain('which nodes were fenced is not known any more');
    const planned = await scene.run('state', 'rebuild', '--dry-run', '-o', 'json');
    expect(planned.json()).toMatchObject({ kind: 'StateChange', dryRun: true, changed: false, serial: null });
    expect(existsSync(file(scene))).toBe(false);
    const events = scene.events().length;

    const done = await scene.start(['state', 'rebuild', '-o', 'json'], { typed: ['y'] }).ended;
    expect(done.code, done.stderr).toBe(0);
    expect(done.json()).toMatchObject({ changed: true, serial: 1, lineage: before.lineage });
    const now = await scene.state();
    expect(lasting(now)).toEqual(lasting(before));
    expect(scene.events(events), 'nothing is changed anywhere').toEqual([]);
    expect(scene.audit().at(-1)).toMatchObject({ event: 'rebuild', result: 'ok' });

    expect((await scene.run('list', '-o', 'name')).stdout).toBe('vol-1\nvol-2\n');
    expect((await scene.run('attach', 'vol-1', 'node-1', '-o', 'json')).json()).toMatchObject({
      changed: false,
    });
    expect((await scene.run('attach', 'vol-1', 'node-2')).code).toBe(4);
    expect((await scene.run('move', 'vol-1', 'node-2')).code).toBe(0);
    expect((await scene.run('attach', 'vol-3', 'node-2')).code).toBe(0);
    expect((await scene.run('detach', 'vol-2')).code).toBe(0);
    expect((await scene.run('state', 'check', '--remote')).code).toBe(0);
    const again = await scene.run('state', 'rebuild', '-o', 'json');
    expect([again.code, again.json()['changed']]).toEqual([0, false]);
  });

  test('of a damaged state keeps it aside, its serial grows, and what the backups knew is kept', async () => {
    const scene = await openScene({ nodes: 2 });
    await scene.done('attach', 'vol-1', 'node-1');
    await scene.done('fence', 'node-2', '--yes');
    const before = await scene.state();
    truncateSync(file(scene), 500);
    const damaged = readFileSync(file(scene));
    const done = await scene.run('state', 'rebuild', '--yes');
    expect(done.code, done.stderr).toBe(0);
    expect(await scene.state()).toEqual({ ...before, serial: before.serial + 1 });
    const kept = readdirSync(join(scene.stateDir, 'backups')).filter((name) => name.startsWith('damaged-'));
    expect(kept.map((name) => readFileSync(join(scene.stateDir, 'backups', name)))).toEqual([damaged]);
  });

  test('of an old state: newer tokens count, and it can be used again', async () => {
    const scene = await openScene({ nodes: 2 });
    await scene.done('attach', 'vol-1', 'node-1');
    const old = await scene.state();
    await scene.done('move', 'vol-1', 'node-2');
    const newest = await scene.state();
    await scene.done('state', 'restore', String(old.serial), '--yes');
    expect((await scene.run('detach', 'vol-1')).code).toBe(4);
    const done = await scene.run('state', 'rebuild', '--yes');
    expect(done.code, done.stderr).toBe(0);
    expect(lasting(await scene.state())).toEqual(lasting(newest));
    expect((await scene.run('detach', 'vol-1')).code).toBe(0);
  });

  test('a node that is dead keeps its volumes; what is exported by hand is left out', async () => {
    const scene = await openScene({ nodes: 2, volumes: 2, byHand: ['rds1/vol-2'] });
    await scene.done('attach', 'vol-1', 'node-1');
    await scene.setDisk('vol-2', 'nvme-tcp-export=yes');
    rmSync(scene.stateDir, { recursive: true });
    await scene.simulation.node('node-1').down();
    const done = await scene.run('state', 'rebuild', '--yes', '-o', 'json');
    expect(done.code, done.stderr).toBe(0);
    const findings = done.json()['findings'] as { where: string; fix: string }[];
    expect(findings.map(({ where, fix }) => [where, fix])).toEqual([
      ['rds1/vol-2', 'rdsctl adopt rds1/vol-2'],
      ['nodes', 'rdsctl fence NODE'],
      ['rds1/vol-1', 'rdsctl fence node-1'],
    ]);
    expect((await scene.run('attach', 'vol-1', 'node-2')).code).toBe(4);
    // Whether node-1 is connected to the other one as well can not be told: any host is let in there.
    const fenced = await scene.run('fence', 'node-1', '--yes', '-o', 'json');
    expect(fenced.code, fenced.stderr).toBe(11);
    expect(fenced.json()).toMatchObject({
      verified: false,
      volumes: [
        { volume: 'vol-1', result: 'fenced', verified: true },
        { volume: 'vol-2', result: 'failed', tracked: false },
      ],
    });
    expect((await scene.run('attach', 'vol-1', 'node-2')).code).toBe(0);
    await scene.setDisk('vol-2', 'nvme-tcp-export=no');
    expect((await scene.run('fence', 'node-1', '--yes')).code).toBe(0);
  });

  test('a storage server that can not be asked: exit 6, nothing written; --partial keeps what the state says', async () => {
    const scene = await openScene({ nodes: 1, rds: 2 });
    await scene.setDisk('vol-1', 'nvme-tcp-server-nqn="nqn.2026-01.org.example:two"', 'rds2');
    await scene.done('attach', 'rds2/vol-1', 'node-1');
    await scene.done('attach', 'rds1/vol-1', 'node-1');
    const before = await scene.state();
    await scene.faults({ at: 'rds2', when: 'connect', do: 'refuse' });
    const refused = await scene.run('state', 'rebuild', '--yes', '-o', 'json');
    expect(refused.code, refused.stderr).toBe(6);
    expect(String(refused.error()['hint'])).toContain('rdsctl state rebuild --partial');
    const kept = await scene.run('state', 'rebuild', '--yes', '--partial', '-o', 'json');
    expect(kept.code, kept.stderr).toBe(0);
    expect(kept.json()).toMatchObject({ changed: false, unasked: ['rds2'] });
    expect(await scene.state()).toEqual(before);
    truncateSync(file(scene), 200);
    expect((await scene.run('state', 'rebuild', '--yes', '--partial')).code).toBe(6);
    expect(readFileSync(file(scene))).toHaveLength(200);
    expect((await scene.run('state', 'restore', '--yes')).code).toBe(0);
  });

  test('tags of several states: one must be named', async () => {
    const scene = await openScene({ nodes: 2, volumes: 2 });
    await scene.done('attach', 'vol-1', 'node-1');
    const { lineage } = await scene.state();
    await scene.done('attach', 'vol-2', 'node-2', '--state', join(scene.dir, 'other'));
    rmSync(scene.stateDir, { recursive: true });
    const refused = await scene.run('state', 'rebuild', '--yes', '-o', 'json');
    expect([refused.code, refused.error()['reason']]).toEqual([2, 'AMBIGUOUS_LINEAGE']);
    expect(String(refused.error()['hint'])).toContain(`rdsctl state rebuild --lineage ${lineage}`);
    const done = await scene.run('state', 'rebuild', '--yes', '--lineage', lineage);
    expect(done.code, done.stderr).toBe(0);
    expect((await scene.run('list', '-o', 'name')).stdout).toBe('vol-1\n');
    // The rest of what the scene checks: both states together claim what is connected.
    await scene.done('detach', 'vol-2', '--state', join(scene.dir, 'other'));
  });

  test('is refused while an old write may be in flight for a volume that nobody has', async () => {
    const scene = await openScene({ nodes: 1, config: { fence: { drainTimeout: '1s' } } });
    await scene.done('attach', 'vol-1', 'node-1');
    await scene.done('detach', 'vol-1');
    rmSync(scene.stateDir, { recursive: true });
    scene.mangle((answer, line) => (line.includes('monitor-traffic') ? '' : answer));
    const refused = await scene.run('state', 'rebuild', '--yes', '-o', 'json');
    expect([refused.code, refused.error()['reason']]).toEqual([11, 'NOT_DRAINED']);
    expect(existsSync(file(scene))).toBe(false);
  });

  test('a state that another command changed meanwhile is not overwritten', async () => {
    const scene = await openScene({ nodes: 1 });
    await scene.done('attach', 'vol-1', 'node-1');
    rmSync(file(scene));
    const look = scene.hold(/disk/);
    const rebuilding = scene.start(['state', 'rebuild', '--yes', '-o', 'json']);
    await look.reached;
    expect((await scene.run('state', 'restore', '--yes')).code).toBe(0);
    const bytes = scene.stateBytes();
    look.letGo();
    const refused = await rebuilding.ended;
    expect([refused.code, refused.error()['reason']]).toEqual([4, 'CHANGED_MEANWHILE']);
    expect(scene.stateBytes()).toBe(bytes);
  });

  test('nothing carries a tag, and there is no state: nothing to do', async () => {
    const scene = await openScene({ nodes: 1 });
    const done = await scene.run('state', 'rebuild', '-o', 'json');
    expect(done.code, done.stderr).toBe(0);
    expect(done.json()).toMatchObject({ changed: false });
    expect(existsSync(file(scene))).toBe(false);
  });
});
