import { readdirSync, unlinkSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { bundleProgram, type Bundle } from '../state/bundle.ts';
import type { Point } from './child.ts';
import { cleanUp, DEEDS, prepare, whoHas, type Deed } from './deeds.ts';
import { World, type Child } from './world.ts';

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

/** Takes every lock from its holder, as another host does from one that gives no sign of life. */
function takeLocks(): void {
  const locks = join(world.stateDir, 'locks');
  for (const name of readdirSync(locks)) unlinkSync(join(locks, name));
}

/**
 * Runs a deed up to a point, where it stands still.
 * @returns null when the point did not come this time: how often it asks whether a session ended depends on time
 */
async function stopAt(deed: Deed, at: Point): Promise<Child | null> {
  await prepare(world, deed);
  const child = world.spawn({ argv: deed.argv, at, signal: 'SIGSTOP' });
  try {
    await child.stopped();
    return child;
  } catch (error) {
    const end = await child.ended;
    if ('killed' in end || end.code !== 0) throw error;
    await cleanUp(world);
    return null;
  }
}

/** A deed, and the point from which on a node does what it is told, though it is not this process's to tell. */
interface Stall extends Deed {
  /** A node knows no token: told to disconnect what is its own again, it does (unless it is in use). */
  readonly disconnects?: string;
}

const STALLS: readonly Stall[] = [
  { name: 'attach', argv: ['attach', 'vol-1', 'node-1'], before: [], goal: 'node-1' },
  { name: 'detach', argv: ['detach', 'vol-1'], before: [['attach', 'vol-1', 'node-1']], goal: 'nobody' },
  {
    name: 'move',
    argv: ['move', 'vol-1', 'node-1'],
    before: [['attach', 'vol-1', 'node-2']],
    goal: 'node-1',
    disconnects: 'node-2 before 2',
  },
];

/** Commands to hosts; of those that only look the last instant is enough. */
function isTaken({ label, nth }: Point): boolean {
  return nth === 1 ? label === 'rds1 after' : isRemote({ label, nth });
}

function isRemote({ label }: Point): boolean {
  return /^\S+ (before|after)$/.test(label);
}

describe('a process that is stopped, and loses its locks to one that gives the volume to node-2', () => {
  test.each(STALLS)(
    '$name: changes nothing any more when it wakes, whatever it was about to do',
    async (deed) => {
      await prepare(world, deed);
      const points = (await world.points(deed.argv)).filter(isTaken);
      await cleanUp(world);
      expect(points.length).toBeGreaterThan(4);
      const wrong: string[] = [];
      let stopped = 0;
      for (const at of points) {
        const stalled = await stopAt(deed, at);
        if (stalled === null) continue;
        stopped += 1;
        takeLocks();
        await world.must('detach', 'vol-1');
        await world.must('attach', 'vol-1', 'node-2');
        const { serial } = world.state();
        stalled.wake();
        const end = await stalled.ended;
        const where = `${at.label} ${at.nth}`;
        if ('killed' in end) throw new Error(`${where}: ${end.killed}`);
        const complain = (what: string) => wrong.push(`${where}: ${what}: exit ${end.code} ${end.stderr}`);
        if (whoHas(world) !== 'node-2' && where !== deed.disconnects) complain(`${whoHas(world)} has it`);
        if (world.state().serial !== serial) complain('it changed the state');
        if (end.code !== 4) complain('it is no conflict');
        for (const { law, what } of world.findings()) complain(`${law}: ${what}`);
        await cleanUp(world);
      }
      expect(wrong).toEqual([]);
      expect(stopped).toBeGreaterThan(points.length / 2);
    },
    240_000,
  );
});

/** What others do meanwhile; at the end of it node-2 has the volume. */
const MEANWHILE: Readonly<Record<string, readonly (readonly string[])[]>> = {
  fence: [
    ['fence', 'node-1', '--yes'],
    ['attach', 'vol-1', 'node-2'],
  ],
  unfence: [
    ['unfence', 'node-1'],
    ['attach', 'vol-1', 'node-1'],
    ['fence', 'node-1', '--yes'],
    ['attach', 'vol-1', 'node-2'],
  ],
  'reconcile after an attach': [
    ['detach', 'vol-1'],
    ['attach', 'vol-1', 'node-2'],
  ],
  'reconcile after a detach': [
    ['detach', 'vol-1'],
    ['attach', 'vol-1', 'node-2'],
  ],
};

describe('what is about a node or about everything, stopped while others work', () => {
  test.each(DEEDS.filter(({ name }) => Object.hasOwn(MEANWHILE, name)))(
    '$name: takes nothing back of what others did',
    async (deed) => {
      await prepare(world, deed);
      const points = (await world.points(deed.argv)).filter(deed.name === 'unfence' ? isRemote : isTaken);
      await cleanUp(world);
      expect(points.length).toBeGreaterThan(1);
      const wrong: string[] = [];
      let stopped = 0;
      for (const at of points) {
        const stalled = await stopAt(deed, at);
        if (stalled === null) continue;
        stopped += 1;
        takeLocks();
        for (const command of MEANWHILE[deed.name] ?? []) await world.must(...command);
        const before = world.state();
        stalled.wake();
        const end = await stalled.ended;
        const where = `${at.label} ${at.nth}`;
        if ('killed' in end) throw new Error(`${where}: ${end.killed}`);
        const complain = (what: string) => wrong.push(`${where}: ${what}: exit ${end.code} ${end.stderr}`);
        const { attachments, nodes } = world.state();
        if (whoHas(world) !== 'node-2') complain(`${whoHas(world)} has it`);
        const [had, has] = [before.attachments['rds1/vol-1'], attachments['rds1/vol-1']];
        if (JSON.stringify(has) !== JSON.stringify(had))
          complain(`it made ${JSON.stringify(has)} of ${JSON.stringify(had)}`);
        if ((nodes['node-1']?.fenced ?? null) === null && before.nodes['node-1']?.fenced != null)
          complain('it let in a node that was fenced meanwhile');
        if (/unexpected|INTERNAL/.test(end.stderr)) complain('it did not understand');
        for (const { law, what } of world.findings()) complain(`${law}: ${what}`);
        await cleanUp(world);
      }
      expect(wrong).toEqual([]);
      expect(stopped).toBeGreaterThan(points.length / 2);
    },
    240_000,
  );
});
