import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { bundleProgram, type Bundle } from '../state/bundle.ts';
import type { Point } from './child.ts';
import { cleanUp, DEEDS, prepare, whoHas, type Deed } from './deeds.ts';
import { follow } from './kill.ts';
import { pointsOf, signalAt } from './signal.ts';
import { World } from './world.ts';

let program: Bundle;
let world: World;
beforeAll(async () => {
  program = await bundleProgram(new URL('./child.ts', import.meta.url));
  world = await World.open(program);
});
afterAll(async () => {
  await world.close();
  program.remove();
});

function deedNamed(name: string): Deed {
  const deed = DEEDS.find((each) => each.name === name);
  if (deed === undefined) throw new Error(`there is no deed ${name}`);
  return deed;
}

/** Every so-many-th point is taken, from that one on; of the others a state's step is much like the next. */
const TAKEN = [
  { name: 'attach', every: 1, from: 0 },
  { name: 'detach', every: 4, from: 1 },
  { name: 'move', every: 9, from: 2 },
  { name: 'fence', every: 8, from: 1 },
  { name: 'unfence', every: 3, from: 0 },
  { name: 'reconcile after an attach', every: 11, from: 0 },
];

describe('a command that gets SIGINT or SIGTERM', () => {
  test.each(TAKEN)(
    '$name: at every point it ends in order, says truly how things are, and works when it is run again',
    async ({ name, every, from }) => {
      const deed = deedNamed(name);
      await prepare(world, deed);
      const all = await pointsOf(world, deed);
      await cleanUp(world);
      // Of the commands to hosts none is left out.
      const isTaken = ({ label }: Point, index: number): boolean =>
        index % every === from ||
        (name !== 'reconcile after an attach' && /^\S+ (before|after)$/.test(label));
      const points = all.filter(isTaken);
      expect(points.length).toBeGreaterThan(7);
      const wrong: string[] = [];
      let came = 0;
      for (const [index, at] of points.entries()) {
        try {
          if (await signalAt(world, deed, at, index % 2 === 0 ? 'SIGINT' : 'SIGTERM')) came += 1;
        } catch (error) {
          wrong.push(`${at.label} ${at.nth}: ${error instanceof Error ? error.message : String(error)}`);
          await world.close();
          world = await World.open(program);
        }
      }
      expect(wrong).toEqual([]);
      expect(came).toBeGreaterThan(points.length / 2);
    },
    240_000,
  );
});

/** A change at a host, or the commit of an unfence: where the first signal comes; the second at the next point. */
const TWICE: readonly { name: string; at: Point; intent: string | null }[] = [
  { name: 'attach', at: { label: 'rds1 before', nth: 2 }, intent: 'attach' },
  { name: 'detach', at: { label: 'node-1 before', nth: 2 }, intent: 'detach' },
  { name: 'move', at: { label: 'node-1 before', nth: 2 }, intent: 'detach' },
  { name: 'fence', at: { label: 'rds1 before', nth: 2 }, intent: 'fence' },
  { name: 'unfence', at: { label: 'state before:rename', nth: 1 }, intent: null },
];

describe('a process that gets a second signal', () => {
  test.each(TWICE)(
    '$name: ends at once, and reconcile finishes what it left',
    async ({ name, at, intent }) => {
      const deed = deedNamed(name);
      await prepare(world, deed);
      const end = await world.spawn({ argv: deed.argv, at, signal: 'SIGINT', twice: true }).ended;
      if ('killed' in end) throw new Error(end.killed);
      expect(end.code, end.stderr).toBe(130);
      expect(end.stderr).toContain('interrupted again: ended at once, `rdsctl reconcile`');
      expect(end.stdout).toBe('');
      expect(world.findings()).toEqual([]);
      expect(world.state().attachments['rds1/vol-1']?.intent?.verb ?? null).toBe(intent);
      await follow(world, deed, 'reconcile');
      expect(world.findings()).toEqual([]);
      await world.must(...deed.argv);
      expect(whoHas(world)).toBe(deed.goal);
      await cleanUp(world);
      // What is left is cleared away with the next commit.
      await world.must('attach', 'vol-1', 'node-2');
      await world.must('detach', 'vol-1');
      expect(world.findings()).toEqual([]);
      expect(world.leftovers()).toEqual([]);
    },
  );
});
