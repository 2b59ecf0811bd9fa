import { existsSync, mkdtempSync, readFileSync, rmSync, statSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, it, onTestFinished } from 'vitest';
import { acquireKernelLock, type KernelLock } from '../../src/state/file/kernel-lock.ts';
import { patience } from '../../src/state/patience.ts';

function newPath(): string {
  const directory = mkdtempSync(join(tmpdir(), 'rdsctl-kernel-lock-'));
  onTestFinished(() => rmSync(directory, { recursive: true }));
  return join(directory, 'lock');
}

async function acquireNow(path: string): Promise<KernelLock> {
  const lock = await acquireKernelLock(path, patience(0));
  if (lock === null) throw new Error('the lock is not free');
  return lock;
}

it('is not had by who waited for a file that was removed meanwhile', async () => {
  const path = newPath();
  const first = await acquireNow(path);
  let polls = 0;
  let polledAgain = (): void => undefined;
  const polled = (times: number): Promise<void> =>
    new Promise((resolve) => {
      const from = polls;
      polledAgain = () => {
        if (polls >= from + times) resolve();
      };
    });
  let isHad = false;
  const waiting = acquireKernelLock(path, patience(Infinity), () => {
    polls += 1;
    polledAgain();
  });
  void waiting.then(() => (isHad = true));
  await polled(1);

  // As the last holder does, when he is between two waiters.
  rmSync(path);
  const second = await acquireNow(path);
  expect([first.isCurrent(), second.isCurrent()]).toEqual([false, true]);
  first.release();
  expect(existsSync(path)).toBe(true);

  await Promise.race([polled(5), waiting]);
  expect(isHad).toBe(false);
  second.release();
  const third = await waiting;
  expect(third?.isCurrent()).toBe(true);
  third?.release();
  expect(existsSync(path)).toBe(false);
});

it('follows no link that was put in its place', async () => {
  const path = newPath();
  const other = `${path}-other`;
  writeFileSync(other, 'theirs', { mode: 0o644 });
  symlinkSync(other, path);
  await expect(acquireKernelLock(path, patience(0))).rejects.toMatchObject({ code: 'ELOOP' });
  expect(readFileSync(other, 'utf8')).toBe('theirs');
  expect(statSync(other).mode & 0o777).toBe(0o644);
});
