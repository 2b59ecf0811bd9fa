import { afterAll, beforeAll, describe, expect, it, onTestFinished } from 'vitest';
import { lutimesSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { bundleProgram, type Bundle } from './bundle.ts';
import { Child, type Surroundings } from './child.ts';
import { TestDirectory } from './directory.ts';
import type { WorkerOptions } from './worker-messages.ts';

const VOLUME = 'rds1/vol-1';
/** The shortest that proper-lockfile takes. */
const STALE_MS = 2000;

let program: Bundle;
beforeAll(async () => {
  program = await bundleProgram(new URL('./worker.ts', import.meta.url));
});
afterAll(() => program.remove());

/** A directory, and how to start workers on it. */
function scene(): {
  directory: TestDirectory;
  start: (where?: Surroundings, more?: Partial<WorkerOptions>) => Promise<Child>;
} {
  const directory = new TestDirectory();
  const children: Child[] = [];
  onTestFinished(async () => {
    await Promise.all(children.map((child) => child.kill()));
    directory.remove();
  });
  return {
    directory,
    start: async (where = {}, more = {}) => {
      const child = await Child.start(
        program.path,
        { directory: directory.path, staleMs: STALE_MS, ...more },
        where,
      );
      children.push(child);
      return child;
    },
  };
}

const lock = (timeoutMs: number | null) => ({ do: 'lock', name: VOLUME, timeoutMs }) as const;
const assertHeld = { do: 'assert-held', name: VOLUME } as const;
const release = { do: 'release', name: VOLUME } as const;

describe('locks between processes of one host', () => {
  it('let one of 16 in at a time, and leave nothing', async () => {
    const { directory, start } = scene();
    const file = `${directory.path}-counter`;
    writeFileSync(file, '0');
    const crowd = await Promise.all(Array.from({ length: 16 }, () => start()));
    await Promise.all(crowd.map((child) => child.ask({ do: 'crowd', name: VOLUME, times: 10, file })));
    expect(readFileSync(file, 'utf8')).toBe('160');
    expect(readdirSync(directory.locksPath)).toEqual([]);
    for (const child of crowd) {
      expect(await child.end()).toBe(0);
      expect(child.errors).toBe('');
    }
  });

  it('lose no update of 8 writers', async () => {
    const { directory, start } = scene();
    const writers = await Promise.all(Array.from({ length: 8 }, () => start()));
    await Promise.all(writers.map((child) => child.ask({ do: 'add', key: 'a', times: 10 })));
    expect(await directory.open().read()).toMatchObject({ serial: 80, tokens: { a: 80 } });
    expect(directory.files()).toEqual(['lineage', 'state.json']);
  });

  it('go to the waiters in the order in which they came', async () => {
    const { start } = scene();
    const holder = await start();
    await holder.ask(lock(0));
    const waiters: Child[] = [];
    for (let number = 0; number < 8; number += 1) {
      const waiter = await start();
      waiter.send(lock(null));
      await waiter.waiting();
      waiters.push(waiter);
    }
    let last = holder;
    for (const waiter of waiters) {
      await last.ask(release);
      await waiter.answer();
      last = waiter;
    }
  });

  it('go at once to the next when the holder is killed', async () => {
    const { directory, start } = scene();
    const [holder, next] = [await start(), await start()];
    await holder.ask(lock(0));
    await holder.kill();
    // The dead one's files are there, and no time is given to wait.
    expect(readdirSync(directory.locksPath)).toHaveLength(2);
    await next.ask(lock(0));
    await next.ask(release);
    expect(readdirSync(directory.locksPath)).toEqual([]);
  });

  it('are never stolen from a stopped holder, however long', async () => {
    const { start } = scene();
    const [holder, other] = [await start(), await start()];
    await holder.ask(lock(0));
    await holder.stop();
    const failure = await other.askForFailure(lock(STALE_MS * 2));
    expect(failure).toMatchObject({ reason: 'LOCKED', details: { holder: { pid: holder.pid } } });
    holder.process.kill('SIGCONT');
    await holder.ask(assertHeld);
    await holder.ask(release);
    await other.ask(lock(0));
  });

  it('pass a waiter that is stopped, and give it its turn when it goes on', async () => {
    const { start } = scene();
    const [holder, stopped, other] = [await start(), await start(), await start()];
    await holder.ask(lock(0));
    stopped.send(lock(null));
    await stopped.waiting();
    other.send(lock(null));
    await other.waiting();
    await stopped.stop();
    await holder.ask(release);
    await other.answer();
    stopped.process.kill('SIGCONT');
    await other.ask(assertHeld);
    await other.ask(release);
    await stopped.answer();
  });

  it('pass waiters that were killed', async () => {
    const { directory, start } = scene();
    const [holder, killed, other] = [await start(), await start(), await start()];
    await holder.ask(lock(0));
    killed.send(lock(null));
    await killed.waiting();
    other.send(lock(null));
    await other.waiting();
    await killed.kill();
    await holder.ask(release);
    await other.answer();
    await other.ask(release);
    expect(readdirSync(directory.locksPath)).toEqual([]);
  });

  it('do not keep a process alive, and are gone when it exits', async () => {
    const { directory, start } = scene();
    const holder = await start();
    await holder.ask(lock(0));
    expect(await holder.end()).toBe(0);
    expect(readdirSync(directory.locksPath).filter((name) => name.endsWith('.lock'))).toEqual([]);
    expect(holder.errors).toBe('');
  });

  it('stay held and fresh past the time after which others go stale', async () => {
    const { start } = scene();
    const [holder, other] = [await start({ hostname: 'host-a' }), await start({ hostname: 'host-b' })];
    await holder.ask(lock(0));
    expect(await other.askForFailure(lock(STALE_MS * 2))).toMatchObject({ reason: 'LOCKED' });
    await holder.ask(assertHeld);
  });
});

describe('reading', () => {
  it('does not load what locks are made with', async () => {
    const { directory, start } = scene();
    await directory.open().update((state) => ({ ...state, tokens: { a: 1 } }));
    const reader = await start();
    const isLoaded = (): boolean =>
      readFileSync(`/proc/${reader.pid}/maps`, 'utf8').includes('fs-native-extensions');
    await reader.ask({ do: 'read' });
    expect(isLoaded()).toBe(false);
    await reader.ask(lock(0));
    expect(isLoaded()).toBe(true);
  });
});

describe('the list of locks', () => {
  it('tells the live from the dead, and removes only the dead', async () => {
    const { directory, start } = scene();
    const [live, dead, far] = [await start(), await start(), await start({ hostname: 'host-b' })];
    await live.ask(lock(0));
    await dead.ask({ do: 'lock', name: 'rds1/vol-2', timeoutMs: 0 });
    await far.ask({ do: 'lock', name: 'rds1/vol-3', timeoutMs: 0 });
    await dead.kill();
    const store = directory.open();
    expect(await store.listLocks()).toMatchObject([
      { name: VOLUME, alive: true, holder: { pid: live.pid, who: 'ops' } },
      { name: 'rds1/vol-2', alive: false, holder: { pid: dead.pid } },
      { name: 'rds1/vol-3', alive: null, holder: { pid: far.pid, host: 'host-b' } },
    ]);
    expect(await store.removeDeadLocks()).toMatchObject([{ name: 'rds1/vol-2' }]);
    expect((await store.listLocks()).map(({ name }) => name)).toEqual([VOLUME, 'rds1/vol-3']);
    await live.ask(assertHeld);
  });

  it('lets a lock be broken by its id; the holder notices', async () => {
    const { directory, start } = scene();
    const holder = await start();
    await holder.ask(lock(0));
    const store = directory.open();
    const [listed] = await store.listLocks();
    expect(await store.breakLock('another')).toBe(false);
    expect(await store.breakLock(listed?.id ?? '')).toBe(true);
    expect(await store.breakLock(listed?.id ?? '')).toBe(false);
    expect(await holder.askForFailure(assertHeld)).toMatchObject({ reason: 'LOST_LOCK' });
    await holder.ask(release);
    expect(readdirSync(directory.locksPath)).toEqual([]);
  });
});

describe('locks between hosts that share the directory', () => {
  const hostA: Surroundings = { hostname: 'host-a' };
  const hostB: Surroundings = { hostname: 'host-b' };

  it('let one in at a time, and leave nothing', async () => {
    const { directory, start } = scene();
    const file = `${directory.path}-counter`;
    writeFileSync(file, '0');
    const crowd = await Promise.all(
      Array.from({ length: 6 }, (_, index) => start(index % 2 === 0 ? hostA : hostB)),
    );
    await Promise.all(crowd.map((child) => child.ask({ do: 'crowd', name: VOLUME, times: 5, file })));
    expect(readFileSync(file, 'utf8')).toBe('30');
    expect(readdirSync(directory.locksPath)).toEqual([]);
  });

  it('say which host holds it, and are respected while it lives', async () => {
    const { start } = scene();
    const [a, b] = [await start(hostA, { who: 'ann' }), await start(hostB)];
    await a.ask(lock(0));
    const failure = await b.askForFailure(lock(0));
    expect(failure).toMatchObject({ reason: 'LOCKED', details: { holder: { host: 'host-a', pid: a.pid } } });
    expect(failure.message).toContain(`ann@host-a (pid ${a.pid}: rdsctl test)`);
    await a.ask(release);
    await b.ask(lock(0));
  });

  it('are taken over from a dead holder when it has given no sign of life for long enough', async () => {
    const { start } = scene();
    const [a, b] = [await start(hostA), await start(hostB)];
    await a.ask(lock(0));
    await a.kill();
    expect(await b.askForFailure(lock(0))).toMatchObject({ reason: 'LOCKED' });
    await b.ask(lock(STALE_MS * 10));
    await b.ask(assertHeld);
  });

  it('are lost by a stopped holder, which finds out as soon as it asks and spares the new one', async () => {
    const { directory, start } = scene();
    const [a, b] = [await start(hostA), await start(hostB)];
    await a.ask(lock(0));
    await a.stop();
    await b.ask(lock(STALE_MS * 10));
    a.process.kill('SIGCONT');
    const lost = await a.askForFailure(assertHeld);
    expect(lost).toMatchObject({ reason: 'LOST_LOCK', details: { holder: { host: 'host-b', pid: b.pid } } });
    await a.ask(release);
    await b.ask(assertHeld);
    await b.ask(release);
    expect(readdirSync(directory.locksPath)).toEqual([]);
  });

  it('keep a writer that was stopped within a commit from undoing what others wrote meanwhile', async () => {
    const { directory, start } = scene();
    await directory.open().update((state) => ({ ...state, tokens: { a: 1 } }));
    for (const point of ['before:temp-create', 'before:rename'] as const) {
      const a = await start(hostA, { signalAt: { point, signal: 'SIGSTOP' } });
      const b = await start(hostB);
      a.send({ do: 'set', key: 'a', value: 99 });
      await a.stopped();
      await b.ask({ do: 'add', key: 'a', times: 2 });
      a.process.kill('SIGCONT');
      expect(await a.failure()).toMatchObject({ reason: 'LOST_LOCK' });
    }
    expect(await directory.open().read()).toMatchObject({ serial: 5, tokens: { a: 5 } });
    expect(directory.files()).toEqual(['lineage', 'state.json']);
  });

  it('are not taken over from a live holder because a clock is wrong', async () => {
    const { directory, start } = scene();
    const [a, b] = [await start(hostA), await start(hostB)];
    await a.ask(lock(0));
    // As a holder's mark looks to a host whose clock is an hour ahead.
    const [name = ''] = readdirSync(directory.locksPath).filter((file) => file.endsWith('.lock'));
    lutimesSync(
      join(directory.locksPath, name),
      new Date(Date.now() - 3_600_000),
      new Date(Date.now() - 3_600_000),
    );
    expect(await b.askForFailure(lock(STALE_MS / 2))).toMatchObject({ reason: 'LOCKED' });
  });
});
