import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { median } from './measure.js';
import { attached, openStore } from './start-up.js';

const SIZES = [100, 1000, 10_000, 100_000];
const COMMITS = 9;

/** What it costs to commit one change, durable on disk, by how many attachments there are. */
export async function state() {
  const measured = [];
  for (const count of SIZES) measured.push([count, await commitTime(count)]);
  const [[smallest, base], ...more] = measured;
  const what = (count) => `one change among ${count} attachments`;
  return {
    title: 'One commit of the state: locked, read, checked, written, on disk, kept as a backup',
    baseline: { what: what(smallest), milliseconds: base },
    rows: more.map(([count, milliseconds]) => ({
      what: what(count),
      milliseconds,
      ratio: milliseconds / base,
      // The file is written anew as a whole: never dearer by the attachment than with the fewest.
      limit: count / smallest,
    })),
    series: [{ name: 'one commit, by attachments', points: measured }],
  };
}

async function commitTime(count) {
  const dir = mkdtempSync(path.join(tmpdir(), 'rdsctl-bench-'));
  try {
    const store = await openStore(path.join(dir, 'state'));
    await store.update((current) => ({ ...current, ...attached(count) }));
    const times = [];
    for (let number = 0; number <= COMMITS; number += 1) {
      const key = `rds1/vol-${1 + ((number * 37) % count)}`;
      const begun = process.hrtime.bigint();
      await store.update((current) => ({ ...current, tokens: { ...current.tokens, [key]: number + 2 } }));
      // The first one warms up.
      if (number > 0) times.push(Number(process.hrtime.bigint() - begun) / 1e6);
    }
    await store.close();
    return median(times);
  } finally {
    rmSync(dir, { recursive: true, force: true });
  }
}
