import {
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  statSync,
  truncateSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { openFileStore } from '../../src/state/file/file-store.ts';
import { readStateFile } from '../../src/state/file/read.ts';
import type { State } from '../../src/state/state.ts';
import type { Outcome } from './outcome.ts';
import { openScene, type Scene, type SceneOptions } from './scene.ts';
import type { IoOptions } from './test-io.ts';

/** Where the state is moved to. */
const second = (scene: Scene): string => join(scene.dir, 'second');
const secondBytes = (scene: Scene): string => readFileSync(join(second(scene), 'state.json'), 'latin1');
const secondState = (scene: Scene): State | undefined => readStateFile(second(scene))?.state;

function onSecond(scene: Scene, command: string, io?: IoOptions): Promise<Outcome> {
  return scene.start([...command.split(' '), '--state', second(scene)], io).ended;
}

async function exported(scene: Scene): Promise<string> {
  const { code, stdout, stderr } = await scene.run('state', 'export', '-', '-q');
  expect(code, stderr).toBe(0);
  return stdout;
}

/** A volume on node-1, another on node-2, node-2 fenced off it: tokens, marks and a free volume. */
async function lively(options: SceneOptions = {}): Promise<Scene> {
  const scene = await openScene({ nodes: 2, volumes: 3, ...options });
  for (const command of [
    'attach vol-1 node-1',
    'attach vol-2 node-2',
    'fence node-2 --yes',
    'attach vol-3 node-1',
    'detach vol-3',
  ])
    expect((await scene.run(...command.split(' '))).code, command).toBe(0);
  return scene;
}

describe('state export', () => {
  test('writes the very state: to standard output whatever the format, or to a private file', async () => {
    const scene = await lively();
    const bytes = scene.stateBytes();
    expect(await exported(scene)).toBe(bytes);
    expect((await scene.run('state', 'export', '-', '-o', 'json')).stdout).toBe(bytes);
    const target = join(scene.dir, 'out.json');
    const dry = await scene.run('state', 'export', target, '--dry-run');
    expect([dry.code, existsSync(target)]).toEqual([0, false]);
    expect((await scene.run('state', 'export', target)).code).toBe(0);
    expect(readFileSync(target, 'latin1')).toBe(bytes);
    expect(statSync(target).mode & 0o777).toBe(0o600);
    expect((await scene.run('state', 'export', target)).code).toBe(2);
    expect((await scene.run('state', 'export', target, '--yes')).code).toBe(0);
    expect(scene.stateBytes()).toBe(bytes);
    const dryOut = await scene.run('state', 'export', '-', '--dry-run');
    expect(dryOut.stdout).toContain('would be written to standard output');
  });

  test('of nothing: exit 9 and no output', async () => {
    const scene = await openScene({ nodes: 1 });
    const none = await scene.run('state', 'export', '-');
    expect([none.code, none.stdout]).toEqual([9, '']);
    expect((await scene.run('state', 'export')).code).toBe(2);
  });

  test('of a damaged state: exit 9 and no output', async () => {
    const scene = await openScene({ nodes: 1 });
    await scene.done('attach', 'vol-1', 'node-1');
    truncateSync(join(scene.stateDir, 'state.json'), 300);
    const damaged = await scene.run('state', 'export', '-');
    expect([damaged.code, damaged.stdout]).toEqual([9, '']);
  });
});

describe('state import into an empty place', () => {
  test('keeps lineage, serial, tokens and marks, and asks nothing; again: unchanged', async () => {
    const scene = await lively();
    const bytes = await exported(scene);
    const dry = await onSecond(scene, 'state import - --dry-run -o json', { stdin: bytes });
    expect(dry.json()).toMatchObject({ dryRun: true, changed: false, difference: { gained: [{}, {}] } });
    expect(secondState(scene)).toBeUndefined();
    const done = await onSecond(scene, 'state import - -o json --reason moving', { stdin: bytes });
    expect(done.code, done.stderr).toBe(0);
    const { serial, lineage } = await scene.state();
    expect(done.json()).toMatchObject({
      kind: 'StateChange',
      changed: true,
      serial,
      lineage,
      from: { location: 'standard input', serial, lineage },
    });
    expect(secondBytes(scene)).toBe(bytes);
    const log = readFileSync(join(second(scene), 'audit.jsonl'), 'utf8')
      .trimEnd()
      .split('\n');
    expect(JSON.parse(log.at(-1) ?? '')).toMatchObject({
      event: 'import',
      result: 'ok',
      operatorReason: 'moving',
    });
    const again = await onSecond(scene, 'state import - -o json', { stdin: bytes });
    expect(again.json()).toMatchObject({ changed: false, serial: null });
    expect(secondBytes(scene)).toBe(bytes);
    expect((await onSecond(scene, 'state check')).code).toBe(0);
  });

  test('the new place works on; the old copy is refused by the storage server where it knows less', async () => {
    // The scene's own state, which it looks at afterwards, is the old one here.
    const scene = await lively({ byHand: ['rds1/vol-3'] });
    const file = join(scene.dir, 'moved.json');
    await scene.done('state', 'export', file);
    expect((await onSecond(scene, `state import ${file}`)).code).toBe(0);
    expect((await scene.run('unfence', 'node-2')).code).toBe(0);
    const moved = await onSecond(scene, 'move vol-1 node-1 -o json');
    expect(moved.json(), moved.stderr).toMatchObject({ changed: false });
    for (const command of ['detach vol-1', 'attach vol-1 node-1', 'unfence node-2', 'attach vol-3 node-2'])
      expect((await onSecond(scene, command)).code, command).toBe(0);
    const before = scene.events().length;
    for (const command of [
      'detach vol-1',
      'move vol-1 node-2',
      'attach vol-3 node-1',
      'fence node-1 --yes',
      'attach vol-1 node-2',
    ]) {
      const refused = await scene.run(...command.split(' '));
      expect(refused.code, `${command}: ${refused.stdout}${refused.stderr}`).toBe(4);
    }
    expect(scene.sessions('vol-1')).toEqual([scene.hostNqn('node-1')]);
    expect(scene.sessions('vol-3')).toEqual([scene.hostNqn('node-2')]);
    expect(scene.events()).toHaveLength(before);
  });

  test('an old copy that was put away is refused at once, whatever it knows', async () => {
    const scene = await lively();
    expect((await onSecond(scene, 'state import -', { stdin: await exported(scene) })).code).toBe(0);
    const state = join(scene.stateDir, 'state.json');
    renameSync(state, `${state}.moved`);
    for (const command of ['list', 'attach vol-3 node-1', 'detach vol-1', 'fence node-1 --yes'])
      expect((await scene.run(...command.split(' '))).code, command).toBe(9);
    // There and back: what belongs here is known by its lineage.
    const back = (await onSecond(scene, 'state export -')).stdout;
    expect((await scene.start(['state', 'import', '-'], { stdin: back }).ended).code).toBe(2);
    const done = await scene.start(['state', 'import', '-', '--yes'], { stdin: back }).ended;
    expect(done.code, done.stderr).toBe(0);
    expect((await scene.run('detach', 'vol-1')).code).toBe(0);
  });

  test.each([
    ['cut off', (bytes: string) => bytes.slice(0, -40), 'exported state standard input is damaged'],
    ['changed', (bytes: string) => bytes.replace('node-1', 'node-2'), 'checksum'],
    ['empty', () => '', 'it is empty'],
    ['something else', () => '{"format":"terraform"}', 'not a state file'],
    ['newer', (bytes: string) => bytes.replace('"schema": 1', '"schema": 2'), 'newer rdsctl'],
  ])('an export that is %s: exit 9, nothing is written', async (_, harm, message) => {
    const scene = await lively();
    const stdin = harm(await exported(scene));
    const refused = await onSecond(scene, 'state import - --yes', { stdin });
    expect(refused.code).toBe(9);
    expect(refused.stderr).toContain(message);
    expect(existsSync(second(scene))).toBe(false);
  });

  test('a file that can not be read: exit 2', async () => {
    const scene = await openScene({ nodes: 1 });
    mkdirSync(join(scene.dir, 'folder'));
    for (const name of ['missing.json', 'folder']) {
      const refused = await onSecond(scene, `state import ${join(scene.dir, name)}`);
      expect([refused.code, refused.stderr]).toEqual([2, expect.stringContaining(name)]);
    }
  });
});

describe('state import over a state', () => {
  /** The second place holds the state of a while ago. */
  async function twoPlaces(): Promise<Scene> {
    const scene = await lively();
    await onSecond(scene, 'state import -', { stdin: await exported(scene) });
    return scene;
  }

  test('shows what would change, and asks', async () => {
    const scene = await twoPlaces();
    for (const command of ['detach vol-1', 'unfence node-2', 'attach vol-3 node-1'])
      expect((await scene.run(...command.split(' '))).code, command).toBe(0);
    const bytes = await exported(scene);
    const file = join(scene.dir, 'new.json');
    writeFileSync(file, bytes);
    const before = secondBytes(scene);
    const unasked = await onSecond(scene, `state import ${file}`);
    expect([unasked.code, unasked.stderr]).toEqual([2, expect.stringContaining('--yes')]);
    for (const line of [
      '- rds1/vol-1 attached to node-1',
      '+ rds1/vol-3 attached to node-1',
      'no longer be marked as fenced',
    ])
      expect(unasked.stderr).toContain(line);
    expect((await onSecond(scene, `state import ${file}`, { typed: ['n'] })).code).toBe(1);
    expect((await onSecond(scene, `state import ${file} --dry-run`)).stdout).toContain('+ rds1/vol-3');
    expect(secondBytes(scene)).toBe(before);
    const done = await onSecond(scene, `state import ${file}`, { typed: ['y'] });
    expect(done.code, done.stderr).toBe(0);
    expect(secondBytes(scene)).toBe(bytes);
    const kept = readdirSync(join(second(scene), 'backups')).map((name) =>
      readFileSync(join(second(scene), 'backups', name), 'latin1'),
    );
    expect(kept).toContain(before);
  });

  test('a newer one of the same lineage: exit 4, unless told so; its serial number does not go back', async () => {
    const scene = await twoPlaces();
    const old = await exported(scene);
    expect((await onSecond(scene, 'detach vol-1')).code).toBe(0);
    const here = secondState(scene);
    for (const options of ['', ' --yes', ' --dry-run', ' --lineage ' + (here?.lineage ?? '')]) {
      const refused = await onSecond(scene, `state import - -o json${options}`, { stdin: old });
      expect(refused.code, options).toBe(4);
      expect(refused.error()).toMatchObject({ reason: 'OLDER_STATE', details: { here: here?.serial } });
    }
    expect(secondState(scene)).toEqual(here);
    expect((await onSecond(scene, 'state import - --older', { stdin: old })).code).toBe(2);
    const done = await onSecond(scene, 'state import - --older --yes', { stdin: old });
    expect(done.code, done.stderr).toBe(0);
    expect(secondState(scene)).toEqual({ ...(await scene.state()), serial: (here?.serial ?? 0) + 1 });
  });

  test('the same serial number with another content is no older one, and refused all the same', async () => {
    const scene = await twoPlaces();
    expect((await scene.run('detach', 'vol-1')).code).toBe(0);
    const here = await scene.state();
    const store = openFileStore({
      directory: second(scene),
      backups: 1,
      stateLockTimeoutMs: 1000,
      holder: () => ({ who: 'test', host: 'test', pid: process.pid, command: 'test' }),
    });
    while ((secondState(scene)?.serial ?? 0) < here.serial)
      await store.update((state) => ({
        ...state,
        tokens: { ...state.tokens, [`rds1/x${state.serial}`]: 1 },
      }));
    const refused = await onSecond(scene, 'state import - --yes', { stdin: await exported(scene) });
    expect([refused.code, refused.stderr]).toEqual([
      4,
      expect.stringContaining('both were changed on their own'),
    ]);
  });

  test('one of another lineage: exit 9, unless it is named', async () => {
    const scene = await lively();
    expect((await onSecond(scene, 'fence node-1 --yes')).code).not.toBe(2);
    const here = secondState(scene);
    const stdin = await exported(scene);
    const { lineage } = await scene.state();
    const refused = await onSecond(scene, 'state import - --yes -o json', { stdin });
    expect([refused.code, refused.error()]).toEqual([
      9,
      expect.objectContaining({
        reason: 'FOREIGN_LINEAGE',
        hint: expect.stringContaining(`--lineage ${lineage}`) as unknown,
      }),
    ]);
    expect((await onSecond(scene, 'state import - --yes --lineage wrong', { stdin })).code).toBe(9);
    expect(secondState(scene)).toEqual(here);
    const done = await onSecond(scene, `state import - --yes --lineage ${lineage}`, { stdin });
    expect(done.code, done.stderr).toBe(0);
    expect(secondState(scene)).toEqual(await scene.state());
  });

  test('a damaged one is replaced after asking, and kept; one of a newer rdsctl is left alone', async () => {
    const scene = await twoPlaces();
    const stdin = await exported(scene);
    const file = join(second(scene), 'state.json');
    writeFileSync(file, stdin.replace('"schema": 1', '"schema": 2'));
    const newer = await onSecond(scene, 'state import - --yes', { stdin });
    expect([newer.code, newer.stderr]).toEqual([9, expect.stringContaining('newer rdsctl')]);
    writeFileSync(file, stdin.slice(0, 200));
    expect((await onSecond(scene, 'state import - --older', { stdin })).code).toBe(2);
    const done = await onSecond(scene, 'state import - --older --yes', { stdin });
    expect(done.code, done.stderr).toBe(0);
    expect(secondState(scene)?.attachments).toEqual((await scene.state()).attachments);
    expect(readdirSync(join(second(scene), 'backups')).some((name) => name.startsWith('damaged-'))).toBe(
      true,
    );
  });

  test('while a command works on a volume there: exit 5, nothing changed', async () => {
    const scene = await twoPlaces();
    await scene.done('detach', 'vol-3');
    await scene.done('attach', 'vol-3', 'node-1');
    const stdin = await exported(scene);
    const store = openFileStore({
      directory: second(scene),
      backups: 1,
      stateLockTimeoutMs: 1000,
      holder: () => ({ who: 'ops', host: 'here', pid: process.pid, command: 'rdsctl move' }),
    });
    const lock = await store.lock({ name: 'rds1/vol-1', timeoutMs: 0 });
    const before = secondBytes(scene);
    const refused = await onSecond(scene, 'state import - --yes --lock-timeout 0', { stdin });
    expect([refused.code, refused.stderr]).toEqual([5, expect.stringContaining('rdsctl move')]);
    expect(secondBytes(scene)).toBe(before);
    await lock.release();
    expect((await onSecond(scene, 'state import - --yes', { stdin })).code).toBe(0);
  });
});
