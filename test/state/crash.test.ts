import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from 'vitest';
import { STEP_POINTS, type StepPoint } from '../../src/state/file/steps.ts';
import type { State } from '../../src/state/state.ts';
import { bundleProgram, type Bundle } from './bundle.ts';
import { Child } from './child.ts';
import { TestDirectory } from './directory.ts';
import { sampleBody } from './samples.ts';

let program: Bundle;
beforeAll(async () => {
  program = await bundleProgram(new URL('./worker.ts', import.meta.url));
});
afterAll(() => program.remove());

/** A commit that is killed from here on is there afterwards. */
const COMMITTED_FROM = STEP_POINTS.indexOf('after:rename');
const ONLY_FIRST: ReadonlySet<StepPoint> = new Set(['before:marker', 'after:marker']);
const ONLY_LATER: ReadonlySet<StepPoint> = new Set([
  'before:backup-keep',
  'after:backup-keep',
  'before:backup-fsync',
  'after:backup-fsync',
]);

describe('a writer killed', () => {
  it.each(STEP_POINTS)(
    'at %s leaves a whole state, and nothing that the next one does not clear',
    async (point) => {
      const directory = new TestDirectory();
      onTestFinished(() => directory.remove());
      // The first commit, then a later one.
      for (const isFirst of [true, false]) {
        const old = isFirst ? undefined : await directory.open().update(() => sampleBody());
        const child = await Child.start(program.path, {
          directory: directory.path,
          signalAt: { point, signal: 'SIGKILL' },
        });
        child.send({ do: 'set', key: 'killed', value: 1 });
        const ended = await Promise.race([child.exited, child.answer().catch(() => child.exited)]);
        const isReached = !(isFirst ? ONLY_LATER : ONLY_FIRST).has(point);
        expect(ended === 'SIGKILL').toBe(isReached);
        await child.kill();

        const state = await directory.open().read();
        const isCommitted = !isReached || STEP_POINTS.indexOf(point) >= COMMITTED_FROM;
        expect(state.tokens).toEqual({ ...old?.tokens, ...(isCommitted ? { killed: 1 } : {}) });

        const next = directory.open({ stateLockTimeoutMs: 0 });
        await next.update((now) => ({
          ...now,
          tokens: { ...now.tokens, next: (now.tokens['next'] ?? 0) + 1 },
        }));
        expect(directory.files()).toEqual(['lineage', 'state.json']);
        expect(readdirSync(directory.backupsPath).filter((name) => !/^state-\d+\.json$/.test(name))).toEqual(
          [],
        );
        await next.update((now) => ({ ...now, tokens: {} }));
      }
    },
  );
});

describe('a disk', () => {
  it('that is full keeps the last good state, and works again when there is room', async () => {
    const directory = new TestDirectory();
    onTestFinished(() => directory.remove());
    const path = join(directory.path, '..', 'disk');
    const child = await Child.start(
      program.path,
      { directory: join(path, 'state'), backups: 2 },
      { smallDisk: { path, bytes: 512 * 1024 } },
    );
    onTestFinished(() => child.kill());
    const failure = await child.askForFailure({ do: 'fill' });
    expect(failure).toMatchObject({ reason: 'STATE_UNWRITABLE', details: { errno: 'ENOSPC' } });
    expect(failure.message).toContain('no space left on the device (ENOSPC)');

    const state = (await child.ask({ do: 'read' })) as State;
    expect(state.serial).toBe(Object.keys(state.attachments).length);
    expect(state.serial).toBeGreaterThan(5);
    expect(await child.ask({ do: 'shell', command: `ls ${path}/state` })).toBe(
      'backups\nlineage\nlocks\nstate.json\n',
    );
    // Not a byte is left: not even a lock can be made; still nothing is lost.
    await child.ask({ do: 'shell', command: `cat /dev/zero > ${path}/ballast || true` });
    expect(await child.askForFailure({ do: 'set', key: 'a', value: 1 })).toMatchObject({
      reason: 'STATE_UNWRITABLE',
    });
    expect(await child.ask({ do: 'read' })).toEqual(state);

    await child.ask({ do: 'shell', command: `rm ${path}/ballast; mount -o remount,size=4m ${path}` });
    expect(await child.ask({ do: 'set', key: 'a', value: 1 })).toMatchObject({ serial: state.serial + 1 });
  });

  it('that is read-only is said to be so, and can be read', async () => {
    const directory = new TestDirectory();
    onTestFinished(() => directory.remove());
    const path = join(directory.path, '..', 'disk');
    const child = await Child.start(
      program.path,
      { directory: path },
      { smallDisk: { path, bytes: 512 * 1024 } },
    );
    onTestFinished(() => child.kill());
    await child.ask({ do: 'set', key: 'a', value: 1 });
    await child.ask({ do: 'shell', command: `mount -o remount,ro ${path}` });
    const failure = await child.askForFailure({ do: 'set', key: 'a', value: 2 });
    expect(failure).toMatchObject({ reason: 'STATE_UNWRITABLE', details: { errno: 'EROFS' } });
    expect(failure.message).toContain('the file system is read-only (EROFS)');
    expect(await child.ask({ do: 'read' })).toMatchObject({ serial: 1, tokens: { a: 1 } });
  });
});
