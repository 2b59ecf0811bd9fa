import { describe, expect, test } from 'vitest';
import { openScene, type Scene } from './scene.ts';

/** The connection is lost once, at the so-many-th exec on a host, before or after the command took effect. */
interface Lost {
  readonly command: 'attach' | 'detach' | 'move' | 'fence';
  readonly at: 'rds1' | 'node-1' | 'node-2';
  readonly exec: number;
  readonly what: string;
  readonly before: Expected;
  /** Left out for a look: nothing takes effect. */
  readonly after?: Expected;
}

interface Expected {
  readonly code: number;
  /** Where the volume is then, by the state and by the storage server. */
  readonly on: 'node-1' | 'node-2' | 'nobody';
  readonly phase?: 'detaching';
  readonly says?: RegExp;
}

const COMMANDS: Readonly<Record<Lost['command'], readonly string[]>> = {
  attach: ['attach', 'vol-1', 'node-1'],
  detach: ['detach', 'vol-1'],
  move: ['move', 'vol-1', 'node-2'],
  fence: ['fence', 'node-1', '--yes'],
};

const UNTOUCHED = /Nothing was changed/;
const here = { code: 0, on: 'node-1' } as const;
const there = { code: 0, on: 'node-2' } as const;
const gone = { code: 0, on: 'nobody' } as const;

const CASES: readonly Lost[] = [
  {
    command: 'attach',
    at: 'rds1',
    exec: 0,
    what: 'look',
    before: { code: 6, on: 'nobody', says: UNTOUCHED },
  },
  { command: 'attach', at: 'rds1', exec: 1, what: 'grant', before: here, after: here },
  {
    command: 'attach',
    at: 'node-1',
    exec: 0,
    what: 'observe',
    before: { code: 6, on: 'nobody', says: UNTOUCHED },
  },
  {
    command: 'attach',
    at: 'node-1',
    exec: 1,
    what: 'connect',
    before: { code: 6, on: 'nobody', says: /vol-1 is attached nowhere/ },
    after: { code: 6, on: 'nobody', says: /vol-1 is attached nowhere/ },
  },
  {
    command: 'detach',
    at: 'rds1',
    exec: 0,
    what: 'look',
    before: { code: 6, on: 'node-1', says: UNTOUCHED },
  },
  { command: 'detach', at: 'rds1', exec: 1, what: 'revoke', before: gone, after: gone },
  {
    command: 'detach',
    at: 'node-1',
    exec: 0,
    what: 'observe',
    before: { code: 6, on: 'node-1', says: /Nothing was changed: vol-1 may be in use on node-1/ },
  },
  {
    command: 'detach',
    at: 'node-1',
    exec: 1,
    what: 'disconnect',
    before: { code: 6, on: 'node-1', phase: 'detaching', says: /stays claimed for node-1/ },
    after: { code: 6, on: 'node-1', phase: 'detaching', says: /stays claimed for node-1/ },
  },
  {
    command: 'move',
    at: 'node-2',
    exec: 0,
    what: 'is it ready',
    before: { code: 6, on: 'node-1', says: UNTOUCHED },
  },
  { command: 'move', at: 'rds1', exec: 1, what: 'revoke', before: there, after: there },
  {
    command: 'move',
    at: 'rds1',
    exec: 2,
    what: 'look for the attach',
    before: { code: 6, on: 'nobody', says: /vol-1 was detached from node-1/ },
  },
  { command: 'move', at: 'rds1', exec: 3, what: 'grant', before: there, after: there },
  {
    command: 'move',
    at: 'node-2',
    exec: 2,
    what: 'connect',
    before: { code: 6, on: 'nobody', says: /vol-1 was detached from node-1.*vol-1 is attached nowhere/ },
    after: { code: 6, on: 'nobody', says: /vol-1 was detached from node-1.*vol-1 is attached nowhere/ },
  },
  {
    command: 'fence',
    at: 'rds1',
    exec: 0,
    what: 'look',
    before: { code: 6, on: 'node-1', says: /Treat node-1 as still connected/ },
    after: { code: 6, on: 'node-1', says: /Treat node-1 as still connected/ },
  },
  { command: 'fence', at: 'rds1', exec: 1, what: 'cut', before: gone, after: gone },
  { command: 'fence', at: 'node-1', exec: 0, what: 'observe', before: gone, after: gone },
  { command: 'fence', at: 'node-1', exec: 1, what: 'drop', before: gone, after: gone },
];

describe.each(CASES)('$command: the connection to $at is lost in "$what"', (lost) => {
  const whens = (['before', 'after'] as const).filter((when) => lost[when] !== undefined);
  test.for(whens)('%s the command took effect', async (when) => {
    const scene = await openScene();
    if (lost.command !== 'attach') await scene.run('attach', 'vol-1', 'node-1');
    const fault = { at: lost.at, when: 'exec', skip: lost.exec, times: 1 };
    await scene.faults({ ...fault, do: `drop-${when}` });
    const outcome = await scene.run(...COMMANDS[lost.command]);
    await scene.faults();
    const expected = lost[when] ?? lost.before;
    expect(outcome.code, outcome.stderr).toBe(expected.code);
    if (expected.says !== undefined) expect(outcome.stderr.replaceAll('\n', ' ')).toMatch(expected.says);
    await expectWhere(scene, lost, expected, when);
  });
});

async function expectWhere(scene: Scene, lost: Lost, expected: Expected, when: string): Promise<void> {
  const claim = (await scene.state()).attachments['rds1/vol-1'];
  if (expected.on === 'nobody') {
    expect(scene.sessions('vol-1')).toEqual([]);
    expect(claim?.phase).toBe(lost.command === 'fence' ? 'fenced' : undefined);
    const exported = await scene.console(':put [/disk get [find where slot="vol-1"] nvme-tcp-export]');
    expect(exported).toBe('false\r\n');
    return;
  }
  expect(claim).toMatchObject({
    phase: expected.phase ?? 'attached',
    holders: [{ node: expected.on }],
  });
  const dropped = lost.what === 'disconnect' && when === 'after';
  expect(scene.sessions('vol-1')).toEqual(dropped ? [] : [scene.hostNqn(expected.on)]);
}
