import { describe, expect, test } from 'vitest';
import type { Attachment } from '../../../src/attachment/attachment.ts';
import { NOBODY } from '../../../src/attachment/host-nqn.ts';
import type { NodeView, Subsystem } from '../../../src/operations/ports/node.ts';
import type { Disk } from '../../../src/operations/ports/storage-server.ts';
import type { NodeFacts, RebuildFacts } from '../../../src/operations/rebuild/facts.ts';
import { chooseLineage } from '../../../src/operations/rebuild/lineage.ts';
import { rebuildState } from '../../../src/operations/rebuild/rebuild-state.ts';
import type { NodeRecord, State } from '../../../src/state/state.ts';
import { aSubsystem, hostId, hostNqn } from '../../fakes/fake-node.ts';
import { aDisk } from '../../fakes/fake-server.ts';
import { LINEAGE } from '../../fakes/memory-store.ts';
import { anAttachment, anIntent, aState, granted, tagged } from '../../fakes/world.ts';

const NOW = '2026-11-21T08:00:00.000Z';
const OTHER = '99999999-9999-4999-8999-999999999999';

function aView(node: string, subsystems: readonly Subsystem[] = []): NodeView {
  return {
    bootId: `boot-${node}`,
    clock: Date.parse(NOW),
    kernel: '6.12.0',
    nvmeCli: '2.13',
    nvmeTcp: true,
    hostNqnFile: hostNqn(node),
    hostIdFile: hostId(node),
    subsystems,
  };
}

const answering = (node: string, ...subsystems: Subsystem[]): [string, NodeFacts] => [
  node,
  { hostNqn: null, view: aView(node, subsystems) },
];
const silent = (node: string, configured: string | null = null): [string, NodeFacts] => [
  node,
  { hostNqn: configured, view: null },
];

function facts(disks: readonly Disk[], over: Partial<RebuildFacts> = {}): RebuildFacts {
  return {
    present: null,
    remembered: null,
    lineage: LINEAGE,
    floors: new Map(),
    servers: new Map([['rds1', { address: '10.77.0.1', disks }]]),
    nodes: new Map([answering('node-1', aSubsystem()), answering('node-2')]),
    mayTouch: () => true,
    now: NOW,
    by: 'ops@admin1',
    ...over,
  };
}

const record = (node: string, over: Partial<NodeRecord> = {}): NodeRecord => ({
  hostNqn: hostNqn(node),
  hostId: hostId(node),
  fenced: null,
  ...over,
});

/** What is told of the volume; notes too. */
function told(made: ReturnType<typeof rebuildState>, where = 'rds1/vol-1'): string[] {
  return made.findings
    .filter((finding) => finding.where === where)
    .map(({ what, fix }) => `${what} | ${fix ?? ''}`);
}

describe('without a state, a tag', () => {
  test('of an owner that is let in and connected is its attachment, with token, host NQN and device', () => {
    const made = rebuildState(facts([granted('node-1', 7)]));
    expect(made.body).toEqual({
      attachments: {
        'rds1/vol-1': anAttachment({
          token: 7,
          attachedAt: NOW,
          holders: [{ node: 'node-1', hostNqn: hostNqn('node-1'), device: '/dev/nvme0n1', since: NOW }],
        }),
      },
      tokens: { 'rds1/vol-1': 7 },
      nodes: { 'node-1': record('node-1') },
    });
    expect(made.lineage).toBe(LINEAGE);
    expect(told(made)).toEqual([]);
    expect(made.undrained).toEqual([]);
    // Marks can't be known, and that is said.
    expect(told(made, 'nodes')[0]).toContain('which nodes were fenced is not known any more');
  });

  test('that names nobody keeps the token, and must be proved to be drained', () => {
    const made = rebuildState(facts([aDisk({ allow: NOBODY, comment: tagged([], 9) })]));
    expect(made.body).toEqual({ attachments: {}, tokens: { 'rds1/vol-1': 9 }, nodes: {} });
    expect(made.undrained).toEqual([{ rds: 'rds1', slot: 'vol-1' }]);
  });

  test('never gets a lower token than one that was given out', () => {
    const floors = new Map([
      ['rds1/vol-1', 12],
      ['rds1/gone', 3],
    ]);
    const made = rebuildState(facts([granted('node-1', 7)], { floors }));
    expect(made.body.tokens).toEqual({ 'rds1/vol-1': 12, 'rds1/gone': 3 });
    expect(made.body.attachments['rds1/vol-1']?.token).toBe(7);
  });

  test('of a node that can not be asked stays its claim by the word of the storage server', () => {
    const made = rebuildState(facts([granted('node-1')], { nodes: new Map([silent('node-1')]) }));
    expect(made.body.attachments['rds1/vol-1']).toMatchObject({
      phase: 'attached',
      holders: [{ node: 'node-1', hostNqn: hostNqn('node-1'), device: null }],
    });
    expect(made.body.nodes).toEqual({ 'node-1': record('node-1') });
    expect(told(made)).toEqual([
      "node-1 could not be asked; it stays claimed for node-1 by the storage server's word | rdsctl fence node-1",
    ]);
  });

  test('of a node that the configuration does not name stays its claim until it is fenced', () => {
    const made = rebuildState(facts([granted('node-9')]));
    expect(made.body.attachments['rds1/vol-1']?.holders[0]).toMatchObject({
      node: 'node-9',
      hostNqn: hostNqn('node-9'),
    });
    // So that fence takes the name.
    expect(made.body.nodes).toHaveProperty('node-9');
    expect(told(made)[0]).toMatch(/which the configuration does not.*\| rdsctl fence node-9$/);
  });

  test.each<[string, Partial<Disk>, RegExp]>([
    ['whose export is off', { exported: false }, /the export is off.*\| rdsctl attach rds1\/vol-1 node-1$/],
    ['where nobody is let in', { allow: NOBODY }, /nobody is let in.*\| rdsctl detach rds1\/vol-1$/],
    ['where any host is let in', { allow: '' }, /any host is let in.*\| rdsctl attach rds1\/vol-1 node-1$/],
    [
      'where another node is let in',
      { allow: hostNqn('node-2') },
      /node-2 is let in.*\| rdsctl show rds1\/vol-1$/,
    ],
    [
      'where a host is let in that no node is',
      { allow: hostNqn('stranger') },
      /which no node has.*\| rdsctl show rds1\/vol-1$/,
    ],
  ])('of an owner %s stays its claim, and that is said', (_, over, says) => {
    const made = rebuildState(facts([granted('node-1', 5, over)]));
    const claim = made.body.attachments['rds1/vol-1'];
    expect(claim).toMatchObject({ phase: 'attached', token: 5, holders: [{ node: 'node-1' }] });
    expect(told(made)).toEqual([expect.stringMatching(says)]);
    // What the storage server enforces is what was granted.
    const enforced = over.exported !== false && over.allow !== NOBODY && over.allow !== '';
    expect(claim?.holders[0].hostNqn).toBe(enforced ? over.allow : hostNqn('node-1'));
  });

  test('of an owner that is not connected is its claim; connecting is proposed', () => {
    const made = rebuildState(facts([granted('node-2')]));
    expect(made.body.attachments['rds1/vol-1']?.holders[0]).toMatchObject({ node: 'node-2', device: null });
    expect(told(made)).toEqual(['node-2 is not connected to it | rdsctl attach rds1/vol-1 node-2']);
  });

  test('of two owners is shared, and the sharing is over', () => {
    const disk = granted('node-1', 5, { allow: '', comment: tagged(['node-1', 'node-2'], 5) });
    const made = rebuildState(facts([disk]));
    expect(made.body.attachments['rds1/vol-1']).toMatchObject({
      sharedUntil: NOW,
      holders: [
        { node: 'node-1', hostNqn: hostNqn('node-1') },
        { node: 'node-2', hostNqn: hostNqn('node-2') },
      ],
    });
  });

  test.each<[string, Partial<Disk>, RegExp]>([
    [
      'that can not be read',
      { comment: '[rdsctl owner=', exported: true },
      /can not be read; it is left out/,
    ],
    [
      'of another lineage',
      { comment: tagged(['node-1'], 4, '', OTHER), exported: true },
      new RegExp(`--lineage ${OTHER}$`),
    ],
    [
      'that names nobody although it is exported',
      { comment: tagged([], 4), exported: true, allow: '' },
      /\| rdsctl adopt rds1\/vol-1$/,
    ],
    [
      'that is missing although it is exported',
      { comment: 'by hand', exported: true },
      /any host without a tag; it is left out \| rdsctl adopt rds1\/vol-1$/,
    ],
  ])('%s is left out, with the command to run', (_, over, says) => {
    const made = rebuildState(facts([aDisk({ allow: '', ...over })]));
    expect(made.body.attachments).toEqual({});
    expect(told(made)).toEqual([expect.stringMatching(says)]);
  });

  test('and a backup that knows the same token: what only the state can know comes from there', () => {
    const old = anAttachment({ token: 7, by: 'ann@admin9' });
    const remembered = aState([old], {
      nodes: {
        'node-2': record('node-2', { fenced: { since: NOW, by: 'ann', reason: null, volumes: [] } }),
      },
    });
    const made = rebuildState(facts([granted('node-1', 7)], { remembered }));
    expect(made.body.attachments['rds1/vol-1']).toEqual(old);
    expect(made.body.nodes['node-2']?.fenced).not.toBeNull();
    expect(told(made, 'nodes')[0]).toContain('those of the newest good backup (node-2)');
    // A newer token than the backup's: the backup knows nothing of it.
    expect(
      rebuildState(facts([granted('node-1', 8)], { remembered })).body.attachments['rds1/vol-1'],
    ).toMatchObject({
      token: 8,
      by: 'ops@admin1',
    });
  });
});

describe('a state that can be read', () => {
  const state = (one: Attachment, over: Partial<State> = {}): State => aState([one], over);

  test('that agrees stays as it is', () => {
    const present = state(anAttachment({ token: 5 }), { nodes: { 'node-1': record('node-1') } });
    const made = rebuildState(
      facts([granted('node-1', 5)], { present, floors: new Map(Object.entries(present.tokens)) }),
    );
    expect(made.body).toEqual({
      attachments: present.attachments,
      tokens: present.tokens,
      nodes: present.nodes,
    });
    expect(made.findings).toEqual([]);
  });

  test('is overruled by a newer token', () => {
    const present = state(anAttachment({ token: 5 }));
    const made = rebuildState(facts([granted('node-2', 6)], { present }));
    expect(made.body.attachments['rds1/vol-1']).toMatchObject({ token: 6, holders: [{ node: 'node-2' }] });
    expect(told(made)[0]).toContain('the storage server says node-2 with token 6, which counts');
  });

  test('is overruled by a newer token that gives it to nobody: then it must be drained', () => {
    const present = state(anAttachment({ token: 5 }));
    const made = rebuildState(facts([aDisk({ comment: tagged([], 6), allow: NOBODY })], { present }));
    expect(made.body.attachments).toEqual({});
    expect(made.body.tokens).toEqual({ 'rds1/vol-1': 6 });
    expect(made.undrained).toHaveLength(1);
  });

  test('that said so itself needs no proof that nothing is in flight', () => {
    const present = aState([], { tokens: { 'rds1/vol-1': 6 } });
    const made = rebuildState(facts([aDisk({ comment: tagged([], 6), allow: NOBODY })], { present }));
    expect(made.undrained).toEqual([]);
  });

  test.each<[string, Partial<Attachment>, Disk]>([
    [
      'an open intent that never reached the storage server',
      { phase: 'detaching', token: 6, intent: anIntent({ verb: 'detach', token: 6 }) },
      granted('node-1', 5),
    ],
    [
      'an open intent that reached it',
      { phase: 'detaching', token: 6, intent: anIntent({ verb: 'detach', token: 6 }) },
      aDisk({ comment: tagged([], 6), allow: NOBODY }),
    ],
    ['a fenced volume', { phase: 'fenced', token: 6 }, aDisk({ comment: tagged([], 6), allow: NOBODY })],
    ['a newer token than the storage server', { token: 6 }, granted('node-1', 5)],
    ['a tag that was wiped', { token: 5 }, granted('node-1', 5, { comment: '' })],
    [
      'a tag that was taken over',
      { token: 5 },
      granted('node-1', 5, { comment: tagged(['node-1'], 9, '', OTHER) }),
    ],
  ])('keeps %s', (_, over, disk) => {
    const one = anAttachment(over);
    const made = rebuildState(facts([disk], { present: state(one) }));
    expect(made.body.attachments['rds1/vol-1']).toEqual(one);
    expect(made.undrained).toEqual([]);
  });

  test('keeps fence marks', () => {
    const fenced = { since: NOW, by: 'ann', reason: null, volumes: ['rds1/vol-1'] };
    const present = aState([], { nodes: { 'node-2': record('node-2', { fenced }) } });
    const made = rebuildState(facts([granted('node-1')], { present }));
    expect(made.body.nodes).toEqual({ 'node-1': record('node-1'), 'node-2': record('node-2', { fenced }) });
    expect(told(made, 'nodes')).toEqual([]);
  });

  test.each<[string, Partial<RebuildFacts>, boolean, RegExp]>([
    ['whose disk is gone', {}, false, /no such disk any more: it is forgotten/],
    [
      'of a storage server that could not be asked',
      { servers: new Map([['rds1', null]]) },
      true,
      /could not be asked/,
    ],
    [
      'of a storage server that is configured no more',
      { servers: new Map() },
      true,
      /names no storage server rds1/,
    ],
    ['that rdsctl may touch no more', { mayTouch: () => false }, true, /do not name it/],
  ])('%s', (_, over, keeps, says) => {
    const present = state(anAttachment({ token: 5 }));
    const floors = new Map(Object.entries(present.tokens));
    const made = rebuildState(facts([], { present, floors, ...over }));
    expect(Object.keys(made.body.attachments)).toEqual(keeps ? ['rds1/vol-1'] : []);
    expect(made.body.tokens).toEqual({ 'rds1/vol-1': 5 });
    expect(told(made)).toEqual([expect.stringMatching(says)]);
  });
});

describe('the lineage', () => {
  const tags = (...ids: string[]): ReadonlyMap<string, number> => new Map(ids.map((id) => [id, 2]));

  test('is the one that belongs here, else the only one, else none', () => {
    expect(chooseLineage({ asked: null, known: LINEAGE, tags: tags(OTHER) })).toBe(LINEAGE);
    expect(chooseLineage({ asked: null, known: null, tags: tags(OTHER) })).toBe(OTHER);
    expect(chooseLineage({ asked: null, known: null, tags: tags() })).toBeNull();
  });

  test('must be named where several are possible, and must be one of them', () => {
    const several = { known: null, tags: tags(LINEAGE, OTHER) };
    expect(() => chooseLineage({ asked: null, ...several })).toThrow(
      expect.objectContaining({ reason: 'AMBIGUOUS_LINEAGE', exitCode: 2 }) as Error,
    );
    expect(chooseLineage({ asked: OTHER, ...several })).toBe(OTHER);
    expect(() => chooseLineage({ asked: '11111111-1111-4111-8111-111111111111', ...several })).toThrow(
      expect.objectContaining({ reason: 'BAD_ARGUMENT' }) as Error,
    );
  });
});
