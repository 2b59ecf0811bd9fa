import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from 'vitest';
import { Contest, NQN, VOLUME } from './contest.ts';
import { controllers, pauseBetweenRetries } from './host-side.ts';
import { knock } from './knock.ts';
import { bootLab, type Lab } from './lab.ts';
import { until } from './until.ts';

/**
 * A node that is split off, frozen or slow is fenced, another one takes over, the old one comes back with its
 * queue full and knocks and knocks: on real kernels, none of its writes reaches the disk any more.
 */
let lab: Lab;
let contest: Contest;

beforeAll(async () => {
  lab = await bootLab();
});
afterAll(() => lab.close());
beforeEach(async () => {
  contest = await Contest.open(lab);
});
afterEach(async () => {
  await contest.close();
  await lab.reset();
});

const TIMES = 60;

test('the record itself: an old owner that is let in is seen in the kernel log and on the disk', async () => {
  const old = lab.node(1);
  await contest.begin();
  await old.network.drop();
  await old.refuseLogins();
  await contest.fence();
  await contest.takeOver();
  await contest.expectOneWriter();
  // What rdsctl never does: anybody may come.
  await lab.target.apply({ volume: VOLUME, nqn: NQN, port: 4420, allow: '', exported: true });
  await old.network.heal();
  await until(async () => (await controllers(old)).join() === 'live', 'the old owner is let in');
  await contest.oldGoesOn();
  await expect(contest.expectOneWriter()).rejects.toThrow('one writer');
  await expect(contest.expectUntouched()).rejects.toThrow('places that are not what they have to be');
});

test('a node that was cut off the network', async () => {
  const old = lab.node(1);
  await contest.begin();
  await old.network.drop();
  await old.refuseLogins();
  await contest.fence();
  await contest.takeOver();

  await old.network.heal();
  await Promise.all([knock(lab, old, NQN, TIMES), contest.newWrites()]);
  await contest.expectOneWriter();
  expect(await contest.rdsctl('attach', VOLUME, 'node-1')).toMatchObject({ code: 4 });

  // Its dead controllers are dropped, with their queues, before it is let in again (law 10).
  await old.acceptLogins();
  await contest.succeed('reconcile');
  expect(await controllers(old)).toEqual([]);
  await contest.oldWritesFail();
  await contest.succeed('unfence', 'node-1');
  await contest.succeed('move', VOLUME, 'node-1');
  await contest.expectUntouched();
  expect(await contest.succeed('reconcile')).toBe('');
});

test('a node whose network heals in the very moment of the fence', async () => {
  const old = lab.node(1);
  await contest.begin();
  await old.network.drop();
  await old.refuseLogins();
  await until(async () => (await controllers(old)).join() === 'connecting', 'the old owner retries');
  await pauseBetweenRetries(old, 0);
  await Promise.all([old.network.heal(), contest.fence()]);
  await contest.takeOver();
  await Promise.all([knock(lab, old, NQN, TIMES), contest.newWrites()]);
  await contest.expectOneWriter();
});

test('a node with writes in flight on a slow disk: nobody is let in until they are done', async () => {
  const { front } = contest;
  const old = lab.node(1);
  await contest.begin();
  await lab.target.setWriteDelay(VOLUME, 3_600_000);
  await until(async () => (await lab.target.inFlight(VOLUME)) >= 2, 'writes are in flight');
  await old.network.drop();
  await old.refuseLogins();

  front.configure({ fence: { drainTimeout: '3s' } });
  const unproved = await contest.rdsctl('fence', 'node-1', '--yes');
  expect(unproved).toMatchObject({ code: 11 });
  expect(unproved.stderr).toMatch(/operations are in flight/);
  expect(await contest.rdsctl('attach', VOLUME, 'node-2')).toMatchObject({ code: 4 });
  await contest.nobodyElseWasLetIn();
  expect(await lab.target.inFlight(VOLUME)).toBeGreaterThanOrEqual(2);

  await lab.target.setWriteDelay(VOLUME, 0);
  await until(async () => (await lab.target.inFlight(VOLUME)) === 0, 'the disk has done its work');
  await contest.fence();
  await contest.takeOver();
  await old.network.heal();
  await Promise.all([knock(lab, old, NQN, TIMES), contest.newWrites()]);
  await contest.expectOneWriter();
});

test('a node that was frozen, and wakes in the middle of its writes', async () => {
  const old = lab.node(1);
  await contest.begin();
  await old.pause();
  // It accepts a login and says nothing.
  contest.front.configure({ timeouts: { connect: '5s' } });
  await contest.fence();
  contest.front.configure({ timeouts: { connect: '60s' } });
  await contest.takeOver();
  await old.resume();
  await Promise.all([knock(lab, old, NQN, TIMES), contest.newWrites()]);
  await contest.expectOneWriter();
});

test('a reboot of the storage server: the new owner comes back by itself, the old one is turned away', async () => {
  const old = lab.node(1);
  await contest.begin();
  await old.network.drop();
  await old.refuseLogins();
  await contest.fence();
  await contest.takeOver();

  // While the storage server is off, the old owner is on the network again and tries without a pause.
  await contest.front.reboot(async () => {
    await old.network.heal();
    await pauseBetweenRetries(old, 0);
  });
  await until(
    async () => (await controllers(lab.node(2))).join() === 'live',
    'the new owner is connected again',
  );
  await Promise.all([knock(lab, old, NQN, TIMES), contest.newWrites()]);
  await contest.expectOneWriter();
});
