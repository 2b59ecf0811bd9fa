import type { Point } from './child.ts';
import { cleanUp, prepare, whoHas, type Deed } from './deeds.ts';
import type { World } from './world.ts';

/** What is done after a command was killed. */
export const FOLLOW_UPS = ['again', 'detach', 'reconcile'] as const;
export type FollowUp = (typeof FOLLOW_UPS)[number];

/**
 * Kills a command at a point, then runs the follow-up, then sees that all is well again. Each law is looked at
 * after each of these.
 * @returns false when the point did not come this time: how often a drain asks depends on time
 * @throws Error that says what does not hold
 */
export async function killAt(world: World, deed: Deed, at: Point, followUp: FollowUp): Promise<boolean> {
  await prepare(world, deed);
  const end = await world.spawn({ argv: deed.argv, at }).ended;
  if (!('killed' in end)) {
    if (end.code !== 0) throw new Error(`it was not killed: exit ${end.code} ${end.stderr}`);
    await cleanUp(world);
    return false;
  }
  await world.faults();
  const { serial } = world.state();
  // What was made by hand stands until the command has mended it.
  mustHold(world, 'after the kill', deed.byHand === undefined ? [] : ['not so']);
  await world.must('list', '-o', 'json');
  await follow(world, deed, followUp);
  mustHold(world, `after ${followUp}`);
  await cleanUp(world);
  // The lock of a dead reconcile is the next one's to clear away.
  if (deed.argv[0] === 'reconcile') await world.must('reconcile');
  mustHold(world, 'after cleaning up');
  // What a dead process left is cleared away with the next commit.
  const left = world.state().serial > serial ? world.leftovers() : [];
  if (left.length > 0) throw new Error(`left behind: ${left.join(' ')}`);
  if (whoHas(world) !== 'nobody') throw new Error(`${whoHas(world)} has it in the end`);
  return true;
}

/** Runs what is done after a command that was cut short. @throws Error that says what is not as it should be */
export async function follow(world: World, deed: Deed, followUp: FollowUp): Promise<void> {
  switch (followUp) {
    case 'again':
      await world.must(...deed.argv);
      if (deed.goal !== 'either' && whoHas(world) !== deed.goal)
        throw new Error(`again: ${whoHas(world)} has it, not ${deed.goal}`);
      return;
    case 'reconcile': {
      await world.must('reconcile');
      const open = Object.values(world.state().attachments).filter(({ intent }) => intent !== null);
      if (open.length > 0) throw new Error(`reconcile: it is still ${open[0]?.phase ?? ''}`);
      // Drift that is left can only be a fence that was marked and not begun: the operator's to finish.
      const again = await world.run('reconcile', '--dry-run');
      if (again.code !== 0 && !again.stdout.includes('rdsctl fence node-1'))
        throw new Error(`reconcile again: exit ${again.code}\n${again.stdout}${again.stderr}`);
      return;
    }
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

function mustHold(world: World, when: string, but: readonly string[] = []): void {
  const findings = world.findings().filter(({ law }) => !but.includes(law));
  if (findings.length === 0) return;
  const told = findings.map(({ law, volume, what }) => `${law}: ${volume}: ${what}`);
  throw new Error(`${when}: ${told.join('; ')}`);
}
