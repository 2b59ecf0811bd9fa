import { symlinkSync } from 'node:fs';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { readStateFile } from '../../src/state/file/read.ts';
import type { StepPoint } from '../../src/state/file/steps.ts';
import { bundleProgram, type Bundle } from '../state/bundle.ts';
import { cleanUp, DEEDS, prepare, type Deed } from './deeds.ts';
import { follow } from './kill.ts';
import { SmallDisk } from './small-disk.ts';
import { World } from './world.ts';

let program: Bundle;
let world: World;
let disk: SmallDisk;
beforeAll(async () => {
  program = await bundleProgram(new URL('./child.ts', import.meta.url));
  world = await World.open(program);
  disk = new SmallDisk();
  symlinkSync(disk.path, world.stateDir);
});
afterAll(async () => {
  await world.close();
  disk.remove();
  program.remove();
});

/** What can go wrong with the disk, and before which steps of the state store it makes a difference. */
const TROUBLES = [
  {
    name: 'full',
    begin: () => disk.fill(),
    end: () => disk.makeRoom(),
    before: ['before:lock-link', 'before:temp-write', 'before:backup-copy'],
  },
  {
    name: 'read-only',
    begin: () => disk.makeReadOnly(),
    end: () => disk.makeWritable(),
    before: ['before:lock-kernel', 'before:temp-create', 'before:rename', 'before:prune'],
  },
] as const;
type Trouble = (typeof TROUBLES)[number];

/** Runs a deed's command in this process; the trouble begins at the so-many-th of its steps. */
async function run({ argv }: Deed, { before, begin }: Trouble, nth: number) {
  let seen = 0;
  const at = (point: StepPoint): void => {
    if (!(before as readonly StepPoint[]).includes(point)) return;
    seen += 1;
    if (seen === nth) begin();
  };
  const outcome = await world.start(argv, {}, { state: { at } }).ended;
  return { outcome, seen };
}

const deeds = DEEDS.filter(({ faults, wreck, byHand }) => (faults ?? wreck ?? byHand) === undefined);
const cases = TROUBLES.flatMap((trouble) =>
  deeds.map((deed) => ({ trouble, deed, disk: trouble.name, name: deed.name })),
);

describe('a disk that gets into trouble before any one write', () => {
  test.each(cases)(
    '$disk, $name: exit 9 or all is done; the state is whole and true, and the same command goes on from there',
    async ({ trouble, deed }) => {
      const wrong: string[] = [];
      let nth = 0;
      for (let more = true; more;) {
        nth += 1;
        await prepare(world, deed);
        const { outcome, seen } = await run(deed, trouble, nth);
        more = seen >= nth;
        const complain = (what: string) =>
          wrong.push(`write ${nth}: ${what}: exit ${outcome.code} ${outcome.stderr}`);
        try {
          // Not one of the exit codes for what was refused: the disk is what is wrong, or nothing is.
          if (outcome.code !== 9 && outcome.code !== 0) complain('it says something else');
          readStateFile(world.stateDir);
          for (const { law, what } of world.findings()) complain(`${law}: ${what}`);
          if ((await world.run('list', '-o', 'json')).code !== 0) complain('list does not work');
        } finally {
          trouble.end();
        }
        await follow(world, deed, 'again');
        for (const { law, what } of world.findings()) complain(`in the end, ${law}: ${what}`);
        await cleanUp(world);
        // What could not be removed while the disk was read-only is like what a dead process leaves.
        await world.must('reconcile');
        for (const name of world.leftovers()) complain(`left behind: ${name}`);
      }
      expect(nth).toBeGreaterThan(3);
      expect(wrong).toEqual([]);
    },
    120_000,
  );
});
