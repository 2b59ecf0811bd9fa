import { afterAll, beforeAll } from 'vitest';
import type { Point } from '../safety/child.ts';
import { cleanUp, DEEDS, prepare, type Deed } from '../safety/deeds.ts';
import { FOLLOW_UPS, killAt, type FollowUp } from '../safety/kill.ts';
import { World } from '../safety/world.ts';
import { bundleProgram, type Bundle } from '../state/bundle.ts';
import { campaign } from './campaign.ts';

/** Every point of every deed, with every follow-up. */
interface Case {
  readonly deed: Deed;
  readonly at: Point;
  readonly followUp: FollowUp;
}

let program: Bundle;
let world: World;
const cases: Case[] = [];
beforeAll(async () => {
  program = await bundleProgram(new URL('../safety/child.ts', import.meta.url));
  world = await World.open(program);
  for (const deed of DEEDS) {
    await prepare(world, deed);
    const points = await world.points(deed.argv);
    await cleanUp(world);
    for (const at of points) {
      for (const followUp of FOLLOW_UPS) cases.push({ deed, at, followUp });
    }
  }
});
afterAll(async () => {
  await world.close();
  program.remove();
});

campaign({
  name: 'killed',
  cases: () => cases.length,
  async round(number) {
    const { deed, at, followUp } = cases[number] as Case;
    try {
      await killAt(world, deed, at, followUp);
    } catch (error) {
      const why = error instanceof Error ? error.message : String(error);
      throw new Error(`${deed.name} killed at ${at.label} ${at.nth}, then ${followUp}: ${why}`, {
        cause: error,
      });
    }
  },
});
