import { readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, test } from 'vitest';
import { onTerminal, type OnTerminal, type TerminalOptions } from '../cli/terminal/pty.ts';
import { openScene, type Scene } from './scene.ts';

/* The built program on a real pseudo-terminal; what it shows is read from a terminal emulator's screen. */

const ESCAPE = '\u001b';

function start(scene: Scene, args: readonly string[], more: Partial<TerminalOptions> = {}): OnTerminal {
  const { env, ...rest } = more;
  return onTerminal(args, {
    cwd: scene.dir,
    env: { RDSCTL_CONFIG: scene.simulation.configPath, ...env },
    ...rest,
  });
}

const ATTACHED = [
  'done      rds1: look at vol-1',
  'done      node-1: look for old controllers',
  'done      state: claim vol-1 for node-1',
  'done      rds1: export vol-1 to node-1 alone',
  'done      node-1: connect and wait for the device',
  'done      state: attached',
];

describe('progress on a terminal', () => {
  test('each step appears as it begins, and stays as it ended; the result is untouched', async () => {
    const scene = await openScene();
    const held = scene.hold(/nvme-tcp-export=yes/);
    const stdout = path.join(scene.dir, 'stdout');
    const running = start(scene, ['attach', 'vol-1', 'node-1', '-o', 'name'], { stdout });
    await running.shows(/^⠋?. rds1: export vol-1 to node-1 alone/m);
    held.letGo();
    expect(await running.ended).toBe(0);
    expect([...running.lines()].sort()).toEqual([...ATTACHED].sort());
    expect(readFileSync(stdout, 'utf8')).toBe('/dev/nvme0n1\n');
    expect(running.cursorColumn()).toBe(0);
  });

  test('with results on the same terminal they stand below it', async () => {
    const scene = await openScene();
    const running = start(scene, ['attach', 'vol-1', 'node-1']);
    expect(await running.ended).toBe(0);
    expect(running.lines().at(-1)).toBe('vol-1 is attached to node-1 as /dev/nvme0n1');
    expect(running.lines()).toHaveLength(ATTACHED.length + 1);
  });

  test('what is waited for is named, with who has it', async () => {
    const scene = await openScene();
    const held = scene.hold(/nvme-tcp-export=yes/);
    const first = scene.start(['attach', 'vol-1', 'node-1']);
    await held.reached;
    const running = start(scene, ['attach', 'vol-1', 'node-2'], { columns: 60 });
    await running.shows(/^. waiting for vol-1: held by `attach vol-1 node-1`,\n {2}\S+@\S+ pid \d+, \d+ s$/m);
    held.letGo();
    expect(await running.ended).toBe(4);
    expect((await first.ended).code).toBe(0);
    const text = running.lines().join('');
    expect(text).toContain('waited    for vol-1: held by `attach vol-1 node-1`');
    expect(text).not.toContain('waiting for');
    expect(text).toContain('error: vol-1 is attached to node-1');
  });

  test('Ctrl-C midway: says that it ends, ends in order, and leaves the terminal as it should be', async () => {
    const scene = await openScene();
    const held = scene.hold(/nvme-tcp-export=yes/);
    const running = start(scene, ['attach', 'vol-1', 'node-1']);
    await running.shows(/export vol-1/);
    running.type('\u0003');
    await running.shows(/interrupted: ends in order/);
    held.letGo();
    expect(await running.ended).toBe(130);
    expect(running.raw()).not.toContain(`${ESCAPE}[?25l`);
    expect(running.cursorColumn()).toBe(0);
    const lines = running.lines();
    expect(lines.filter((line) => /^[⠋⠙⠹⠸⠼⠴⠦⠧⠇⠏] /.test(line))).toEqual([]);
    expect(lines.findIndex((line) => line.startsWith('error: interrupted by SIGINT'))).toBeGreaterThan(
      lines.findIndex((line) => line.includes('undo: withdraw vol-1')),
    );
    expect(scene.sessions('vol-1')).toEqual([]);
  });

  test('Ctrl-C twice ends at once, with nothing left that looks as if it ran', async () => {
    const scene = await openScene();
    const held = scene.hold(/nvme-tcp-export=yes/);
    const running = start(scene, ['attach', 'vol-1', 'node-1']);
    await running.shows(/export vol-1/);
    running.type('\u0003');
    await running.shows(/interrupted: ends in order/);
    running.type('\u0003');
    expect(await running.ended).toBe(130);
    expect(running.lines().at(-1)).toMatch(/^error: interrupted again/);
    expect(running.cursorColumn()).toBe(0);
    held.letGo();
    await scene.done('reconcile');
  });

  test('many volumes: a bar and those in work; one line for all of them stays', async () => {
    const scene = await openScene({ volumes: 4 });
    writeManifest(scene, ['vol-1', 'vol-2', 'vol-3', 'vol-4']);
    const held = scene.hold(/nvme-tcp-export=yes/);
    const running = start(scene, ['apply', '-f', 'manifest.yaml', '--yes']);
    await running.shows(/█* ?░+ +0 of 4 volumes \d+ s\n {2}. vol-1: rds1: export vol-1[^]*\n {2}. vol-4: /);
    held.letGo();
    expect(await running.ended).toBe(0);
    expect(running.lines()[0]).toBe('done      4 volumes');
    expect(running.lines().some((line) => line.includes('░'))).toBe(false);
  });

  test('of many the failed ones are named as they fail', async () => {
    const scene = await openScene({ volumes: 3 });
    await scene.done('fence', 'node-2', '--yes');
    writeManifest(scene, ['vol-1', 'vol-2', 'vol-3'], { 'vol-2': 'node-2' });
    const running = start(scene, ['apply', '-f', 'manifest.yaml', '--yes'], { columns: 200 });
    expect(await running.ended).toBe(1);
    const lines = running.lines();
    expect(lines.some((line) => line.startsWith('failed    vol-2 ('))).toBe(true);
    expect(lines).toContain('failed    2 of 3 volumes');
  });

  test('fence of many shows how far it is', async () => {
    const scene = await openScene({ volumes: 3 });
    writeManifest(scene, ['vol-1', 'vol-2', 'vol-3']);
    await scene.done('apply', '-f', path.join(scene.dir, 'manifest.yaml'), '--yes');
    const held = scene.hold(/nvme-tcp-export=no/);
    const running = start(scene, ['fence', 'node-1', '--yes']);
    await running.shows(/0 of 3 volumes[^]*vol-1[^]*vol-2[^]*vol-3/);
    held.letGo();
    expect(await running.ended).toBe(0);
    expect(running.lines()).toContain('done      3 volumes');
  });

  test('drain and reconcile of many show how far they are', async () => {
    const scene = await openScene({ volumes: 3 });
    const volumes = ['vol-1', 'vol-2', 'vol-3'];
    writeManifest(scene, volumes);
    await scene.done('apply', '-f', path.join(scene.dir, 'manifest.yaml'), '--yes');
    for (const volume of volumes) await scene.setDisk(volume, 'nvme-tcp-export=no');
    const comparing = start(scene, ['reconcile', '--dry-run']);
    expect(await comparing.ended).toBe(8);
    expect(comparing.lines()).toContain('done      3 volumes');
    for (const volume of volumes) await scene.setDisk(volume, 'nvme-tcp-export=yes');
    const held = scene.hold(/nvme-tcp-export=no/);
    const draining = start(scene, ['drain', 'node-1']);
    await draining.shows(/0 of 3 volumes[^]*vol-1[^]*vol-2[^]*vol-3/);
    held.letGo();
    expect(await draining.ended).toBe(0);
    expect(draining.lines()).toContain('done      3 volumes');
  });

  test('a terminal that can not move its cursor gets plain lines', async () => {
    const scene = await openScene();
    const running = start(scene, ['attach', 'vol-1', 'node-1'], { env: { TERM: 'dumb' } });
    expect(await running.ended).toBe(0);
    expect(running.raw()).not.toContain(ESCAPE);
    expect(running.lines()).toEqual(expect.arrayContaining(['… rds1: look at vol-1', ...ATTACHED]));
  });

  test('without colours it is drawn all the same', async () => {
    const scene = await openScene();
    const held = scene.hold(/nvme-tcp-export=yes/);
    const running = start(scene, ['attach', 'vol-1', 'node-1'], { env: { NO_COLOR: '1' } });
    await running.shows(/export vol-1/);
    held.letGo();
    expect(await running.ended).toBe(0);
    // eslint-disable-next-line no-control-regex -- what a terminal is told
    expect(running.raw()).not.toMatch(/\u001b\[[\d;]*m/);
  });

  test.each([
    ['with -q', ['-q'], ''],
    ['when stderr is a file', [], '2>stderr'],
  ])('nothing of it %s', async (_when, args, redirect) => {
    const scene = await openScene();
    const running = start(scene, ['attach', 'vol-1', 'node-1', ...args], { redirect });
    expect(await running.ended).toBe(0);
    expect(running.lines()).toEqual(['vol-1 is attached to node-1 as /dev/nvme0n1']);
    if (redirect !== '') expect(readFileSync(path.join(scene.dir, 'stderr'), 'utf8')).toBe('');
  });

  test('a question that is answered with Ctrl-C ends on its own line', async () => {
    const scene = await openScene();
    const running = start(scene, ['fence', 'node-1']);
    await running.shows(/node-1 ANSWERS\.[^]*all the same\? \[y\/N\]/);
    running.type('y\r');
    await running.shows(/Type node-1 to go on:/);
    running.type('\u0003');
    expect(await running.ended).toBe(130);
    expect(running.lines().slice(-3)).toEqual([
      'Fence node-1? Type node-1 to go on: ^C',
      'error: interrupted by SIGINT',
      '       Nothing was changed.',
    ]);
  });
});

function writeManifest(
  scene: Scene,
  volumes: readonly string[],
  nodes: Readonly<Record<string, string>> = {},
): void {
  const attachments = volumes.map((volume) => ({ volume, node: nodes[volume] ?? 'node-1' }));
  const manifest = { apiVersion: 'rdsctl/v1', kind: 'Manifest', attachments };
  writeFileSync(path.join(scene.dir, 'manifest.yaml'), JSON.stringify(manifest));
}
