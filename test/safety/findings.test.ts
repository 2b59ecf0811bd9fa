import { describe, expect, test } from 'vitest';
import type { Attachment } from '../../src/attachment/attachment.ts';
import { formatComment } from '../../src/attachment/tag.ts';
import type { EventFacts, SimulatorEvent } from '../../src/simulator/events.ts';
import type { State } from '../../src/state/state.ts';
import { findingsOfEvents, notSo, unclaimed } from './findings.ts';
import { Witness, type Told } from './told.ts';

/** The checker itself: what it must find, and what not. */
const V = 'rds1/vol-1';
const LINEAGE = '00000000-0000-4000-8000-000000000000';

function events(...facts: EventFacts[]): SimulatorEvent[] {
  return facts.map((each, index) => ({
    seq: index + 1,
    time: '2026-01-01T00:00:00Z',
    rds: 'rds1',
    volume: 'vol-1',
    ...each,
  }));
}

const opened = (node: string, session: number): EventFacts => ({
  event: 'session-opened',
  hostNqn: node,
  node,
  session,
});
const closed = (node: string, session: number): EventFacts => ({
  event: 'session-closed',
  hostNqn: node,
  node,
  session,
});
const said = (command: string, began: number, ended: number, code: number | null = 0): Told => ({
  argv: command.split(' '),
  began,
  ended,
  code,
});
const laws = (all: readonly SimulatorEvent[], ...told: Told[]): string[] =>
  findingsOfEvents({ events: all, told }).map(({ law }) => law);

function state(attachment: Partial<Attachment> | null): State {
  const present: Attachment = {
    volume: V,
    rds: 'rds1',
    slot: 'vol-1',
    phase: 'attached',
    holders: [{ node: 'node-1', hostNqn: 'nqn-1', device: null, since: '2026-01-01T00:00:00Z' }],
    nqn: null,
    transport: null,
    sizeBytes: null,
    attachedAt: '2026-01-01T00:00:00Z',
    by: 'ops',
    sharedUntil: null,
    token: 3,
    intent: null,
    ...attachment,
  };
  return {
    lineage: LINEAGE,
    serial: 1,
    attachments: attachment === null ? {} : { [V]: present },
    tokens: { [V]: 3 },
    nodes: {},
  };
}

describe('what was said', () => {
  const both = events(opened('node-1', 1), closed('node-1', 1));

  test.each([
    'detach vol-1',
    'detach rds1/vol-1 node-1',
    'fence node-1 --yes',
    'move vol-1 node-2',
    'attach vol-1 node-2',
  ])('"%s" is given the lie by a session that is open when it returns, or opened later', (command) => {
    expect(laws(both, said(command, 1, 1))).toEqual(['said otherwise']);
    expect(laws(both, said(command, 0, 0))).toEqual(['said otherwise']);
  });

  test('nothing is wrong with one that had ended, of another node or volume, or was not denied', () => {
    expect(laws(both, said('detach vol-1', 1, 2))).toEqual([]);
    expect(laws(both, said('detach vol-1 node-2', 0, 0))).toEqual([]);
    expect(laws(both, said('detach vol-10', 0, 0))).toEqual([]);
    expect(laws(both, said('fence node-1 --yes --volume vol-2', 0, 0))).toEqual([]);
    expect(laws(both, said('attach vol-1 node-1', 0, 1))).toEqual([]);
    expect(laws(both, said('detach vol-1 --dry-run', 0, 0))).toEqual([]);
    expect(laws(both, said('detach vol-1', 0, 0, 7))).toEqual([]);
    expect(laws(both, said('detach vol-1', 0, 0, null))).toEqual([]);
  });

  test('it holds until a command that lets the node in again: one that ran later, or beside it', () => {
    const detach = said('detach vol-1', 0, 0);
    expect(laws(both, detach, said('attach vol-1 node-1', 0, 1))).toEqual([]);
    expect(laws(both, detach, said('attach vol-1 node-2', 0, 0), detach)).toContain('said otherwise');
    // Killed before the detach began: what it had sent must not take effect any more.
    const killed = said('attach vol-1 node-1', 0, 1, null);
    const later = events({ event: 'export-on', allow: 'x' }, opened('node-1', 1));
    expect(laws(later, killed, said('detach vol-1', 1, 1))).toEqual(['said otherwise']);
    expect(laws(later, { ...killed, ended: 2 }, said('detach vol-1', 1, 1))).toEqual([]);
  });

  test('a witness takes down when a command began and ended, and that it was killed', async () => {
    let now = 1;
    const witness = new Witness(() => now);
    const running = witness.watch(['attach', 'vol-1', 'node-1'], () => Promise.resolve({ code: 0 }));
    expect(witness.told).toEqual([
      { argv: ['attach', 'vol-1', 'node-1'], began: 1, ended: Infinity, code: null },
    ]);
    now = 5;
    await running;
    await witness.watch(['detach', 'vol-1'], () => Promise.resolve(null));
    expect(witness.told.map(({ began, ended, code }) => [began, ended, code])).toEqual([
      [1, 5, 0],
      [5, 5, null],
    ]);
  });
});

test('two hosts at once are found, unless they are allowed', () => {
  const two = events(opened('a', 1), opened('b', 2));
  expect(laws(two)).toEqual(['one writer']);
  expect(findingsOfEvents({ events: two, told: [], twoAllowed: [V] })).toEqual([]);
});

test('a session that the state does not claim, or calls fenced, is found', () => {
  const open = events(opened('nqn-1', 1));
  expect(unclaimed(open, state({}))).toEqual([]);
  expect(unclaimed(open, state({ phase: 'detaching' }))).toEqual([]);
  expect(unclaimed(open, state({ phase: 'fenced' }))).toHaveLength(1);
  expect(unclaimed(open, state(null))).toHaveLength(1);
  expect(unclaimed(open, state(null), [V])).toEqual([]);
});

describe('what the state calls done', () => {
  const tag = (owners: readonly string[], token = 3): EventFacts => ({
    event: 'comment-changed',
    comment: formatComment('', { owners, token, lineage: LINEAGE }),
  });
  const granted = [tag(['node-1']), { event: 'export-on', allow: 'nqn-1' } as const];

  test('is so', () => {
    expect(notSo(events(...granted), state({}))).toEqual([]);
    expect(notSo(events(tag([])), state(null))).toEqual([]);
    expect(notSo(events(...granted, { event: 'export-off' }, tag([])), state({ phase: 'fenced' }))).toEqual(
      [],
    );
    // The record of an admission that was cut short is behind the tag.
    expect(notSo(events(...granted), state({ token: 2 }))).toEqual([]);
    // By hands unknown: not ours to judge.
    expect(notSo(events({ event: 'export-on', allow: '' }), state(null))).toEqual([]);
  });

  test.each<[string, EventFacts[], Partial<Attachment> | null]>([
    ['not exported', [...granted, { event: 'export-off' }], {}],
    ['granted to another', [...granted, { event: 'allow-changed', allow: 'nqn-2' }], {}],
    ['another token', [tag(['node-1'], 2), { event: 'export-on', allow: 'nqn-1' }], {}],
    ['another owner', [tag(['node-2']), { event: 'export-on', allow: 'nqn-1' }], {}],
    ['no tag', [{ event: 'export-on', allow: 'nqn-1' }], {}],
    ['exported, though fenced', granted, { phase: 'fenced' }],
    ['exported, though attached nowhere', granted, null],
    ['its tag names an owner, though attached nowhere', [tag(['node-1'])], null],
    ['a token that was never given out', [tag([], 4)], null],
    ['so, on the node that has it', [tag(['node-1'], 4), { event: 'export-on', allow: 'nqn-1' }], {}],
  ])('is not: %s', (_what, facts, claim) => {
    expect(notSo(events(...facts), state(claim))).toHaveLength(1);
  });

  test('is not asked for while something is under way', () => {
    const intent = {
      verb: 'attach',
      node: 'node-1',
      hostNqn: null,
      token: 3,
      since: '',
      by: '',
      pid: 1,
    } as const;
    expect(notSo(events(tag(['node-1'])), state({ phase: 'attaching', intent }))).toEqual([]);
  });
});
