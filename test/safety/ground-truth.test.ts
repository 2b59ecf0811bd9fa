import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import type { EventFacts, SimulatorEvent } from '../../src/simulator/events.ts';
import { GroundTruth, readEvents } from './ground-truth.ts';

/** The checker itself: what it must call wrong, and what not. */
function truthOf(...facts: EventFacts[]): GroundTruth {
  const events = facts.map((each, index): SimulatorEvent => ({
    seq: index + 1,
    time: '2026-01-01T00:00:00Z',
    rds: 'rds1',
    ...each,
  }));
  return new GroundTruth(events);
}

const opened = (hostNqn: string, session: number, volume = 'vol-1'): EventFacts => ({
  event: 'session-opened',
  volume,
  hostNqn,
  session,
  node: hostNqn,
});
const closed = (hostNqn: string, session: number, volume = 'vol-1'): EventFacts => ({
  event: 'session-closed',
  volume,
  hostNqn,
  session,
});

test('two hosts on one volume at once are two writers, from the event on that let the second in', () => {
  const truth = truthOf(opened('a', 1), opened('b', 2), closed('a', 1));
  expect(truth.twoWriters).toEqual([{ volume: 'rds1/vol-1', hostNqns: ['a', 'b'], seq: 2 }]);
  expect(truth.open).toEqual([{ volume: 'rds1/vol-1', hostNqn: 'b', node: 'b' }]);
});

test('one after the other, on different volumes, on different servers, or one host twice are not', () => {
  expect(truthOf(opened('a', 1), closed('a', 1), opened('b', 1)).twoWriters).toEqual([]);
  expect(truthOf(opened('a', 1), opened('b', 2, 'vol-2')).twoWriters).toEqual([]);
  expect(truthOf(opened('a', 1), { ...opened('b', 1), rds: 'rds2' }).twoWriters).toEqual([]);
  expect(truthOf(opened('a', 1), opened('a', 2)).twoWriters).toEqual([]);
});

test('a write of an ended session that lands when another host is in is a late write', () => {
  const late: EventFacts = { event: 'io-landed', volume: 'vol-1', hostNqn: 'a', session: 1, late: true };
  expect(truthOf(opened('a', 1), closed('a', 1), opened('b', 2), late).lateWrites).toHaveLength(1);
  expect(truthOf(opened('a', 1), closed('a', 1), late, opened('b', 2)).lateWrites).toEqual([]);
});

test('a file of events is read, but for a last line that is not whole yet', () => {
  const directory = mkdtempSync(join(tmpdir(), 'rdsctl-events-'));
  onTestFinished(() => rmSync(directory, { recursive: true }));
  const file = join(directory, 'events.jsonl');
  const line = JSON.stringify({ ...opened('a', 1), seq: 1, time: '2026-01-01T00:00:00Z', rds: 'rds1' });
  writeFileSync(file, `${line}\n${line.slice(0, 20)}`);
  expect(new GroundTruth(readEvents(file)).open).toEqual([{ volume: 'rds1/vol-1', hostNqn: 'a', node: 'a' }]);
});
