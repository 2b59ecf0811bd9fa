import type { Point } from './child.ts';
import { cleanUp, prepare, whoHas, type Deed } from './deeds.ts';
import type { World } from './world.ts';

/** What is done after a command was killed. */
export const FOLLOW_UPS = ['again', 'detach'] as const;
export type FollowUp = (typeof FOLLOW_UPS)[number];

/**
 * Kills a command at a point, then runs the follow-up, then sees that all is well again. Each law is looked at
 * after each of these.
 * @throws Error that says what does not hold
 */
export async function killAt(world: World, deed: Deed, at: Point, followUp: FollowUp): Promise<void> {
  await prepare(world, deed);
  const end = await world.spawn({ argv: deed.argv, at }).ended;
  if (!('killed' in end)) throw new Error(`it was not killed: exit ${end.code} ${end.stderr}`);
  await world.faults();
  const { serial } = world.state();
  mustHold(world, 'after the kill');
  await world.must('list', '-o', 'json');
  await follow(world, deed, followUp);
  mustHold(world, `after ${followUp}`);
  await cleanUp(world);
  mustHold(world, 'after cleaning up');
  // What a dead process left is cleared away with the next commit.
  const left = world.state().serial > serial ? world.leftovers() : [];
  if (left.length > 0) throw new Error(`left behind: ${left.join(' ')}`);
  if (whoHas(world) !== 'nobody') throw new Error(`${whoHas(world)} has it in the end`);
}

async function follow(world: World, deed: Deed, followUp: FollowUp): Promise<void> {
  switch (followUp) {
    case 'again':
      await world.must(...deed.argv);
      if (whoHas(world) !== deed.goal) throw new Error(`again: ${whoHas(world)} has it, not ${deed.goal}`);
      return;
    case 'detach': {
      const outcome = await world.run('detach', 'vol-1');
      // A fence that was begun must be finished first, and is.
      if (outcome.code === 4 && outcome.stderr.includes('rdsctl fence node-1')) {
        await world.must('fence', 'node-1', '--yes');
        await world.must('detach', 'vol-1');
      } else if (outcome.code !== 0) throw new Error(`detach: exit ${outcome.code}\n${outcome.stderr}`);
      if (whoHas(world) !== 'nobody') throw new Error(`detach: ${whoHas(world)} has it`);
      const claim = world.state().attachments['rds1/vol-1'];
      if (claim !== undefined) throw new Error(`detach: it is still ${claim.phase}`);
      return;
    }
  }
}

function mustHold(world: World, when: string): void {
  const findings = world.findings();
  if (findings.length === 0) return;
  const told = findings.map(({ law, volume, what }) => `${law}: ${volume}: ${what}`);
  throw new Error(`${when}: ${told.join('; ')}`);
}
