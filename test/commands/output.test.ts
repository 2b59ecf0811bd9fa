import { stripVTControlCharacters } from 'node:util';
import { describe, expect, test } from 'vitest';
import { parse } from 'yaml';
import { openScene, type Scene } from './scene.ts';

const ATTACHMENT = [
  'apiVersion',
  'kind',
  'volume',
  'rds',
  'node',
  'nodes',
  'phase',
  'nqn',
  'transport',
  'hostNqn',
  'device',
  'sizeBytes',
  'attachedAt',
  'fencingToken',
  'changed',
];

/** Every command that has a result, on a scene where vol-1 is attached to node-1 and node-2 is fenced. */
const RESULTS: readonly (readonly [string, string, readonly string[], string])[] = [
  ['attach vol-1 node-1', 'Attachment', ATTACHMENT, '/dev/nvme0n1\n'],
  ['attach vol-2 node-1', 'Attachment', ATTACHMENT, '/dev/nvme1n1\n'],
  ['move vol-2 node-1', 'Attachment', [...ATTACHMENT, 'from'], '/dev/nvme1n1\n'],
  ['detach vol-1', 'Attachment', ATTACHMENT, 'vol-1\n'],
  ['list', 'AttachmentList', ['apiVersion', 'kind', 'items'], 'vol-1\n'],
  ['show vol-1', 'Attachment', [...ATTACHMENT, 'intent', 'sharedUntil', 'views', 'differences'], 'vol-1\n'],
  [
    'fence node-1 --yes',
    'FenceReport',
    [
      'apiVersion',
      'kind',
      'node',
      'fenced',
      'since',
      'verified',
      'changed',
      'volumes',
      'unasked',
      'nodeSide',
      'firewall',
      'proofs',
    ],
    'vol-1\n',
  ],
  [
    'unfence node-2',
    'FenceReport',
    ['apiVersion', 'kind', 'node', 'fenced', 'since', 'changed', 'released'],
    'node-2\n',
  ],
  ['volumes', 'VolumeList', ['apiVersion', 'kind', 'storageServers', 'items'], 'vol-1\nvol-2\n'],
  ['nodes', 'NodeList', ['apiVersion', 'kind', 'items'], 'node-1\nnode-2\n'],
];

async function prepared(): Promise<Scene> {
  const scene = await openScene();
  expect((await scene.run('attach', 'vol-1', 'node-1')).code).toBe(0);
  expect((await scene.run('fence', 'node-2', '--yes')).code).toBe(0);
  return scene;
}

describe.each(RESULTS)('%s', (command, kind, fields, names) => {
  const argv = command.split(' ');

  test('-o json is one document with the fields of the contract, in their order', async () => {
    const scene = await prepared();
    const outcome = await scene.run(...argv, '-o', 'json');
    expect(outcome.code, outcome.stderr).toBe(0);
    const document = outcome.json();
    expect(document).toMatchObject({ apiVersion: 'rdsctl/v1', kind });
    expect(Object.keys(document)).toEqual(fields);
  });

  test('-o yaml and -o jsonl say the same, -o name only what a script wants next', async () => {
    const scene = await prepared();
    const yaml = await scene.run(...argv, '-o', 'yaml');
    expect(parse(yaml.stdout)).toMatchObject({ apiVersion: 'rdsctl/v1', kind });
    expect(Object.keys(parse(yaml.stdout) as object)).toEqual(fields);
    const named = await scene.run(...argv, '-o', 'name');
    expect(named.stdout).toBe(names);
    const lines = await scene.run(...argv, '-o', 'jsonl');
    for (const line of lines.stdout.trimEnd().split('\n')) {
      expect(JSON.parse(line)).toMatchObject({ apiVersion: 'rdsctl/v1' });
    }
  });

  test('table and wide go to stdout alone, without colour, and wide shows no less', async () => {
    const scene = await prepared();
    const table = await scene.run(...argv);
    expect(table.stdout).not.toBe('');
    expect(table.stdout).not.toContain('\u001b');
    // A fence says whether one was ever proved on that storage server.
    const expected = argv[0] === 'fence' ? /^warning: a fence was never proved on rds1; [^\n]*\n$/ : /^$/;
    expect(table.stderr).toMatch(expected);
    const wide = await scene.run(...argv, '-o', 'wide');
    expect(wide.stdout.length).toBeGreaterThan(0);
  });
});

describe('the values of an Attachment', () => {
  test('are those of the contract: RFC 3339 times in UTC, bytes as integers', async () => {
    const scene = await openScene();
    const document = (await scene.run('attach', 'vol-1', 'node-1', '-o', 'json')).json();
    expect(document).toEqual({
      apiVersion: 'rdsctl/v1',
      kind: 'Attachment',
      volume: 'vol-1',
      rds: 'rds1',
      node: 'node-1',
      nodes: ['node-1'],
      phase: 'attached',
      nqn: 'nqn.2000-02.com.mikrotik:vol-1',
      transport: { address: '10.77.0.1', port: 4420 },
      hostNqn: scene.hostNqn('node-1'),
      device: '/dev/nvme0n1',
      sizeBytes: 1_073_741_824,
      attachedAt: expect.stringMatching(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z$/) as string,
      fencingToken: 1,
      changed: true,
    });
    const [listed] = (await scene.run('list', '-o', 'json')).json()['items'] as Record<string, unknown>[];
    const head = { apiVersion: 'rdsctl/v1', kind: 'Attachment' };
    expect({ ...head, ...listed }).toEqual({ ...document, changed: false });
  });

  test('a detached volume has the same fields, empty', async () => {
    const scene = await openScene({ nodes: 1 });
    await scene.done('attach', 'vol-1', 'node-1');
    const document = (await scene.run('detach', 'vol-1', '-o', 'json')).json();
    expect(document).toMatchObject({ node: null, nodes: [], phase: null, device: null, changed: true });
    const again = (await scene.run('detach', 'vol-1', '-o', 'json')).json();
    expect(again).toMatchObject({ volume: 'vol-1', rds: 'rds1', node: null, nodes: [], changed: false });
  });

  test('move tells where it came from', async () => {
    const scene = await openScene();
    await scene.done('attach', 'vol-1', 'node-1');
    const moved = (await scene.run('move', 'vol-1', 'node-2', '-o', 'json')).json();
    expect(moved).toMatchObject({ node: 'node-2', from: ['node-1'], fencingToken: 3, changed: true });
    const text = await scene.run('move', 'vol-1', 'node-1');
    expect(text.stdout).toBe('vol-1 is moved from node-2 to node-1 as /dev/nvme0n1\n');
  });
});

describe('list', () => {
  async function three(): Promise<Scene> {
    const scene = await openScene({ volumes: 3 });
    await scene.done('attach', 'vol-1', 'node-1');
    await scene.done('attach', 'vol-2', 'node-2');
    await scene.done('attach', 'vol-3', 'node-1');
    await scene.done('fence', 'node-2', '--yes');
    return scene;
  }

  test('filters: of one kind they add up, of different kinds they narrow down', async () => {
    const scene = await three();
    const names = async (...filters: string[]): Promise<string> =>
      (await scene.run('list', '-o', 'name', ...filters)).stdout.trimEnd().replaceAll('\n', ' ');
    expect(await names()).toBe('vol-1 vol-2 vol-3');
    expect(await names('--node', 'node-1')).toBe('vol-1 vol-3');
    expect(await names('--node', 'node-1', '--node', 'node-2')).toBe('vol-1 vol-2 vol-3');
    expect(await names('--volume', 'vol-[12]')).toBe('vol-1 vol-2');
    expect(await names('--volume', 'rds1/*', '--phase', 'fenced')).toBe('vol-2');
    expect(await names('--rds', 'rds1', '--node', 'node-1', '--volume', '*3')).toBe('vol-3');
    expect(await names('--rds', 'rds9')).toBe('');
    expect((await scene.run('ls', '-o', 'name')).stdout).toBe('vol-1\nvol-2\nvol-3\n');
  });

  test('asks nobody, and a state that was never written is an empty list', async () => {
    const scene = await openScene({ nodes: 1 });
    const execs = (): number => scene.simulation.rds.ssh.counters.logins;
    const listed = await scene.run('list', '-o', 'json');
    expect(listed.json()).toEqual({ apiVersion: 'rdsctl/v1', kind: 'AttachmentList', items: [] });
    const empty = await scene.run('list');
    expect(empty).toMatchObject({ code: 0, stdout: '', stderr: 'No attachments.\n' });
    expect(execs()).toBe(0);
  });
});

describe('show', () => {
  /** The table as it is on a terminal, without colours. */
  async function onScreen(scene: Scene, columns: number, ...more: string[]): Promise<string[]> {
    const screen = { columns, rows: 40 };
    const { stdout } = await scene.start(['show', 'vol-1', ...more], { screen }).ended;
    return stripVTControlCharacters(stdout).split('\n');
  }
  const marked = (lines: readonly string[]): string[] =>
    lines.flatMap((line) => /^│ ≠ ([A-Za-z ]*?) +│/.exec(line)?.[1] ?? []);

  test('fits the terminal, with all that there is to read', async () => {
    const scene = await openScene();
    await scene.done('attach', 'vol-1', 'node-1');
    for (const columns of [60, 80, 120]) {
      const lines = await onScreen(scene, columns);
      expect(lines.filter((line) => line.length > columns)).toEqual([]);
      const state = lines.map((line) => line.split('│')[2]?.trim() ?? '').join('');
      expect(state).toContain(scene.hostNqn('node-1'));
      expect(marked(lines)).toEqual([]);
    }
    const wide = (await scene.run('show', 'vol-1')).stdout;
    expect(wide.split('\n').some((line) => line.split(scene.hostNqn('node-1')).length === 3)).toBe(true);
  });

  test('marks the rows in which the views differ, with and without colour', async () => {
    const scene = await openScene({ byHand: ['rds1/vol-1'] });
    await scene.done('attach', 'vol-1', 'node-1');
    await scene.setDisk('vol-1', 'comment="mine"');
    expect(marked(await onScreen(scene, 100))).toEqual(['who', 'token']);
    expect((await scene.run('show', 'vol-1')).stdout).toMatch(/^│ ≠ who +│ node-1 +│ - /m);
    await scene.setDisk('vol-1', 'nvme-tcp-server-allow-host-name="nqn.2014-08.org.example:other"');
    expect(marked(await onScreen(scene, 100))).toEqual(['who', 'token', 'host NQN']);
    await scene.setDisk('vol-1', 'nvme-tcp-export=no');
    expect(marked(await onScreen(scene, 100))).toEqual(['is', 'who', 'token', 'host NQN']);
  });

  test('says that the views agree, or where they differ', async () => {
    const scene = await prepared();
    expect((await scene.run('show', 'vol-1')).stdout).toContain('The views agree.');
    await scene.setDisk('vol-1', 'nvme-tcp-export=no');
    const shown = (await scene.run('show', 'vol-1', '-o', 'json')).json();
    expect(shown['differences']).toContain('the state says attached, the storage server does not export it');
  });

  test('a view that can not be had is told in its place', async () => {
    const scene = await prepared();
    await scene.faults(
      { at: 'node-1', when: 'connect', do: 'refuse' },
      { at: 'rds1', when: 'connect', do: 'refuse' },
    );
    const shown = await scene.run('show', 'vol-1', '-o', 'json');
    expect(shown.code).toBe(0);
    expect(shown.json()).toMatchObject({
      views: {
        state: { attached: true },
        storageServer: { reason: 'CONNECT_FAILED' },
        nodes: [{ node: 'node-1', reason: 'CONNECT_FAILED' }],
      },
    });
  });
});

describe('errors', () => {
  test.for(['json', 'yaml', 'jsonl'] as const)('with -o %s are documents on stderr', async (format) => {
    const scene = await prepared();
    const refused = await scene.run('attach', 'vol-1', 'node-2', '-o', format);
    expect(refused.stdout).toBe('');
    const document = (format === 'yaml' ? parse(refused.stderr) : JSON.parse(refused.stderr)) as object;
    expect(Object.keys(document)).toEqual([
      'apiVersion',
      'kind',
      'code',
      'exitCode',
      'reason',
      'message',
      'hint',
      'details',
    ]);
    expect(document).toMatchObject({ kind: 'Error', code: 'CONFLICT', exitCode: 4, reason: 'NODE_FENCED' });
  });
});
