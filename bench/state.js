import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { median } from './measure.js';
import { attached, openStore } from './start-up.js';

const SIZES = [100, 1000, 10_000, 100_000];
const COMMITS = 9;

/**
 * What it costs to commit one change, durable on disk, by how many attachments there are: by a command that has seen
 * nothing of the state yet, and by one that made the commit before it.
 */
export async function state() {
  const measured = [];
  for (const count of SIZES) measured.push({ count, ...(await commitTimes(count)) });
  const [smallest, ...more] = measured;
  const row = (what, count, milliseconds, limit) => ({
    what: `${what} among ${count} attachments`,
    milliseconds,
    ratio: milliseconds / smallest.first,
    limit,
  });
  return {
    title: 'One commit of the state: locked, read, checked, written, on disk, kept as a backup',
    baseline: { what: `one change among ${smallest.count} attachments`, milliseconds: smallest.first },
    rows: [
      // The file is written anew as a whole: never dearer by the attachment than with the fewest.
      ...more.map(({ count, first }) => row('one change', count, first, count / smallest.count)),
      ...measured.map(({ count, next }) => row('the next change of the same process', count, next, null)),
    ],
    series: [
      { name: 'one commit, by attachments', points: measured.map(({ count, first }) => [count, first]) },
    ],
  };
}

async function commitTimes(count) {
  const dir = mkdtempSync(path.join(tmpdir(), 'rdsctl-bench-'));
  const place = path.join(dir, 'state');
  try {
    const begun = await openStore(place);
    await begun.update((current) => ({ ...current, ...attached(count) }));
    await begun.close();
    const [first, next] = [[], []];
    for (let number = 0; number <= COMMITS; number += 1) {
      const store = await openStore(place);
      const times = [
        await commitTime(store, count, 2 * number),
        await commitTime(store, count, 2 * number + 1),
      ];
      await store.close();
      // The first ones warm up.
      if (number === 0) continue;
      first.push(times[0]);
      next.push(times[1]);
    }
    return { first: median(first), next: median(next) };
  } finally {
    rmSync(dir, { recursive: true, force: true });
  }
}

async function commitTime(store, count, number) {
  const key = `rds1/vol-${1 + ((number * 37) % count)}`;
  const begun = process.hrtime.bigint();
  await store.update((current) => ({ ...current, tokens: { ...current.tokens, [key]: number + 2 } }));
  return Number(process.hrtime.bigint() - begun) / 1e6;
}
