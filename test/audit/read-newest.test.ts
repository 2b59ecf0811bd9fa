import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, it, onTestFinished } from 'vitest';
import { openAuditLog } from '../../src/audit/audit-log.ts';
import { sampleFacts } from './sample-facts.ts';

function newDirectory(): string {
  const directory = mkdtempSync(join(tmpdir(), 'rdsctl-audit-'));
  onTestFinished(() => rmSync(directory, { recursive: true, force: true }));
  return directory;
}

it('the log read from its newest end is the log read from its oldest, turned round', async () => {
  const directory = newDirectory();
  // Lines longer than what is read at once among them, over several files.
  const log = openAuditLog({ directory, maxBytes: 900_000, keep: 5 });
  for (const length of [10, 300_000, 10, 700_000, 10, 10, 262_144, 5])
    await log.append(sampleFacts({ message: 'é'.repeat(length / 2) }));
  const forwards: number[] = [];
  const backwards: number[] = [];
  for await (const { seq } of log.read()) forwards.push(seq);
  for await (const { seq } of log.readNewestFirst()) backwards.push(seq);
  expect(forwards).toEqual([1, 2, 3, 4, 5, 6, 7, 8]);
  expect(backwards).toEqual(forwards.toReversed());
});

it('reading goes on over a rotation meanwhile', async () => {
  const directory = newDirectory();
  const log = openAuditLog({ directory, maxBytes: 2000, keep: 20 });
  for (let round = 0; round < 6; round += 1) await log.append(sampleFacts());
  const seen: number[] = [];
  for await (const { seq } of log.readNewestFirst()) {
    seen.push(seq);
    for (let round = 0; round < 3; round += 1) await log.append(sampleFacts());
  }
  expect(seen).toEqual([6, 5, 4, 3, 2, 1]);
});

it('a log that was never written, or is empty, has none', async () => {
  const directory = newDirectory();
  const log = openAuditLog({ directory });
  for await (const entry of log.readNewestFirst()) expect.unreachable(entry.id);
  writeFileSync(join(directory, 'audit.jsonl'), '');
  for await (const entry of log.readNewestFirst()) expect.unreachable(entry.id);
});
