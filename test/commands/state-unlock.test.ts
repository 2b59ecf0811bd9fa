import { existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { leaveLock } from './leave-lock.ts';
import { openScene, type Scene } from './scene.ts';

const locksLeft = (scene: Scene): string[] => readdirSync(join(scene.stateDir, 'locks'));

describe('state unlock', () => {
  test('lists nothing when nothing is locked', async () => {
    const scene = await openScene({ nodes: 1 });
    expect((await scene.run('state', 'unlock')).stdout).toBe('Nothing is locked.\n');
    expect((await scene.run('state', 'unlock', '-o', 'json')).json()).toMatchObject({
      kind: 'LockList',
      items: [],
    });
    expect(existsSync(join(scene.stateDir, 'locks'))).toBe(false);
  });

  test('lists who holds what, alive or dead; --dead removes only those of dead processes of this host', async () => {
    const scene = await openScene({ nodes: 1 });
    const grant = scene.hold(/nvme-tcp-export=yes/);
    const working = scene.start(['attach', 'vol-1', 'node-1']);
    await grant.reached;
    leaveLock(scene, 'rds1/vol-8', 'here');
    const far = leaveLock(scene, 'rds1/vol-9', 'elsewhere');

    const list = (await scene.run('state', 'unlock', '-o', 'json')).json();
    expect(list['items']).toMatchObject([
      { name: 'rds1/vol-1', alive: true, pid: process.pid, command: 'rdsctl attach vol-1 node-1' },
      { name: 'rds1/vol-8', alive: false, who: 'ann', pid: 4711, command: 'rdsctl move' },
      { name: 'rds1/vol-9', alive: null, host: 'admin2', id: far },
    ]);
    const table = (await scene.run('state', 'unlock')).stdout;
    expect(table).toMatch(/rds1\/vol-8 +dead +ann@/);
    expect(table).toMatch(/rds1\/vol-9 +on another host, silent for \d+ s +ann@admin2/);

    const before = locksLeft(scene);
    const planned = await scene.run('state', 'unlock', '--dead', '--dry-run');
    expect(planned.stdout).toMatch(/^would remove the lock of rds1\/vol-8/);
    expect(locksLeft(scene)).toEqual(before);
    const removed = await scene.run('state', 'unlock', '--dead', '-o', 'json');
    expect(removed.json()).toMatchObject({ changed: true, items: [{ name: 'rds1/vol-8' }] });
    expect(scene.audit().at(-1)).toMatchObject({ event: 'unlock', result: 'ok' });
    expect((await scene.run('state', 'unlock', '-o', 'name')).stdout).toBe('rds1/vol-1\nrds1/vol-9\n');
    expect((await scene.run('state', 'unlock', '--dead')).stdout).toContain('No lock was removed');

    grant.letGo();
    expect((await working.ended).code).toBe(0);
    expect((await scene.run('state', 'unlock', far, '--yes')).code).toBe(0);
  });

  test('a dead one by its volume, without a question, and no other', async () => {
    const scene = await openScene({ nodes: 1 });
    leaveLock(scene, 'rds1/vol-7', 'here');
    leaveLock(scene, 'rds1/vol-8', 'here');
    expect((await scene.run('state', 'unlock', 'vol-8')).stdout).toMatch(/^removed the lock of rds1\/vol-8/);
    expect((await scene.run('state', 'unlock', '-o', 'name')).stdout).toBe('rds1/vol-7\n');
    expect((await scene.run('state', 'unlock', 'vol-8')).code).toBe(2);
    expect((await scene.run('state', 'unlock', 'vol-7', '--dead')).code).toBe(2);
    expect((await scene.run('state', 'unlock', 'rds1/vol-7')).code).toBe(0);
  });

  test('a live one of this host: refused by its volume; by its ID only after asking; its holder stops', async () => {
    const scene = await openScene({ nodes: 1 });
    const look = scene.hold(/disk/);
    const working = scene.start(['attach', 'vol-1', 'node-1']);
    await look.reached;
    const refused = await scene.run('state', 'unlock', 'vol-1', '--yes', '-o', 'json');
    expect([refused.code, refused.error()['reason']]).toEqual([5, 'LOCKED']);
    expect(refused.error()['hint']).toContain(`kill ${process.pid}`);
    const [held] = (await scene.run('state', 'unlock', '-o', 'json')).json()['items'] as { id: string }[];
    const id = held?.id ?? '';
    const unasked = await scene.run('state', 'unlock', id);
    expect(unasked.code).toBe(2);
    expect(unasked.stderr).toContain('It lives');
    expect((await scene.start(['state', 'unlock', id], { typed: ['y'] }).ended).code).toBe(1);
    const taken = await scene.start(['state', 'unlock', id], { typed: ['rds1/vol-1'] }).ended;
    expect(taken.code, taken.stderr).toBe(0);
    look.letGo();
    const lost = await working.ended;
    expect(lost.code, lost.stderr).toBe(4);
    expect(lost.stderr).toContain('the lock of rds1/vol-1 was lost');
    expect(scene.sessions('vol-1')).toEqual([]);
    // Only the claim that it had made by then is left, for the next one to finish.
    expect((await scene.run('attach', 'vol-1', 'node-1')).code).toBe(0);
  });
});
