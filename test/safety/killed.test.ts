import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { bundleProgram, type Bundle } from '../state/bundle.ts';
import { cleanUp, DEEDS, prepare, whoHas } from './deeds.ts';
import { FOLLOW_UPS, killAt } from './kill.ts';
import { World } from './world.ts';

/**
 * Real processes, killed with SIGKILL: before and after every command to a host, and around the instants at
 * which a state becomes the one that counts. All other points, with all follow-ups: test/torture.
 */
const TAKEN = /^(?:\S+ (?:before|after)|state (?:after:lock-link|before:rename|after:rename))$/;
/** Of a reconcile fewer: it asks everybody each time. */
const TAKEN_OF_RECONCILE = /^(?:\S+ after|state after:rename)$/;

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

describe('a command killed', () => {
  test.each(DEEDS.filter(({ faults }) => faults === undefined))(
    '$name: at every point things are as the state says, and the next command leads to a clean end',
    async (deed) => {
      await prepare(world, deed);
      const taken = deed.argv[0] === 'reconcile' ? TAKEN_OF_RECONCILE : TAKEN;
      const points = (await world.points(deed.argv)).filter(({ label }) => taken.test(label));
      await cleanUp(world);
      expect(points.length).toBeGreaterThan(4);
      let killed = 0;
      for (const [index, at] of points.entries()) {
        const followUp = FOLLOW_UPS[index % FOLLOW_UPS.length] ?? 'again';
        try {
          if (await killAt(world, deed, at, followUp)) killed += 1;
        } catch (error) {
          const why = error instanceof Error ? error.message : String(error);
          await world.close();
          world = await World.open(program);
          throw new Error(`killed at ${at.label} ${at.nth}, then ${followUp}: ${why}`, { cause: error });
        }
      }
      expect(killed).toBeGreaterThan(points.length / 2);
      await world.must('attach', 'vol-1', 'node-2');
      expect(whoHas(world)).toBe('node-2');
      await world.must('detach', 'vol-1');
      expect(world.findings()).toEqual([]);
      expect(world.leftovers()).toEqual([]);
    },
    180_000,
  );
});
