import { existsSync, symlinkSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, onTestFinished, test } from 'vitest';
import { SmallDisk } from '../safety/small-disk.ts';
import { openScene, type Scene } from './scene.ts';

/** Puts the state on a small disk of its own. */
async function onSmallDisk(options: Parameters<typeof openScene>[0] = {}) {
  const disk = new SmallDisk();
  // Before the scene is opened: what is done last is what was asked for first.
  onTestFinished(() => disk.remove());
  const scene = await openScene(options);
  symlinkSync(disk.path, scene.stateDir);
  return { scene, disk };
}

const exported = async (scene: Scene, volume: string): Promise<string> =>
  (await scene.console(`:put [/disk get [find where slot="${volume}"] nvme-tcp-export]`)).trim();

describe('a disk that is full before the command begins', () => {
  test('every changing command ends with 9, says why, and changes nothing anywhere; reading works', async () => {
    const { scene, disk } = await onSmallDisk();
    await scene.done('attach', 'vol-1', 'node-1');
    const before = {
      state: scene.stateBytes(),
      comment: await scene.comment('vol-1'),
      events: scene.events().length,
    };
    disk.fill();
    for (const command of [
      ['attach', 'vol-2', 'node-2'],
      ['detach', 'vol-1'],
      ['move', 'vol-1', 'node-2'],
      ['fence', 'node-1', '--yes'],
      ['state', 'rebuild', '--lineage', (await scene.state()).lineage, '--yes'],
      ['state', 'backup'],
    ]) {
      const refused = await scene.run(...command, '-o', 'json');
      if (command[1] === 'rebuild') {
        expect(refused.code, refused.stderr).toBe(0); // nothing to write
        continue;
      }
      expect(refused.code, `${command.join(' ')}: ${refused.stderr}`).toBe(9);
      expect(refused.error()).toMatchObject({ reason: 'STATE_UNWRITABLE' });
      expect(String(refused.error()['message'])).toContain('no space left on the device');
      expect(String(refused.error()['message'])).toContain('Nothing was changed');
    }
    expect((await scene.run('list', '-o', 'name')).stdout).toBe('vol-1\n');
    expect((await scene.run('state', 'check')).code).toBe(0);
    expect({
      state: scene.stateBytes(),
      comment: await scene.comment('vol-1'),
      events: scene.events().length,
    }).toEqual(before);
    disk.makeRoom();
    expect((await scene.run('detach', 'vol-1')).code).toBe(0);
    expect((await scene.run('state', 'check')).code).toBe(0);
  });
});

describe('a disk that fills up after the intent', () => {
  test('attach: what was granted is withdrawn, the claim stays and is said; the next attach finishes it', async () => {
    const { scene, disk } = await onSmallDisk();
    const grant = scene.hold(/nvme-tcp-export=yes/);
    const attaching = scene.start(['attach', 'vol-1', 'node-1', '-o', 'json']);
    await grant.reached;
    disk.fill();
    grant.letGo();
    const failed = await attaching.ended;
    expect(failed.code, failed.stderr).toBe(9);
    expect(failed.error()).toMatchObject({ reason: 'STATE_UNWRITABLE' });
    expect(String(failed.error()['message'])).toContain('vol-1 stays claimed for node-1');
    expect(failed.stdout).toBe('');
    // The claim stands, and nobody is connected beside it.
    expect((await scene.state()).attachments['rds1/vol-1']).toMatchObject({ phase: 'attaching' });
    expect(await exported(scene, 'vol-1')).toBe('false');
    expect(scene.sessions('vol-1')).toEqual([]);
    expect((await scene.run('attach', 'vol-1', 'node-2')).code).not.toBe(0);
    disk.makeRoom();
    expect((await scene.run('attach', 'vol-1', 'node-1')).code).toBe(0);
  });

  test('detach: it is withdrawn at the storage server, the claim stays, and the next detach finishes it', async () => {
    const { scene, disk } = await onSmallDisk();
    await scene.done('attach', 'vol-1', 'node-1');
    const revoke = scene.hold(/nvme-tcp-export=no/);
    const detaching = scene.start(['detach', 'vol-1', '-o', 'json']);
    await revoke.reached;
    disk.fill();
    revoke.letGo();
    const failed = await detaching.ended;
    expect(failed.code, failed.stderr).toBe(9);
    expect(failed.error()).toMatchObject({ reason: 'STATE_UNWRITABLE' });
    expect(await exported(scene, 'vol-1')).toBe('false');
    expect((await scene.state()).attachments['rds1/vol-1']).toMatchObject({ phase: 'detaching' });
    expect((await scene.run('attach', 'vol-1', 'node-2')).code).not.toBe(0);
    disk.makeRoom();
    expect((await scene.run('detach', 'vol-1')).code).toBe(0);
    expect((await scene.run('attach', 'vol-1', 'node-2')).code).toBe(0);
  });

  test('fence: the node is cut off, which is not reported as success; the next fence finishes it', async () => {
    const { scene, disk } = await onSmallDisk();
    await scene.done('attach', 'vol-1', 'node-1');
    const cut = scene.hold(/nvme-tcp-export=no/);
    const fencing = scene.start(['fence', 'node-1', '--yes', '-o', 'json']);
    await cut.reached;
    disk.fill();
    cut.letGo();
    const failed = await fencing.ended;
    expect(failed.code, failed.stderr).toBe(9);
    expect(failed.stderr).toContain('no space left on the device');
    expect(await exported(scene, 'vol-1')).toBe('false');
    expect(scene.sessions('vol-1')).toEqual([]);
    expect((await scene.state()).nodes['node-1']?.fenced).not.toBeNull();
    expect((await scene.state()).attachments['rds1/vol-1']).toMatchObject({ phase: 'fencing' });
    expect((await scene.run('attach', 'vol-1', 'node-2')).code).toBe(4);
    disk.makeRoom();
    expect((await scene.run('fence', 'node-1', '--yes')).code).toBe(0);
    expect((await scene.run('attach', 'vol-1', 'node-2')).code).toBe(0);
  });
});

describe('a disk that becomes read-only', () => {
  test('changing commands end with 9 and change nothing; list, show, history and state check work', async () => {
    const { scene, disk } = await onSmallDisk();
    await scene.done('attach', 'vol-1', 'node-1');
    const events = scene.events().length;
    disk.makeReadOnly();
    for (const command of [
      ['attach', 'vol-2', 'node-1'],
      ['detach', 'vol-1'],
      ['fence', 'node-1', '--yes'],
      ['state', 'backup'],
    ]) {
      const refused = await scene.run(...command);
      expect(refused.code, `${command.join(' ')}: ${refused.stderr}`).toBe(9);
      expect(refused.stderr).toContain('read-only');
    }
    for (const command of [
      ['list'],
      ['show', 'vol-1'],
      ['history'],
      ['state', 'check'],
      ['state', 'unlock'],
    ]) {
      const read = await scene.run(...command);
      expect(read.code, `${command.join(' ')}: ${read.stderr}`).toBe(0);
    }
    // A copy elsewhere can still be made.
    const copy = join(scene.dir, 'copy.json');
    expect((await scene.run('state', 'backup', copy)).code).toBe(0);
    expect(existsSync(copy)).toBe(true);
    expect(scene.events(events)).toEqual([]);
    disk.makeWritable();
    expect((await scene.run('detach', 'vol-1')).code).toBe(0);
  });
});

test('an audit log without room: said, undoes nothing, and the log stays whole and goes on', async () => {
  const { scene, disk } = await onSmallDisk();
  await scene.done('attach', 'vol-1', 'node-1');
  disk.fill();
  expect((await scene.run('detach', 'vol-1')).stderr).toContain('the audit log was not written');
  disk.makeRoom();
  expect((await scene.run('detach', 'vol-1')).code).toBe(0);
  expect(scene.audit().map(({ event, seq }) => [event, seq])).toEqual([
    ['attach', 1],
    ['detach', 2],
  ]);
  expect((await scene.run('state', 'check')).code).toBe(0);
});
