import { mkdirSync, readdirSync, readFileSync, rmSync, truncateSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import type { StateCare } from '../../src/state/care.ts';
import { openFileCare } from '../../src/state/file/file-care.ts';
import type { FileStoreOptions } from '../../src/state/file/file-store.ts';
import { STEP_POINTS } from '../../src/state/file/steps.ts';
import type { StateChange } from '../../src/state/state.ts';
import { storeOptions, TestDirectory } from './directory.ts';
import { sampleBody } from './samples.ts';

/** A directory with a state of two commits. */
async function written(): Promise<TestDirectory> {
  const directory = new TestDirectory();
  onTestFinished(() => directory.remove());
  await directory.open().update(() => ({ ...sampleBody(), tokens: {} }));
  await directory.open().update(() => sampleBody());
  return directory;
}

const careOf = (directory: TestDirectory, more: Partial<FileStoreOptions> = {}): StateCare =>
  openFileCare({ ...storeOptions(directory.path), ...more });

/** The steps at which a process that is killed leaves something half done. */
const COMMIT = STEP_POINTS.slice(
  STEP_POINTS.indexOf('before:temp-create'),
  STEP_POINTS.indexOf('before:unlock-link'),
);

const OTHER: StateChange = { attachments: {}, tokens: { 'rds1/vol-9': 4 }, nodes: {} };
const NOBODY: ReadonlySet<string> = new Set();

const DAMAGES: [string, (directory: TestDirectory) => void][] = [
  ['cut off', ({ statePath }) => truncateSync(statePath, 300)],
  ['empty', ({ statePath }) => truncateSync(statePath, 0)],
  ['missing', ({ statePath }) => rmSync(statePath)],
  [
    'a directory',
    ({ statePath }) => {
      rmSync(statePath);
      mkdirSync(join(statePath, 'something'), { recursive: true });
    },
  ],
];

describe('replacing a state that is', () => {
  it.each([...DAMAGES, ['whole', () => undefined] as (typeof DAMAGES)[number]])(
    '%s, cut short at any step, leaves the old, the new or a refusal: never an empty state; again finishes it',
    async (_, damage) => {
      for (const point of COMMIT) {
        const directory = await written();
        const { lineage } = await directory.open().read();
        damage(directory);
        const hooks = {
          at: (at: string) => {
            if (at === point) throw new Error(`stopped at ${point}`);
          },
        };
        const first = careOf(directory, { hooks });
        const { fingerprint, highestSerial } = await first.inspect();
        await first
          .replace({ fingerprint, lineage, body: OTHER, holding: NOBODY })
          .then(() => undefined)
          .catch((error: unknown) => {
            expect(String(error)).toContain('stopped at');
          });
        const care = careOf(directory);
        const after = await care.inspect();
        const serial = after.state?.serial ?? 0;
        const isNew = serial === highestSerial + 1;
        const isOld = after.fault !== null || serial === 2;
        expect(isNew || isOld, point).toBe(true);
        if (isNew) expect(after.state?.tokens, point).toEqual(OTHER.tokens);
        const again = await care.replace({
          fingerprint: after.fingerprint,
          lineage,
          body: OTHER,
          holding: NOBODY,
        });
        expect(again.serial, point).toBeGreaterThan(highestSerial);
        expect((await directory.open().read()).tokens, point).toEqual(OTHER.tokens);
      }
    },
  );

  it.each(DAMAGES.filter(([name]) => name !== 'missing'))(
    '%s keeps what was there, and the good backups',
    async (_, damage) => {
      const directory = await written();
      const { lineage } = await directory.open().read();
      damage(directory);
      const care = careOf(directory);
      const before = await care.inspect();
      expect(before).toMatchObject({
        state: null,
        fault: { reason: 'STATE_DAMAGED' },
        lineage,
        highestSerial: 2,
      });
      await care.replace({ fingerprint: before.fingerprint, lineage, body: OTHER, holding: NOBODY });
      const names = readdirSync(directory.backupsPath);
      expect(names.filter((name) => name.startsWith('damaged-'))).toHaveLength(1);
      expect(names).toEqual(expect.arrayContaining(before.copies.map(({ name }) => name)));
      expect(await directory.open().read()).toEqual({ lineage, serial: 3, ...OTHER });
    },
  );

  it('whole keeps it too, where no commit removes it', async () => {
    const directory = await written();
    const old = await directory.open().read();
    const care = careOf(directory, { backups: 0 });
    const { fingerprint } = await care.inspect();
    await care.replace({ fingerprint, lineage: old.lineage, body: OTHER, holding: NOBODY });
    for (let round = 0; round < 8; round += 1)
      await directory.open({ backups: 1 }).update((now) => ({ ...now, tokens: { round } }));
    const [kept] = (await care.inspect()).copies.filter(({ kind }) => kind === 'kept');
    expect(kept?.state).toEqual(old);
  });
});

describe('replacing', () => {
  it('is refused when the state or its lineage changed since it was looked at', async () => {
    for (const change of [
      async (directory: TestDirectory): Promise<void> => {
        await directory.open().update((now) => ({ ...now, tokens: {} }));
      },
      ({ path }: TestDirectory) => {
        writeFileSync(join(path, 'lineage'), 'x');
        return Promise.resolve();
      },
    ]) {
      const directory = await written();
      const { lineage } = await directory.open().read();
      const care = careOf(directory);
      const { fingerprint } = await care.inspect();
      await change(directory);
      const before = readFileSync(directory.statePath);
      await expect(
        care.replace({ fingerprint, lineage, body: OTHER, holding: NOBODY }),
      ).rejects.toMatchObject({
        reason: 'CHANGED_MEANWHILE',
      });
      expect(readFileSync(directory.statePath)).toEqual(before);
    }
  });

  it('is refused while somebody else works on a volume, and not by the own locks', async () => {
    const directory = await written();
    const { lineage } = await directory.open().read();
    const lock = await directory.open().lock({ name: 'rds1/vol-1', timeoutMs: 0 });
    const care = careOf(directory);
    const { fingerprint } = await care.inspect();
    await expect(care.replace({ fingerprint, lineage, body: OTHER, holding: NOBODY })).rejects.toMatchObject({
      reason: 'LOCKED',
      details: { lock: 'rds1/vol-1', holder: { pid: process.pid } },
    });
    const holding = new Set(['rds1/vol-1']);
    expect(await care.replace({ fingerprint, lineage, body: OTHER, holding })).toMatchObject({ serial: 3 });
    await lock.release();
  });

  it('gives a serial above every trace of one: backups that are newer, and a damaged file that says it', async () => {
    const directory = await written();
    const { lineage } = await directory.open().read();
    for (let round = 0; round < 5; round += 1)
      await directory.open().update((now) => ({ ...now, tokens: { round } }));
    rmSync(directory.backupsPath, { recursive: true });
    truncateSync(directory.statePath, 300);
    const care = careOf(directory);
    const seen = await care.inspect();
    expect(seen.highestSerial).toBe(7);
    const replaced = await care.replace({
      fingerprint: seen.fingerprint,
      lineage,
      body: OTHER,
      holding: NOBODY,
    });
    expect(replaced.serial).toBe(8);
  });

  it('never writes a state that is not valid', async () => {
    const directory = await written();
    const { lineage } = await directory.open().read();
    const care = careOf(directory);
    const { fingerprint } = await care.inspect();
    const body = { ...OTHER, tokens: { 'rds1/vol-1': -1 } };
    await expect(care.replace({ fingerprint, lineage, body, holding: NOBODY })).rejects.toMatchObject({
      reason: 'INTERNAL',
    });
    expect((await directory.open().read()).serial).toBe(2);
  });
});

describe('a directory with nothing but', () => {
  it.each([
    'kept-20261120T140300Z-000000000007.json',
    'damaged-20261120T140300Z.json',
    'state-000000000007.json',
  ])('a copy (%s) is damaged, not empty', async (name) => {
    const directory = new TestDirectory();
    onTestFinished(() => directory.remove());
    mkdirSync(directory.backupsPath, { recursive: true });
    writeFileSync(join(directory.backupsPath, name), 'x');
    await expect(directory.open().read()).rejects.toMatchObject({ reason: 'STATE_DAMAGED' });
  });
});
