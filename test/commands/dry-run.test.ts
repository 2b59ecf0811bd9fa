import { readFileSync } from 'node:fs';
import { spawnSync } from 'node:child_process';
import { describe, expect, test } from 'vitest';
import { openScene, type Scene } from './scene.ts';
import { expectParses } from './sent-lines.ts';

interface Planned {
  readonly at: string;
  readonly kind: 'routeros' | 'node';
  readonly changes: boolean;
  readonly command: string;
}

const CASES: readonly (readonly [string, readonly string[]])[] = [
  ['attach vol-2 node-1', ['rds1', 'node-1']],
  ['attach vol-1 node-1', []],
  ['detach vol-1', ['node-1', 'rds1']],
  ['detach vol-2', []],
  ['move vol-1 node-2', ['node-1', 'rds1', 'rds1', 'node-2']],
  ['fence node-1', ['rds1', 'node-1']],
  ['unfence node-1', []],
];

async function prepared(): Promise<Scene> {
  const scene = await openScene();
  expect((await scene.run('attach', 'vol-1', 'node-1')).code).toBe(0);
  return scene;
}

describe.each(CASES)('%s --dry-run', (command, changing) => {
  const argv = [...command.split(' '), '--dry-run'];

  test('sends nothing that changes, and leaves no trace', async () => {
    const scene = await prepared();
    const before = {
      events: scene.events().length,
      state: scene.stateBytes(),
      audit: scene.audit().length,
    };
    const outcome = await scene.run(...argv);
    expect(outcome.code, outcome.stderr).toBe(0);
    expect({
      events: scene.events().length,
      state: scene.stateBytes(),
      audit: scene.audit().length,
    }).toEqual(before);
  });

  test('prints each command in order; every line and script is one that its host would parse', async () => {
    const scene = await prepared();
    const plan = (await scene.run(...argv, '-o', 'json')).json();
    expect(plan).toMatchObject({ apiVersion: 'rdsctl/v1', kind: 'Plan', dryRun: true });
    const commands = plan['commands'] as Planned[];
    expect(commands.filter(({ changes }) => changes).map(({ at }) => at)).toEqual(changing);
    for (const { kind, command: text } of commands) {
      if (kind === 'routeros') expectParses(text);
      else expectShellParses(text);
    }
    const text = (await scene.run(...argv)).stdout;
    const heads = text.split('\n').filter((line) => /^# (rds1|node-\d)$/.test(line));
    expect(heads).toEqual(changing.map((at) => `# ${at}`));
  });
});

function expectShellParses(text: string): void {
  const checked = spawnSync('sh', ['-n'], { input: text, encoding: 'utf8' });
  expect(checked.stderr).toBe('');
}

test('what a dry run prints is what is sent then', async () => {
  const scene = await prepared();
  const plan = (await scene.run('move', 'vol-1', 'node-2', '--dry-run', '-o', 'json')).json();
  const planned = (plan['commands'] as Planned[]).filter(
    ({ changes, kind }) => changes && kind === 'routeros',
  );
  const sent: string[] = [];
  const { device } = scene.simulation.rds;
  const exec = device.exec.bind(device);
  device.exec = (line, policies) => {
    if (line.includes('/disk set')) sent.push(line);
    return exec(line, policies);
  };
  expect((await scene.run('move', 'vol-1', 'node-2')).code).toBe(0);
  const bare = (line: string): string => line.replace(/[0-9a-f]{16}/g, 'NONCE');
  expect(sent.map(bare)).toEqual(planned.map(({ command }) => bare(command)));
});

test('what would be refused is refused in a dry run too', async () => {
  const scene = await prepared();
  expect((await scene.run('attach', 'vol-1', 'node-2', '--dry-run')).code).toBe(4);
  scene.simulation.node('node-1').kernel.uses.add('nvme0n1', { kind: 'swap' });
  expect((await scene.run('detach', 'vol-1', '--dry-run')).code).toBe(7);
});

test('of a first attach leaves no state directory behind', async () => {
  const scene = await openScene({ nodes: 1 });
  const outcome = await scene.run('attach', 'vol-1', 'node-1', '--dry-run');
  expect(outcome.code, outcome.stderr).toBe(0);
  expect(() => readFileSync(scene.stateDir)).toThrow(/ENOENT/);
  expect(scene.events()).toEqual([]);
});
