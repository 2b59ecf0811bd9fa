import { describe, expect, it, onTestFinished } from 'vitest';
import {
  chmodSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { STEP_POINTS, type StepPoint } from '../../src/state/file/steps.ts';
import { describeStateStore } from './conformance.ts';
import { TestDirectory } from './directory.ts';
import { sampleBody } from './samples.ts';

// eslint-disable-next-line @typescript-eslint/require-await -- the suite's factory may be asynchronous
describeStateStore('the file store', async () => {
  const directory = new TestDirectory();
  return {
    open: () => directory.open(),
    // eslint-disable-next-line @typescript-eslint/require-await
    dispose: async () => directory.remove(),
  };
});

function directory(): TestDirectory {
  const made = new TestDirectory();
  onTestFinished(() => made.remove());
  return made;
}

const mode = (path: string): string => (statSync(path).mode & 0o777).toString(8);

describe('the files of the file store', () => {
  it.each([0o000, 0o022, 0o077, 0o277])('are for the owner only, with umask %o', async (umask) => {
    const made = directory();
    const before = process.umask(umask);
    try {
      const store = made.open();
      const lock = await store.lock({ name: 'rds1/vol-1', timeoutMs: 0 });
      await store.update(() => sampleBody());
      await store.update((state) => ({ ...state, tokens: {} }));
      for (const path of [made.path, made.locksPath, made.backupsPath]) expect(mode(path)).toBe('700');
      const [kernelFile = ''] = readdirSync(made.locksPath).filter((name) => !name.endsWith('.lock'));
      const [backup = ''] = readdirSync(made.backupsPath);
      const files = [made.statePath, join(made.path, 'lineage'), join(made.locksPath, kernelFile)];
      for (const path of [...files, join(made.backupsPath, backup)]) expect(mode(path)).toBe('600');
      await lock.release();
    } finally {
      process.umask(before);
    }
  });

  it('leave a directory that was there as it was', async () => {
    const made = directory();
    mkdirSync(made.path);
    chmodSync(made.path, 0o750);
    await made.open().update(() => sampleBody());
    expect(mode(made.path)).toBe('750');
  });

  it('are the state, the lineage and the backups, and nothing else', async () => {
    const made = directory();
    const store = made.open();
    for (let serial = 1; serial <= 3; serial += 1)
      await store.update(() => ({ ...sampleBody(), tokens: { a: serial } }));
    expect(made.files()).toEqual(['lineage', 'state.json']);
  });

  it('hold one attachment a line', async () => {
    const made = directory();
    await made.open().update(() => sampleBody());
    const lines = readFileSync(made.statePath, 'utf8').split('\n');
    expect(lines.filter((line) => /^ +"rds1\/vol-\d": \{"volume".*\},?$/.test(line))).toHaveLength(2);
  });

  it('are not made by reading', async () => {
    const made = directory();
    await made.open().read();
    expect(existsSync(made.path)).toBe(false);
  });

  it('do not keep temporary files of writers that died', async () => {
    const made = directory();
    await made.open().update(() => sampleBody());
    writeFileSync(`${made.statePath}.tmp-123-0123456789ab`, 'left over');
    writeFileSync(join(made.backupsPath, 'state-000000000001.json.tmp-123-0123456789ab'), 'left over');
    writeFileSync(`${made.statePath}.tmp-mine`, 'not ours');
    await made.open().update((state) => ({ ...state, tokens: {} }));
    expect(made.files()).toEqual(['lineage', 'state.json', 'state.json.tmp-mine']);
    expect(readdirSync(made.backupsPath)).toEqual(['state-000000000001.json', 'state-000000000002.json']);
  });
});

describe('backups', () => {
  it('are the last commits, as many as wanted; other files stay', async () => {
    const made = directory();
    const store = made.open({ backups: 3 });
    await store.update(() => ({ ...sampleBody(), tokens: { a: 1 } }));
    writeFileSync(join(made.backupsPath, 'state-before-upgrade.json'), 'mine');
    const texts = new Map<number, string>();
    for (let serial = 2; serial <= 6; serial += 1) {
      await store.update(() => ({ ...sampleBody(), tokens: { a: serial } }));
      texts.set(serial, readFileSync(made.statePath, 'utf8'));
    }
    const names = readdirSync(made.backupsPath).sort();
    expect(names).toEqual(
      [4, 5, 6].map((serial) => `state-00000000000${serial}.json`).concat('state-before-upgrade.json'),
    );
    for (const serial of [4, 5, 6])
      expect(readFileSync(join(made.backupsPath, `state-00000000000${serial}.json`), 'utf8')).toBe(
        texts.get(serial),
      );
  });

  it('hold the newest state in a file of its own: damage in place spares it', async () => {
    const made = directory();
    await made.open().update(() => sampleBody());
    expect(statSync(join(made.backupsPath, 'state-000000000001.json')).ino).not.toBe(
      statSync(made.statePath).ino,
    );
  });

  it('are none when none are wanted', async () => {
    const made = directory();
    const store = made.open({ backups: 0 });
    await store.update(() => sampleBody());
    await store.update((state) => ({ ...state, tokens: {} }));
    expect(existsSync(made.backupsPath)).toBe(false);
    rmSync(made.statePath);
    await expect(made.open().read()).rejects.toMatchObject({ reason: 'STATE_DAMAGED' });
  });
});

describe('a step that fails', () => {
  const before = STEP_POINTS.slice(
    STEP_POINTS.indexOf('before:temp-create'),
    STEP_POINTS.indexOf('after:rename'),
  );
  const causes = ['ENOSPC', 'EROFS', 'EACCES', 'EIO'];

  it.each(before)('at %s leaves the old state and nothing else', async (point) => {
    for (const code of causes) {
      const made = directory();
      await made.open().update(() => sampleBody());
      const text = readFileSync(made.statePath, 'utf8');
      const failing = made.open({ hooks: failAt(point, code) });
      const update = failing.update((state) => ({ ...state, tokens: {} }));
      await expect(update).rejects.toMatchObject({
        reason: 'STATE_UNWRITABLE',
        exitCode: 9,
        now: 'Nothing was changed.',
      });
      await expect(update).rejects.toThrow(new RegExp(`${made.statePath}.*${code}`));
      expect(readFileSync(made.statePath, 'utf8')).toBe(text);
      expect(made.files()).toEqual(['lineage', 'state.json']);
      expect((await made.open().update((state) => ({ ...state, tokens: {} }))).serial).toBe(2);
    }
  });

  it('at the sync of the directory is no success', async () => {
    const made = directory();
    await made.open().update(() => sampleBody());
    const failing = made.open({ hooks: failAt('before:directory-fsync', 'EIO') });
    await expect(failing.update((state) => ({ ...state, tokens: {} }))).rejects.toMatchObject({
      reason: 'STATE_UNWRITABLE',
      now: 'The new state is in place, but may not survive a power loss.',
    });
    expect((await made.open().read()).serial).toBe(2);
  });

  it('because somebody took the state lock over is LOST_LOCK', async () => {
    const made = directory();
    await made.open().update(() => sampleBody());
    const lost = made.open({
      hooks: {
        at: (point) => {
          // What the next writer does before it reads.
          if (point !== 'before:rename') return;
          for (const name of readdirSync(made.path))
            if (name.includes('.tmp-')) rmSync(join(made.path, name));
        },
      },
    });
    await expect(lost.update((state) => ({ ...state, tokens: {} }))).rejects.toMatchObject({
      reason: 'LOST_LOCK',
    });
    expect((await made.open().read()).serial).toBe(1);
  });
});

function failAt(point: StepPoint, code: string): { at(point: StepPoint): void } {
  return {
    at: (now) => {
      if (now === point) throw Object.assign(new Error(`${code}: made up`), { code });
    },
  };
}
