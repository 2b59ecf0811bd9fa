import { describe, expect, it } from 'vitest';

import { RdsctlError } from '../../src/errors/rdsctl-error.ts';
import { drain, notDrained } from '../../src/operations/drain.ts';
import { failure } from '../fakes/outcome.ts';
import { makeWorld } from '../fakes/world.ts';

const SETTLE = 2_000;
const TIMEOUT = 60_000;

function setup() {
  const world = makeWorld();
  const run = (slots: readonly string[] = ['vol-1'], cutAt = 0) =>
    drain(world.context, world.server, slots, cutAt);
  return { ...world, run };
}
const asked = (log: readonly string[]) => log.filter((entry) => entry.includes('in-flight'));

describe('drain', () => {
  it('takes at least the time to settle, even when nothing is in flight', async () => {
    const { run, clock, log } = setup();
    expect(await run()).toEqual(new Map());
    expect(clock.passed).toBeGreaterThanOrEqual(SETTLE);
    expect(clock.passed).toBeLessThan(SETTLE + 500);
    expect(asked(log).length).toBeGreaterThanOrEqual(2);
  });

  it('counts the time from the cut, not from the question', async () => {
    const { run, clock } = setup();
    clock.advance(1_500);
    await run(['vol-1'], 1_000);
    expect(clock.passed).toBeGreaterThanOrEqual(1_000 + SETTLE);
    expect(clock.passed).toBeLessThan(1_000 + SETTLE + 500);
  });

  it('asks twice although the time to settle is over', async () => {
    const { run, clock, log } = setup();
    clock.advance(10_000);
    await run();
    expect(asked(log)).toHaveLength(2);
  });

  it('needs 0 twice in a row', async () => {
    const { run, server, clock } = setup();
    clock.advance(10_000);
    server.inFlightAnswers = [0, 1, 0, 3, 0, 0];
    expect(await run()).toEqual(new Map());
    expect(server.inFlightAnswers).toEqual([]);
  });

  it('is not over when a write begins to show within the time to settle', async () => {
    const { run, server, clock } = setup();
    // Twice 0 at once, then a write that the target had taken in reaches its disk.
    server.inFlightAnswers = [0, 0];
    server.busy = 4;
    clock.at(7_000, () => (server.busy = 0));
    expect(await run()).toEqual(new Map());
    expect(clock.passed).toBeGreaterThanOrEqual(7_000);
  });

  it('waits as long as something is in flight', async () => {
    const { run, server, clock } = setup();
    server.busy = 4;
    clock.at(40_000, () => (server.busy = 0));
    expect(await run()).toEqual(new Map());
    expect(clock.passed).toBeGreaterThanOrEqual(40_000);
  });

  it('gives up when its time is over, and says how much is left', async () => {
    const { run, server, clock } = setup();
    server.busy = 3;
    expect(await run()).toEqual(new Map([['vol-1', 3]]));
    expect(clock.passed).toBeGreaterThanOrEqual(TIMEOUT);
    expect(clock.passed).toBeLessThan(TIMEOUT + 500);
  });

  it.each([
    ['told as none', null],
    ['never told', new RdsctlError('NO_ANSWER', { message: 'no answer' })],
    ['refused', new RdsctlError('NOT_PERMITTED', { message: 'no' })],
  ])('%s is not "nothing in flight"', async (_what, answer) => {
    const { run, server, warnings } = setup();
    if (answer === null) server.busy = null;
    else server.inFlightAnswers = Array.from({ length: 100_000 }, () => answer);
    expect(await run()).toEqual(new Map([['vol-1', null]]));
    if (answer !== null) expect(warnings()[0]).toContain('rds1 did not tell what is in flight');
  });

  it('a question that was not answered breaks the row of zeros', async () => {
    const { run, server, clock } = setup();
    clock.advance(10_000);
    server.inFlightAnswers = [0, new RdsctlError('NO_ANSWER', { message: 'no answer' }), 0];
    server.busy = 5;
    clock.at(20_000, () => (server.busy = 0));
    await run();
    expect(clock.passed).toBeGreaterThanOrEqual(20_000);
  });

  it('keeps several volumes apart', async () => {
    const { context, server } = setup();
    const stuck = {
      name: server.name,
      nvmeAddress: server.nvmeAddress,
      open: () => undefined,
      look: () => server.look([]),
      change: () => server.change([]),
      inFlight: (slots: readonly string[]) =>
        Promise.resolve(new Map(slots.map((slot) => [slot, slot === 'vol-2' ? 2 : 0]))),
      close: () => server.close(),
    };
    expect(await drain(context, stuck, ['vol-1', 'vol-2'], 0)).toEqual(new Map([['vol-2', 2]]));
  });

  it('of no volume asks nothing and waits for nothing', async () => {
    const { run, clock, log } = setup();
    expect(await run([])).toEqual(new Map());
    expect(clock.passed).toBe(0);
    expect(log).toEqual([]);
  });

  it('ends when the time for the step in hand is over', async () => {
    const { run, server, giveUp } = setup();
    server.busy = 3;
    giveUp();
    expect((await failure(run())).reason).toBe('TIMED_OUT');
  });

  it('throws what is a defect', async () => {
    const { context, server } = setup();
    const broken = {
      name: server.name,
      nvmeAddress: server.nvmeAddress,
      open: () => undefined,
      look: () => server.look([]),
      change: () => server.change([]),
      inFlight: () => Promise.reject(new TypeError('a defect')),
      close: () => server.close(),
    };
    await expect(drain(context, broken, ['vol-1'], 0)).rejects.toThrow(TypeError);
  });
});

describe('notDrained', () => {
  it('says what is so now: nobody can connect, but an old write may land', () => {
    const error = notDrained('rds1', 'vol-1', 3, 60);
    expect(error).toMatchObject({ reason: 'NOT_DRAINED', exitCode: 11 });
    expect(error.message).toBe('rds1 ended the sessions of vol-1, but 3 operations are in flight after 60 s');
    expect(error.now).toContain('an old write may still land');
    expect(notDrained('rds1', 'vol-1', null, 60).message).toContain('could not be told');
  });
});
