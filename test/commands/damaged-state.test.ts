import {
  existsSync,
  mkdirSync,
  readFileSync,
  renameSync,
  rmSync,
  symlinkSync,
  truncateSync,
  writeFileSync,
} from 'node:fs';
import { createHash } from 'node:crypto';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { openScene, type Scene } from './scene.ts';

const COMMANDS: readonly (readonly string[])[] = [
  ['attach', 'vol-2', 'node-1'],
  ['attach', 'vol-1', 'node-1'],
  ['detach', 'vol-1'],
  ['move', 'vol-1', 'node-2'],
  ['fence', 'node-1', '--yes'],
  ['unfence', 'node-1'],
  ['list'],
  ['show', 'vol-1'],
  ['volumes'],
  ['nodes'],
];

const file = (scene: Scene): string => join(scene.stateDir, 'state.json');

function rewritten(scene: Scene, change: (text: string) => string): void {
  const text = change(readFileSync(file(scene), 'utf8'));
  const bare = text.replace(/(sha256:)[0-9a-f]{64}/, '$1');
  const checksum = createHash('sha256').update(bare).digest('hex');
  writeFileSync(file(scene), text.replace(/(sha256:)[0-9a-f]{64}/, `$1${checksum}`));
}

const DAMAGES: readonly (readonly [string, (scene: Scene) => void, RegExp])[] = [
  ['truncated in the middle', (scene) => truncateSync(file(scene), 400), /damaged/],
  ['truncated to nothing', (scene) => truncateSync(file(scene), 0), /it is empty/],
  ['filled with NULs', (scene) => writeFileSync(file(scene), Buffer.alloc(700)), /NUL/],
  [
    'changed by one byte',
    (scene) => writeFileSync(file(scene), readFileSync(file(scene), 'utf8').replace('node-1', 'node-2')),
    /checksum/,
  ],
  [
    'of another lineage',
    (scene) =>
      rewritten(scene, (text) =>
        text.replace(/"lineage": "[^"]*"/, '"lineage": "99999999-9999-4999-8999-999999999999"'),
      ),
    /another lineage/,
  ],
  [
    'of a newer schema',
    (scene) => rewritten(scene, (text) => text.replace('"schema": 1', '"schema": 2')),
    /newer rdsctl/,
  ],
  [
    'a directory',
    (scene) => {
      rmSync(file(scene));
      mkdirSync(file(scene));
    },
    /directory/,
  ],
  ['missing beside its lineage', (scene) => rmSync(file(scene)), /missing/],
  ['not JSON at all', (scene) => writeFileSync(file(scene), 'hello\n'), /damaged/],
];

describe.each(DAMAGES)('a state file that is %s', (_name, damage, says) => {
  test('every command ends with 9 and says so; nothing is changed anywhere, it is not overwritten', async () => {
    const scene = await openScene();
    await scene.done('attach', 'vol-1', 'node-1');
    damage(scene);
    const before = {
      events: scene.events().length,
      file: existsSync(file(scene)) && _name !== 'a directory' ? readFileSync(file(scene), 'latin1') : null,
    };
    for (const command of COMMANDS) {
      const refused = await scene.run(...command, '-o', 'json');
      expect(refused.code, `${command.join(' ')}: ${refused.stderr}`).toBe(9);
      const error = refused.error();
      expect(error).toMatchObject({ code: 'STATE', exitCode: 9 });
      expect(String(error['message'])).toMatch(says);
      expect(String(error['message'])).toContain('Nothing was changed');
    }
    expect({
      events: scene.events().length,
      file: existsSync(file(scene)) && _name !== 'a directory' ? readFileSync(file(scene), 'latin1') : null,
    }).toEqual(before);
  });
});

describe('a state that can not be written', () => {
  test('the directory is a file: exit 9, and nothing is changed at the storage server', async () => {
    const scene = await openScene({ nodes: 1 });
    writeFileSync(scene.stateDir, 'in the way');
    const refused = await scene.run('attach', 'vol-1', 'node-1', '-o', 'json');
    expect(refused.code, refused.stderr).toBe(9);
    expect(scene.events()).toEqual([]);
    rmSync(scene.stateDir);
  });

  test('a path that no directory can be made at: exit 9, and nothing is changed', async () => {
    const scene = await openScene({ nodes: 1 });
    const refused = await scene.run('attach', 'vol-1', 'node-1', '--state', '/proc/rdsctl', '-o', 'json');
    expect(refused.code, refused.stderr).toBe(9);
    expect(scene.events()).toEqual([]);
  });

  test('the commit of the intent fails: exit 9, nothing is changed, and the old state stands', async () => {
    const scene = await openScene();
    await scene.done('attach', 'vol-1', 'node-1');
    const before = { events: scene.events().length, state: scene.stateBytes() };
    // A file where the backups go: every commit fails, as on a full disk.
    const backups = join(scene.stateDir, 'backups');
    const aside = join(scene.dir, 'aside');
    renameSync(backups, aside);
    writeFileSync(backups, '');
    for (const command of [
      ['detach', 'vol-1'],
      ['move', 'vol-1', 'node-2'],
      ['attach', 'vol-2', 'node-1'],
      ['fence', 'node-1', '--yes'],
    ]) {
      const refused = await scene.run(...command);
      expect(refused.code, `${command.join(' ')}: ${refused.stderr}`).toBe(9);
    }
    expect({ events: scene.events().length, state: scene.stateBytes() }).toEqual(before);
    rmSync(backups);
    renameSync(aside, backups);
    expect((await scene.run('detach', 'vol-1')).code).toBe(0);
  });

  test('the commit of the result fails: it is undone or stays claimed, and is not reported as success', async () => {
    const scene = await openScene({ nodes: 1 });
    const running = scene.start(['attach', 'vol-1', 'node-1', '-v']);
    await running.shows(/node-1: connect and wait/);
    const backups = join(scene.stateDir, 'backups');
    rmSync(backups, { recursive: true, force: true });
    writeFileSync(backups, '');
    const failed = await running.ended;
    rmSync(backups);
    expect(failed.code, failed.stderr).toBe(9);
    expect(failed.stderr).toMatch(/stays claimed for node-1|attached nowhere/);
    expect((await scene.state()).attachments['rds1/vol-1']?.phase).not.toBe('attached');
    expect((await scene.run('attach', 'vol-1', 'node-1')).code).toBe(0);
  });

  test('an audit log that can not be written is said, and undoes nothing', async () => {
    const scene = await openScene({ nodes: 1 });
    await scene.done('attach', 'vol-1', 'node-1');
    const log = join(scene.stateDir, 'audit.jsonl');
    rmSync(log);
    mkdirSync(log);
    const outcome = await scene.run('detach', 'vol-1');
    expect(outcome.code, outcome.stderr).toBe(0);
    expect(outcome.stderr).toMatch(/^warning: the audit log was not written/m);
    rmSync(log, { recursive: true });
  });
});

test('a state file that can not be read: exit 9, and nothing is changed', async () => {
  const scene = await openScene({ nodes: 1 });
  await scene.done('attach', 'vol-1', 'node-1');
  const kept = readFileSync(file(scene));
  rmSync(file(scene));
  // A link to itself can't be read by anybody, root included.
  symlinkSync(file(scene), file(scene));
  expect((await scene.run('list')).code).toBe(9);
  expect((await scene.run('detach', 'vol-1')).code).toBe(9);
  rmSync(file(scene));
  writeFileSync(file(scene), kept);
  expect((await scene.run('list', '-o', 'name')).stdout).toBe('vol-1\n');
});
