import { afterAll, beforeAll, describe, expect, it, onTestFinished } from 'vitest';
import { bundleProgram, type Bundle } from './bundle.ts';
import { Child, type Surroundings } from './child.ts';
import { TestDirectory } from './directory.ts';

const VOLUME = 'rds1/vol-1';
/** Not the shortest that can be had: a holder on a busy machine must not be silent for three quarters of it. */
const STALE_MS = 4000;
const HOUR = 3_600_000;

let program: Bundle;
beforeAll(async () => {
  program = await bundleProgram(new URL('./worker.ts', import.meta.url));
});
afterAll(() => program.remove());

/** A holder and one that wants its lock. */
async function two(holderOn: Surroundings, otherOn: Surroundings): Promise<[Child, Child]> {
  const directory = new TestDirectory();
  const children: Child[] = [];
  onTestFinished(async () => {
    await Promise.all(children.map((child) => child.kill()));
    directory.remove();
  });
  const start = async (where: Surroundings): Promise<Child> => {
    const child = await Child.start(program.path, { directory: directory.path, staleMs: STALE_MS }, where);
    children.push(child);
    return child;
  };
  return [await start(holderOn), await start(otherOn)];
}

const lock = (timeoutMs: number | null) => ({ do: 'lock', name: VOLUME, timeoutMs }) as const;
const clock = (aheadMs: number) => ({ do: 'set-clock', aheadMs }) as const;
const assertHeld = { do: 'assert-held', name: VOLUME } as const;
const release = { do: 'release', name: VOLUME } as const;

const PLACES = [
  { place: 'the same host', holderOn: {}, otherOn: {} },
  { place: 'another host', holderOn: { hostname: 'host-a' }, otherOn: { hostname: 'host-b' } },
];
const STEPS = [
  { step: 'an hour forward', aheadMs: HOUR },
  { step: 'an hour back', aheadMs: -HOUR },
];
const CASES = PLACES.flatMap((place) => STEPS.map((step) => ({ ...place, ...step })));

describe('a lock that is held, and a waiter on', () => {
  it.each(CASES)('$place: stays held when the holder’s clock is set $step', async (each) => {
    const [holder, other] = await two(each.holderOn, each.otherOn);
    await holder.ask(lock(0));
    other.send(lock(STALE_MS * 2));
    await other.waiting();
    await holder.ask(clock(each.aheadMs));
    expect(await other.failure()).toMatchObject({
      reason: 'LOCKED',
      details: { holder: { pid: holder.pid } },
    });
    await holder.ask(assertHeld);
    await holder.ask(release);
    await other.ask(lock(0));
  });

  it.each(CASES)('$place: stays held when the waiter’s clock is set $step', async (each) => {
    const [holder, other] = await two(each.holderOn, each.otherOn);
    await holder.ask(lock(0));
    await other.ask(clock(-each.aheadMs / 2));
    expect(await other.askForFailure(lock(0))).toMatchObject({ reason: 'LOCKED' });
    await other.ask(clock(each.aheadMs));
    expect(await other.askForFailure(lock(STALE_MS * 2))).toMatchObject({ reason: 'LOCKED' });
    await holder.ask(assertHeld);
    await holder.ask(release);
    await other.ask(lock(0));
  });
});

describe('a lock of another host whose holder is dead', () => {
  it.each(STEPS)('is had, though not at once, by a waiter whose clock is $step', async ({ aheadMs }) => {
    const [holder, other] = await two({ hostname: 'host-a' }, { hostname: 'host-b' });
    await holder.ask(lock(0));
    await holder.kill();
    await other.ask(clock(aheadMs));
    expect(await other.askForFailure(lock(STALE_MS / 2))).toMatchObject({ reason: 'LOCKED' });
    await other.ask(lock(STALE_MS * 10));
    await other.ask(assertHeld);
  });
});
