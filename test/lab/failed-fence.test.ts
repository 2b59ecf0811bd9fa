import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from 'vitest';
import { Contest, NQN, VOLUME } from './contest.ts';
import { knock } from './knock.ts';
import { bootLab, type Lab } from './lab.ts';

/** A fence that fails half-way on real kernels: it says so, nobody is let in, and the next one does it. */
let lab: Lab;
let contest: Contest;

beforeAll(async () => {
  lab = await bootLab();
});
afterAll(() => lab.close());
beforeEach(async () => {
  contest = await Contest.open(lab);
  await contest.begin();
  await lab.node(1).refuseLogins();
});
afterEach(async () => {
  await contest.close();
  await lab.reset();
});

const UNEXPORT = '/disk set $i nvme-tcp-export=no';

/** The fence again, the other node, and whatever the old one tries. */
async function endWell(): Promise<void> {
  await contest.fence();
  await contest.takeOver();
  await Promise.all([knock(lab, lab.node(1), NQN, 20), contest.newWrites()]);
  await contest.expectOneWriter();
}

test('the storage server refuses to end the export, after the list was changed', async () => {
  contest.front.changeNextLine(UNEXPORT, ':error "failure: device is busy"');
  const failed = await contest.rdsctl('fence', 'node-1', '--yes');
  expect(failed.stderr).toContain('Treat node-1 as still connected');
  // The line was carried out in part: what holds now is for the next fence to see.
  expect(failed).toMatchObject({ code: 11 });
  // It is: a change of the list ends no session.
  await contest.oldGoesOn();
  expect(await contest.rdsctl('attach', VOLUME, 'node-2')).toMatchObject({ code: 4 });
  expect(await contest.rdsctl('unfence', 'node-1')).toMatchObject({ code: 4 });
  await contest.nobodyElseWasLetIn();
  await endWell();
});

test('the storage server ends the export, but its answer is lost and it can not be asked more', async () => {
  contest.front.vanishAfter(UNEXPORT);
  const failed = await contest.rdsctl('fence', 'node-1', '--yes');
  expect(failed.stderr).toContain('Treat node-1 as still connected');
  expect(failed).toMatchObject({ code: 11 });
  expect(await contest.rdsctl('attach', VOLUME, 'node-2')).toMatchObject({ code: 4 });
  await contest.nobodyElseWasLetIn();
  await contest.front.comeBack();
  expect(await contest.rdsctl('attach', VOLUME, 'node-2')).toMatchObject({ code: 4 });
  await contest.nobodyElseWasLetIn();
  await endWell();
});
