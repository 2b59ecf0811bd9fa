import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { stringify } from 'yaml';
import { openScene, type Scene } from './scene.ts';
import type { Outcome } from './outcome.ts';

function manifest(scene: Scene, attachments: unknown, name = 'm.yaml'): string {
  const file = join(scene.dir, name);
  writeFileSync(file, stringify({ apiVersion: 'rdsctl/v1', kind: 'Manifest', attachments }));
  return file;
}

const places = async (scene: Scene): Promise<Record<string, string>> =>
  Object.fromEntries(
    Object.values((await scene.state()).attachments).map(({ slot, holders }) => [
      slot,
      holders.map(({ node }) => node).join(','),
    ]),
  );

const changes = (outcome: Outcome): Record<string, unknown>[] =>
  outcome.json()['changes'] as Record<string, unknown>[];

/** vol-1 and vol-2 on node-1, vol-3 on node-2. */
async function prepared(volumes = 5): Promise<Scene> {
  const scene = await openScene({ volumes });
  for (const [volume, node] of [
    ['vol-1', 'node-1'],
    ['vol-2', 'node-1'],
    ['vol-3', 'node-2'],
  ] as const) {
    expect((await scene.run('attach', volume, node)).code).toBe(0);
  }
  return scene;
}

const WANTED = [
  { volume: 'vol-1', node: 'node-1' },
  { volume: 'rds1/vol-2', node: 'node-2' },
  { volume: 'vol-4', rds: 'rds1', node: 'node-1' },
];

describe('apply', () => {
  test('attaches, moves, leaves alone; again: nothing to do, exit 0', async () => {
    const scene = await prepared();
    const file = manifest(scene, WANTED);
    const outcome = await scene.run('apply', '-f', file, '--yes', '-o', 'json');
    expect(outcome.code, outcome.stderr).toBe(0);
    expect(outcome.json()).toMatchObject({ kind: 'Plan', dryRun: false, changed: true, unchanged: 1 });
    expect(changes(outcome)).toMatchObject([
      { action: 'move', volume: 'vol-2', from: ['node-1'], node: 'node-2', result: 'done', exitCode: 0 },
      { action: 'attach', volume: 'vol-4', from: [], node: 'node-1', result: 'done' },
    ]);
    expect(changes(outcome)[1]?.['device']).toMatch(/^\/dev\/nvme\dn1$/);
    expect(await places(scene)).toEqual({
      'vol-1': 'node-1',
      'vol-2': 'node-2',
      'vol-3': 'node-2',
      'vol-4': 'node-1',
    });
    const before = { events: scene.events().length, state: scene.stateBytes() };
    const again = await scene.run('apply', '-f', file);
    expect(again).toMatchObject({
      code: 0,
      stdout: 'Nothing to do: the attachments are as the manifest says.\n',
      stderr: '',
    });
    expect({ events: scene.events().length, state: scene.stateBytes() }).toEqual(before);
    expect(scene.audit().filter(({ event }) => event === 'apply')).toMatchObject([{ result: 'ok' }]);
  });

  test('--prune detaches what it does not name, and nothing else', async () => {
    const scene = await prepared();
    const outcome = await scene.run(
      'apply',
      '-f',
      manifest(scene, WANTED.slice(0, 1)),
      '--prune',
      '--yes',
      '-o',
      'json',
    );
    expect(changes(outcome)).toMatchObject([
      { action: 'detach', volume: 'vol-2', from: ['node-1'], node: null, result: 'done' },
      { action: 'detach', volume: 'vol-3', from: ['node-2'], result: 'done' },
    ]);
    expect(await places(scene)).toEqual({ 'vol-1': 'node-1' });
    expect(scene.sessions('vol-2')).toEqual([]);
  });

  test('what list writes can be applied again: as YAML, as JSON, from standard input', async () => {
    const scene = await prepared();
    const yaml = (await scene.run('list', '-o', 'yaml')).stdout;
    const json = (await scene.run('list', '-o', 'json')).stdout;
    expect((await scene.start(['apply', '-f', '-'], { stdin: yaml }).ended).stdout).toContain(
      'Nothing to do',
    );
    await scene.done('detach', 'vol-1');
    await scene.done('move', 'vol-3', 'node-1');
    const outcome = await scene.start(['apply', '-f', '-', '--yes'], { stdin: json }).ended;
    expect(outcome.code, outcome.stderr).toBe(0);
    expect(await places(scene)).toEqual({ 'vol-1': 'node-1', 'vol-2': 'node-1', 'vol-3': 'node-2' });
  });

  test('a volume that was fenced when it was listed is passed over, and said', async () => {
    const scene = await prepared();
    await scene.done('fence', 'node-2', '--yes');
    const yaml = (await scene.run('list', '-o', 'yaml')).stdout;
    const outcome = await scene.start(['apply', '-f', '-'], { stdin: yaml }).ended;
    expect(outcome.code).toBe(0);
    expect(outcome.stderr).toContain('vol-3 is passed over');
  });

  test('shows the plan and asks; no is no; without a terminal it needs --yes', async () => {
    const scene = await prepared();
    const file = manifest(scene, WANTED);
    const before = { events: scene.events().length, state: scene.stateBytes() };
    const no = await scene.start(['apply', '-f', file, '--prune', '--no-color'], { typed: ['n'] }).ended;
    expect(no.code).toBe(1);
    expect(no.stderr).toMatch(/^~ +vol-2 +rds1 +node-1 -> node-2\s*$/m);
    expect(no.stderr).toMatch(/^- +vol-3 +rds1 +node-2\s*$/m);
    expect(no.stderr).toMatch(/^\+ +vol-4 +rds1 +node-1\s*$/m);
    expect(no.stderr).toContain('Make these 3 changes? [y/N]');
    const mute = await scene.run('apply', '-f', file);
    expect(mute.code).toBe(2);
    expect(mute.stderr).toContain('--yes');
    expect({ events: scene.events().length, state: scene.stateBytes() }).toEqual(before);
    const yes = await scene.start(['apply', '-f', file, '--prune'], { typed: ['y'] }).ended;
    expect(yes.code, yes.stderr).toBe(0);
    expect(yes.stdout).toContain('3 changed, 1 as they were');
  });

  test('uses one connection for each host, and few commands at the storage server', async () => {
    const scene = await openScene({ volumes: 12 });
    const { simulation } = scene;
    const wanted = Array.from({ length: 12 }, (_, index) => ({
      volume: `vol-${index + 1}`,
      node: `node-${(index % 2) + 1}`,
    }));
    const outcome = await scene.run('apply', '-f', manifest(scene, wanted), '--yes');
    expect(outcome.code, outcome.stderr).toBe(0);
    expect(Object.keys(await places(scene))).toHaveLength(12);
    const hosts = [
      simulation.rds.ssh,
      simulation.node('node-1').server.ssh,
      simulation.node('node-2').server.ssh,
    ];
    expect(hosts.map(({ counters }) => counters.logins)).toEqual([1, 1, 1]);
    // A look and a grant each would be 24.
    expect(simulation.rds.ssh.counters.execs).toBeLessThan(20);
  });

  test('--dry-run shows the plan and every command, and changes nothing', async () => {
    const scene = await prepared();
    const before = { events: scene.events().length, state: scene.stateBytes(), audit: scene.audit().length };
    const file = manifest(scene, WANTED);
    const plan = await scene.run('apply', '-f', file, '--dry-run', '-o', 'json');
    expect(plan.code, plan.stderr).toBe(0);
    expect(plan.json()).toMatchObject({ kind: 'Plan', dryRun: true, changed: false });
    expect(changes(plan)).toMatchObject([{ action: 'move' }, { action: 'attach' }]);
    const commands = plan.json()['commands'] as { changes: boolean; command: string }[];
    expect(
      commands.filter((one) => one.changes).some(({ command }) => command.includes('nvme-tcp-export=yes')),
    ).toBe(true);
    expect((await scene.run('apply', '-f', file, '--dry-run')).stdout).toMatch(/~ +vol-2 .*\n[^]*# rds1/);
    expect({ events: scene.events().length, state: scene.stateBytes(), audit: scene.audit().length }).toEqual(
      before,
    );
  });
});

describe('one failure does not stop the others', () => {
  test('in use, fenced node, refused by the storage server: exit 1, each with its cause', async () => {
    const scene = await prepared(6);
    scene.simulation
      .node('node-1')
      .kernel.uses.add('nvme1n1', { kind: 'mount', directory: '/srv', seen: 'own' });
    await scene.setDisk(
      'vol-5',
      'comment="[rdsctl owner=x token=4 lineage=5f0c1d2e-0000-4000-8000-000000000009]"',
    );
    const file = manifest(scene, [
      ...WANTED,
      { volume: 'vol-5', node: 'node-1' },
      { volume: 'vol-6', node: 'node-2' },
    ]);
    const outcome = await scene.run('apply', '-f', file, '--yes', '-o', 'json');
    expect(outcome.code).toBe(1);
    expect(changes(outcome)).toMatchObject([
      { volume: 'vol-2', result: 'failed', exitCode: 7, reason: 'DEVICE_IN_USE' },
      { volume: 'vol-4', result: 'done' },
      { volume: 'vol-5', result: 'failed', exitCode: 4, reason: 'FOREIGN_TAG' },
      { volume: 'vol-6', result: 'done' },
    ]);
    expect(outcome.error()).toMatchObject({
      reason: 'PARTIAL',
      details: { failed: [{ volume: 'vol-2' }, { volume: 'vol-5' }] },
    });
    expect(await places(scene)).toMatchObject({ 'vol-2': 'node-1', 'vol-4': 'node-1', 'vol-6': 'node-2' });
  });

  test('a fenced node is told in the plan and refused; the rest is done', async () => {
    const scene = await openScene({ volumes: 3 });
    await scene.done('attach', 'vol-1', 'node-2');
    await scene.done('fence', 'node-1', '--yes');
    const file = manifest(scene, [
      { volume: 'vol-1', node: 'node-1' },
      { volume: 'vol-2', node: 'node-1' },
      { volume: 'vol-3', node: 'node-2' },
    ]);
    const outcome = await scene.run('apply', '-f', file, '--yes', '-o', 'json');
    expect(outcome.code).toBe(1);
    expect(changes(outcome)).toMatchObject([
      { volume: 'vol-1', reason: 'NODE_FENCED', note: 'node-1 is fenced: it will be refused' },
      { volume: 'vol-2', reason: 'NODE_FENCED' },
      { volume: 'vol-3', result: 'done' },
    ]);
    expect(await places(scene)).toEqual({ 'vol-1': 'node-2', 'vol-3': 'node-2' });
  });

  test('a node that does not answer, and a volume that another command works on', async () => {
    const scene = await openScene({ volumes: 3 });
    const held = scene.hold(/slot="vol-1".*nvme-tcp-export=yes/);
    const first = scene.start(['attach', 'vol-1', 'node-1']);
    await held.reached;
    await scene.faults({ at: 'node-2', when: 'connect', do: 'refuse' });
    const file = manifest(scene, [
      { volume: 'vol-1', node: 'node-1' },
      { volume: 'vol-2', node: 'node-2' },
      { volume: 'vol-3', node: 'node-1' },
    ]);
    const outcome = await scene.run('apply', '-f', file, '--yes', '--lock-timeout', '0', '-o', 'json');
    expect(changes(outcome)).toMatchObject([
      { volume: 'vol-1', exitCode: 5 },
      { volume: 'vol-2', exitCode: 6 },
      { volume: 'vol-3', result: 'done' },
    ]);
    held.letGo();
    expect((await first.ended).code).toBe(0);
  });

  test('the storage server hangs in a change: ends in time, and what was claimed can be finished', async () => {
    const scene = await openScene({ volumes: 2, nodes: 1, config: { timeouts: { command: '3s' } } });
    await scene.faults({ at: 'rds1', when: 'exec', match: 'nvme-tcp-export=yes', do: 'hang' });
    const file = manifest(scene, [
      { volume: 'vol-1', node: 'node-1' },
      { volume: 'vol-2', node: 'node-1' },
    ]);
    const failed = await scene.run('apply', '-f', file, '--yes', '-o', 'json');
    expect(failed.code).toBe(1);
    expect(changes(failed)).toMatchObject([{ exitCode: 6 }, { exitCode: 6 }]);
    await scene.faults();
    scene.configure({ timeouts: { command: '30s' } });
    expect((await scene.run('apply', '-f', file, '--yes')).code).toBe(0);
    expect(await places(scene)).toEqual({ 'vol-1': 'node-1', 'vol-2': 'node-1' });
  });
});

describe('on the way', () => {
  test.each(['intent', 'grant', 'connect', 'disconnect', 'revoke'])(
    'interrupted in step "%s": 130, no volume half done, again finishes',
    async (step) => {
      const scene = await prepared();
      const file = manifest(scene, WANTED);
      const outcome = await scene.start(['apply', '-f', file, '--yes', '--log-format', 'json'], {
        signalAt: { text: new RegExp(`"event":"step","id":"rds1/vol-\\d ${step}"`) },
      }).ended;
      expect(outcome.code, outcome.stderr).toBe(130);
      for (const volume of ['vol-1', 'vol-2', 'vol-3', 'vol-4']) {
        const claim = (await scene.state()).attachments[`rds1/${volume}`];
        expect(scene.sessions(volume)).toEqual(claim?.holders.map(({ hostNqn }) => hostNqn) ?? []);
      }
      expect((await scene.run('apply', '-f', file, '--yes')).code).toBe(0);
      expect(await places(scene)).toMatchObject({ 'vol-2': 'node-2', 'vol-4': 'node-1' });
    },
  );

  test('what an earlier command left half done is finished', async () => {
    const scene = await openScene({ nodes: 1 });
    await scene.faults(
      { at: 'node-1', when: 'exec', skip: 1, times: 1, do: 'drop-after' },
      { at: 'node-1', when: 'exec', skip: 1, do: 'drop-before' },
      { at: 'rds1', when: 'exec', skip: 2, do: 'drop-before' },
    );
    expect((await scene.run('attach', 'vol-1', 'node-1')).code).toBe(6);
    await scene.faults();
    const file = manifest(scene, [{ volume: 'vol-1', node: 'node-1' }]);
    const outcome = await scene.run('apply', '-f', file, '--yes', '-o', 'json');
    expect(changes(outcome)).toMatchObject([
      { action: 'attach', result: 'done', note: 'attach of node-1 was begun and not finished' },
    ]);
    expect((await scene.state()).attachments['rds1/vol-1']).toMatchObject({
      phase: 'attached',
      intent: null,
    });
  });

  test('two applies at once end as one of them says, volume by volume', async () => {
    const scene = await openScene();
    const both = (node: string) => [
      { volume: 'vol-1', node },
      { volume: 'vol-2', node },
    ];
    const one = manifest(scene, both('node-1'), 'one.yaml');
    const two = manifest(scene, both('node-2'), 'two.yaml');
    await Promise.all([scene.run('apply', '-f', one, '--yes'), scene.run('apply', '-f', two, '--yes')]);
    for (const volume of ['vol-1', 'vol-2']) {
      const claim = (await scene.state()).attachments[`rds1/${volume}`];
      expect(claim?.phase).toBe('attached');
      expect(scene.sessions(volume)).toEqual(claim?.holders.map(({ hostNqn }) => hostNqn));
    }
  });
});

describe('a manifest that is not right: exit 2, file, line and fix, nothing changed', () => {
  const HEAD = 'apiVersion: rdsctl/v1\nkind: Manifest\n';
  test.each([
    [
      'an unknown key',
      `${HEAD}attachments:\n  - { volume: vol-1, nod: node-1 }\n`,
      /m:4: attachments\[0\]\.nod is not a key.*did you mean node/,
    ],
    [
      'a wrong type',
      `${HEAD}attachments:\n  - volume: 7\n    node: node-1\n`,
      /m:4: attachments\[0\]\.volume must be the name of a volume, not 7/,
    ],
    ['no list', `${HEAD}attachments: vol-1\n`, /m:3: attachments must be a list/],
    [
      'a key that is missing',
      `${HEAD}attachments:\n  - volume: vol-1\n`,
      /m:4: attachments\[0\]\.node is missing/,
    ],
    [
      'another kind',
      'apiVersion: rdsctl/v1\nkind: VolumeList\nitems: []\n',
      /m:2: kind must be Manifest or AttachmentList/,
    ],
    ['no YAML', `${HEAD}attachments: [\n`, /m:\d: /],
    [
      'one volume twice',
      `${HEAD}attachments:\n  - { volume: vol-1, node: node-1 }\n  - { volume: rds1/vol-1, node: node-2 }\n`,
      /m:5: .*stands there before/,
    ],
    [
      'an unknown node',
      `${HEAD}attachments:\n  - { volume: vol-1, node: nod-1 }\n`,
      /m:4: .*no node "nod-1": did you mean node-1\?/,
    ],
    [
      'an unknown volume',
      `${HEAD}attachments:\n  - { volume: vol-11, node: node-1 }\n`,
      /m:4: .*no volume "vol-11" on rds1: did you mean vol-1\?/,
    ],
    [
      'an unknown storage server',
      `${HEAD}attachments:\n  - { volume: rds7/vol-1, node: node-1 }\n`,
      /m:4: .*no storage server "rds7": did you mean rds1\?/,
    ],
    [
      'two storage servers for one volume',
      `${HEAD}attachments:\n  - { volume: rds1/vol-1, rds: rds2, node: node-1 }\n`,
      /m:4: .*keep one of the two/,
    ],
    ['an empty file', '', /m:/],
  ])('%s', async (_name, text, says) => {
    const scene = await openScene();
    const file = join(scene.dir, 'm');
    writeFileSync(file, text);
    const refused = await scene.run('apply', '-f', file, '--yes', '--prune');
    expect(refused.code, refused.stderr).toBe(2);
    expect(refused.stderr).toMatch(says);
    expect(refused.stderr).toContain('Nothing was changed.');
    expect(scene.stateBytes()).toBeNull();
    expect(scene.events()).toEqual([]);
  });

  test('every mistake is told at once, and as a document', async () => {
    const scene = await openScene();
    const file = manifest(scene, [
      { volume: 'vol-1', node: 'x' },
      { volume: 'vol-2', node: 'y' },
    ]);
    const refused = await scene.run('apply', '-f', file, '-o', 'json');
    expect(refused.error()).toMatchObject({
      reason: 'BAD_MANIFEST',
      exitCode: 2,
      details: {
        problems: [
          { file, line: 4 },
          { file, line: 6 },
        ],
      },
    });
  });

  test('a file that is not there, none at all, and bytes that are no text', async () => {
    const scene = await openScene();
    expect((await scene.run('apply', '-f', join(scene.dir, 'nothing'))).code).toBe(2);
    expect((await scene.run('apply')).code).toBe(2);
    writeFileSync(join(scene.dir, 'b'), Buffer.from([0xff, 0xfe, 0x00]));
    expect((await scene.run('apply', '-f', join(scene.dir, 'b'))).code).toBe(2);
  });

  test('a volume of two storage servers has to be told apart', async () => {
    const scene = await openScene({ rds: 2 });
    const file = manifest(scene, [{ volume: 'vol-1', node: 'node-1' }]);
    const refused = await scene.run('apply', '-f', file, '--yes');
    expect(refused.code).toBe(2);
    expect(refused.stderr).toContain('write rds1/vol-1 or rds2/vol-1');
  });
});
