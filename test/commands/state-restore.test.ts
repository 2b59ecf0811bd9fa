import {
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  truncateSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { openScene, type Scene } from './scene.ts';

const file = (scene: Scene): string => join(scene.stateDir, 'state.json');
const backups = (scene: Scene): string[] => readdirSync(join(scene.stateDir, 'backups')).sort();

describe('state backup', () => {
  test('keeps a copy that commits do not remove, for the owner only', async () => {
    const scene = await openScene({ nodes: 1, config: { backups: 1 } });
    await scene.done('attach', 'vol-1', 'node-1');
    const made = await scene.run('state', 'backup', '-o', 'json');
    expect(made.code, made.stderr).toBe(0);
    const { serial } = await scene.state();
    expect(made.json()).toMatchObject({ kind: 'StateBackup', serial, attachments: 1, usable: true });
    const location = String(made.json()['location']);
    expect(statSync(location).mode & 0o777).toBe(0o600);
    expect(readFileSync(location, 'latin1')).toBe(scene.stateBytes());
    for (const verb of ['detach', 'attach', 'detach'])
      await scene.done(verb, 'vol-1', ...(verb === 'attach' ? ['node-1'] : []));
    expect(existsSync(location)).toBe(true);
    expect(backups(scene)).toHaveLength(2);
  });

  test("to a file: never over another without --yes, never among the state's own files", async () => {
    const scene = await openScene({ nodes: 1 });
    const target = join(scene.dir, 'copy.json');
    const early = await scene.run('state', 'backup', target);
    expect(early.code).toBe(9);
    expect(early.stderr).toContain('nothing was ever attached');
    await scene.done('attach', 'vol-1', 'node-1');
    expect((await scene.run('state', 'backup', target, '--dry-run')).stdout).toContain(target);
    expect(existsSync(target)).toBe(false);
    expect((await scene.run('state', 'backup', target, '-o', 'name')).stdout).toBe(`${target}\n`);
    expect(statSync(target).mode & 0o777).toBe(0o600);
    const first = readFileSync(target);
    await scene.done('detach', 'vol-1');
    const refused = await scene.run('state', 'backup', target, '-o', 'json');
    expect([refused.code, refused.error()['hint']]).toEqual([
      2,
      'To put the backup in its place, add: --yes',
    ]);
    expect(readFileSync(target)).toEqual(first);
    expect((await scene.run('state', 'backup', target, '--yes')).code).toBe(0);
    expect(readFileSync(target, 'latin1')).toBe(scene.stateBytes());
    expect((await scene.run('state', 'backup', file(scene), '--yes')).code).toBe(2);
    const nowhere = await scene.run('state', 'backup', join(scene.dir, 'no', 'dir.json'));
    expect([nowhere.code, nowhere.stderr]).toEqual([1, expect.stringContaining('no such file or directory')]);
    expect(readdirSync(scene.dir).filter((name) => name.includes('.tmp-'))).toEqual([]);
  });

  test('a damaged state is not copied: exit 9', async () => {
    const scene = await openScene({ nodes: 1 });
    await scene.done('attach', 'vol-1', 'node-1');
    truncateSync(file(scene), 300);
    const before = backups(scene);
    expect((await scene.run('state', 'backup')).code).toBe(9);
    expect((await scene.run('state', 'backup', '--dry-run')).code).toBe(9);
    expect(backups(scene)).toEqual(before);
  });
});

describe('state restore', () => {
  test('a damaged state: the newest backup is shown, asked for, put in place; the damaged one is kept', async () => {
    const scene = await openScene({ nodes: 2 });
    await scene.done('attach', 'vol-1', 'node-1');
    const good = await scene.state();
    truncateSync(file(scene), 300);
    const damaged = readFileSync(file(scene));

    const unasked = await scene.run('state', 'restore');
    expect(unasked.code).toBe(2);
    expect(unasked.stderr).toContain('--yes');
    expect(unasked.stderr).toContain('+ rds1/vol-1 attached to node-1');
    const declined = await scene.start(['state', 'restore'], { typed: ['n'] }).ended;
    expect(declined.code).toBe(1);
    const planned = await scene.run('state', 'restore', '--dry-run', '-o', 'json');
    expect(planned.json()).toMatchObject({ kind: 'StateChange', dryRun: true, changed: false });
    expect(readFileSync(file(scene))).toEqual(damaged);

    const done = await scene.start(['state', 'restore', '-o', 'json', '--reason', 'disk'], { typed: ['y'] })
      .ended;
    expect(done.code, done.stderr).toBe(0);
    const now = await scene.state();
    expect(now).toEqual({ ...good, serial: good.serial + 1 });
    expect(done.json()).toMatchObject({
      changed: true,
      serial: now.serial,
      difference: { gained: [{ volume: 'rds1/vol-1' }] },
    });
    const kept = backups(scene).filter((name) => name.startsWith('damaged-'));
    expect(kept).toHaveLength(1);
    expect(readFileSync(join(scene.stateDir, 'backups', kept[0] ?? ''))).toEqual(damaged);
    expect(scene.audit().at(-1)).toMatchObject({ event: 'restore', result: 'ok', operatorReason: 'disk' });
    expect((await scene.run('state', 'check')).code).toBe(0);
    expect((await scene.run('move', 'vol-1', 'node-2')).code).toBe(0);
  });

  test.each([
    ['missing', (scene: Scene) => rmSync(file(scene))],
    [
      'a directory',
      (scene: Scene) => {
        rmSync(file(scene));
        mkdirSync(file(scene));
      },
    ],
    [
      'beside a lineage that makes no sense',
      (scene: Scene) => writeFileSync(join(scene.stateDir, 'lineage'), 'x'),
    ],
    [
      'beside a lineage that is a directory',
      (scene: Scene) => {
        rmSync(join(scene.stateDir, 'lineage'));
        mkdirSync(join(scene.stateDir, 'lineage'));
      },
    ],
  ])('a state that is %s is brought back', async (_, damage) => {
    const scene = await openScene({ nodes: 1 });
    await scene.done('attach', 'vol-1', 'node-1');
    const good = await scene.state();
    damage(scene);
    expect((await scene.run('list')).code).toBe(9);
    const done = await scene.run('state', 'restore', '--yes');
    expect(done.code, done.stderr).toBe(0);
    expect(await scene.state()).toEqual({ ...good, serial: good.serial + 1 });
    expect(readFileSync(join(scene.stateDir, 'lineage'), 'utf8')).toBe(`${good.lineage}\n`);
  });

  test('a whole state: without a name nothing is done; with one, what is lost is said, and the tokens stay old', async () => {
    const scene = await openScene({ nodes: 2, volumes: 2 });
    await scene.done('attach', 'vol-1', 'node-1');
    const old = await scene.state();
    await scene.done('move', 'vol-1', 'node-2');
    await scene.done('attach', 'vol-2', 'node-2');
    await scene.done('fence', 'node-1', '--yes');
    const before = await scene.state();

    const unchanged = await scene.run('state', 'restore', '--yes', '-o', 'json');
    expect(unchanged.json()).toMatchObject({ changed: false });
    expect(await scene.state()).toEqual(before);

    const planned = await scene.run('state', 'restore', String(old.serial), '--dry-run');
    expect(planned.stdout).toContain('- rds1/vol-2 attached to node-2');
    expect(planned.stdout).toContain('~ rds1/vol-1 attached to node-2 -> attached to node-1');
    expect(planned.stdout).toContain('- node-1 is marked as fenced');
    expect(planned.stdout).toMatch(/! rds1\/vol-1 token \d -> 1 \(older\)/);
    expect(planned.stdout).toContain('rdsctl state rebuild');

    const done = await scene.run('state', 'restore', String(old.serial), '--yes');
    expect(done.code, done.stderr).toBe(0);
    const now = await scene.state();
    expect(now).toEqual({ ...old, serial: before.serial + 1 });
    // The storage server does not let itself be changed by it.
    const refused = await scene.run('detach', 'vol-1', '-o', 'json');
    expect([refused.code, refused.error()['reason']]).toEqual([4, 'STALE_STATE']);
    // What was there can be had back.
    const kept = backups(scene).find((name) => name.startsWith('kept-')) ?? '';
    expect((await scene.run('state', 'restore', kept, '--yes')).code).toBe(0);
    expect(await scene.state()).toEqual({ ...before, serial: before.serial + 2 });
  });

  test('lists the backups, damaged ones too, and restores none of those', async () => {
    const scene = await openScene({ nodes: 1 });
    await scene.done('attach', 'vol-1', 'node-1');
    const names = backups(scene);
    const newest = names.at(-1) ?? '';
    truncateSync(join(scene.stateDir, 'backups', newest), 100);
    const list = await scene.run('state', 'restore', '--list', '-o', 'json');
    expect(list.json()).toMatchObject({ kind: 'StateBackupList' });
    expect(list.json()['items']).toHaveLength(names.length);
    expect((list.json()['items'] as { name: string }[]).at(-1)).toMatchObject({
      name: newest,
      usable: false,
    });
    expect((await scene.run('state', 'restore', '--list')).stdout).toContain('damaged');
    expect((await scene.run('state', 'restore', newest, '--yes')).code).toBe(9);
    expect((await scene.run('state', 'restore', 'nothing', '--yes')).code).toBe(2);
    rmSync(file(scene));
    for (const name of backups(scene)) truncateSync(join(scene.stateDir, 'backups', name), 100);
    const none = await scene.run('state', 'restore', '--yes');
    expect([none.code, none.stderr]).toEqual([9, expect.stringContaining('rdsctl state rebuild')]);
  });

  test('a file of another lineage is refused, unless that lineage is asked for', async () => {
    const scene = await openScene({ nodes: 1 });
    await scene.done('attach', 'vol-1', 'node-1');
    const { lineage } = await scene.state();
    const copy = join(scene.dir, 'copy.json');
    await scene.done('state', 'backup', copy);
    const other = join(scene.dir, 'other');
    // A directory that never had a state takes any.
    const fresh = await scene.run('state', 'restore', copy, '--yes', '--state', other);
    expect(fresh.code, fresh.stderr).toBe(0);
    writeFileSync(join(other, 'lineage'), '99999999-9999-4999-8999-999999999999\n');
    const refused = await scene.run('state', 'restore', copy, '--yes', '--state', other, '-o', 'json');
    expect([refused.code, refused.error()['reason']]).toEqual([9, 'FOREIGN_LINEAGE']);
    const taken = await scene.run('state', 'restore', copy, '--yes', '--state', other, '--lineage', lineage);
    expect(taken.code, taken.stderr).toBe(0);
    expect((await scene.run('list', '--state', other, '-o', 'name')).stdout).toBe('vol-1\n');
  });

  test('gives up after --lock-timeout while a command is at work, else waits for it and says for whom', async () => {
    const scene = await openScene({ nodes: 1, volumes: 2 });
    await scene.done('attach', 'vol-2', 'node-1');
    const old = await scene.state();
    const grant = scene.hold(/nvme-tcp-export=yes/);
    const working = scene.start(['attach', 'vol-1', 'node-1']);
    await grant.reached;
    const restore = ['state', 'restore', String(old.serial), '--yes', '-o', 'json'];
    const busy = await scene.run(...restore, '--lock-timeout', '0');
    expect([busy.code, busy.error()['reason']]).toEqual([5, 'LOCKED']);
    const waiting = scene.start([...restore, '-v']);
    await waiting.shows(/waiting for vol-1/);
    expect((await scene.state()).attachments).toHaveProperty(['rds1/vol-1']);
    grant.letGo();
    expect((await working.ended).code).toBe(0);
    const done = await waiting.ended;
    expect(done.code, done.stderr).toBe(0);
    // What it lost meanwhile was shown to it: the attachment that was finished by then.
    expect(done.json()).toMatchObject({
      difference: { lost: [{ volume: 'rds1/vol-1', phase: 'attached' }] },
    });
    expect((await scene.run('state', 'rebuild', '--yes')).code).toBe(0);
    expect((await scene.state()).attachments).toHaveProperty(['rds1/vol-1']);
  });
});
