import { beforeAll, afterAll, describe, expect, test } from 'vitest';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { runCli } from '../../src/cli/run-cli.ts';
import { startSimulation, type Simulation } from '../../src/simulator/simulation.ts';
import { outcomeOf, type Outcome } from './outcome.ts';
import { testIo } from './test-io.ts';

const BAD_NAMES = [
  'vol"1',
  "vol'1",
  'vol 1',
  ' vol-1',
  'vol$1',
  '$(reboot)',
  '`reboot`',
  'vol;reboot',
  'vol[1]',
  '[find]',
  'vol\n1',
  'vol-1\n',
  'vol\r1',
  'vol\t1',
  'vol\u00001',
  'vol*',
  'vol-?',
  '{a,b}',
  'v\\ol',
  'völ',
  '../vol-1',
  'rds1/vol-1/x',
  '/vol-1',
  'rds1/',
  '.hidden',
  '--',
  '\u001b[31m',
  'x'.repeat(300),
  '',
];

let simulation: Simulation;
let dir: string;

beforeAll(async () => {
  dir = mkdtempSync(join(tmpdir(), 'rdsctl-names-'));
  simulation = await startSimulation({ dir, nodes: 1, volumes: 1 });
});

afterAll(async () => {
  await simulation.close();
  rmSync(dir, { recursive: true, force: true });
});

function run(...argv: string[]): Promise<Outcome> {
  return testIo(dir, simulation.configPath, {}, (io) => runCli(argv, io), outcomeOf).ended;
}

describe.each(BAD_NAMES.map((name) => [JSON.stringify(name).slice(0, 40), name] as const))(
  'the name %s',
  (_shown, name) => {
    const commands: readonly (readonly string[])[] = [
      ['attach', '--', name, 'node-1'],
      ['attach', '--', 'vol-1', name],
      ['detach', '--', name],
      ['detach', '--', 'vol-1', name],
      ['move', '--', name, 'node-1'],
      ['move', '--', 'vol-1', name],
      ['fence', '--yes', '--', name],
      ['fence', '--yes', `--volume=${name}`, 'node-1'],
      ['unfence', '--', name],
      ['show', '--', name],
      ['nodes', '--', name],
    ];

    test('is refused with 2 by every command, shown harmlessly, and nothing is asked or changed', async () => {
      const execs = simulation.rds.ssh.counters.execs + simulation.node('node-1').server.ssh.counters.execs;
      for (const command of commands) {
        const refused = await run(...command);
        // A node's name may hold no slash; where it looks like a path it is a bad name all the same.
        expect(refused.code, `${JSON.stringify(command)}: ${refused.stderr}`).toBe(2);
        expect(refused.stdout).toBe('');
        // eslint-disable-next-line no-control-regex -- what must not reach a terminal
        expect(refused.stderr).not.toMatch(/[\u0000-\u0009\u000b-\u001f\u007f]/);
        expect(refused.stderr.length).toBeLessThan(700);
      }
      const after = simulation.rds.ssh.counters.execs + simulation.node('node-1').server.ssh.counters.execs;
      expect(after).toBe(execs);
      expect(simulation.events.all).toEqual([]);
    });
  },
);

describe('command lines that are not right', () => {
  test.for([
    [['attach'], /NODE|VOLUME/],
    [['attach', 'vol-1'], /NODE/],
    [['attach', 'vol-1', 'node-1', 'more'], /more|too many/i],
    [['attach', 'vol-1', 'node-1', '--sharde'], /--shared/],
    [['atach', 'vol-1', 'node-1'], /attach/],
    [['attach', 'vol-1', 'node-1', '--timeout', 'soon'], /--timeout/],
    [['attach', 'vol-1', 'node-1', '--timeout', '0'], /--timeout/],
    [['attach', 'vol-1', 'node-1', '--lock-timeout', '-1s'], /--lock-timeout/],
    [['attach', 'vol-1', 'node-1', '-o', 'xml'], /xml/],
    [['attach', 'vol-1', 'node-1', '--handoff', 'x', '--shared'], /--handoff/],
    [['list', '--phase', 'atached'], /attached/],
    [['list', '--dry-run'], /dry-run/],
    [['volumes', '--rds', ''], /--rds/],
  ] as const)('%j ends with 2 and says why', async ([argv, says]) => {
    const refused = await run(...argv);
    expect(refused.code, refused.stderr).toBe(2);
    expect(refused.stderr).toMatch(says);
    expect(refused.stdout).toBe('');
    expect(simulation.events.all).toEqual([]);
  });

  test('with -o json even these are documents', async () => {
    const refused = await run('attach', 'vol 1', 'node-1', '-o', 'json');
    expect(refused.error()).toMatchObject({
      apiVersion: 'rdsctl/v1',
      kind: 'Error',
      code: 'USAGE',
      exitCode: 2,
      reason: 'BAD_NAME',
    });
  });
});
