import { spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import {
  appendFileSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  symlinkSync,
  truncateSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import { openAuditLog, type AuditFilter, type AuditLog } from '../../src/audit/audit-log.ts';
import type { AuditEntry } from '../../src/audit/entry.ts';
import { auditRecorder } from '../../src/audit/recorder.ts';
import { bundleProgram } from '../state/bundle.ts';
import { sampleFacts } from './sample-facts.ts';

function newDirectory(): string {
  const root = mkdtempSync(join(tmpdir(), 'rdsctl-audit-'));
  onTestFinished(() => rmSync(root, { recursive: true, force: true }));
  return join(root, 'state');
}

async function entries(log: AuditLog, filter?: AuditFilter): Promise<AuditEntry[]> {
  const all: AuditEntry[] = [];
  for await (const entry of log.read(filter)) all.push(entry);
  return all;
}

async function append(log: AuditLog, times: number): Promise<void> {
  for (let round = 0; round < times; round += 1) await log.append(sampleFacts());
}

const linesOf = (path: string): string[] => readFileSync(path, 'utf8').split('\n').slice(0, -1);
const sha256 = (text: string): string => createHash('sha256').update(text).digest('hex');

describe('the audit log', () => {
  it('keeps what it is told, one JSON line each, joined by hashes', async () => {
    const directory = newDirectory();
    const log = openAuditLog({ directory });
    const first = await log.append(sampleFacts());
    await log.append(sampleFacts({ result: 'refused', exitCode: 4, reason: 'ATTACHED_ELSEWHERE' }));
    const lines = linesOf(join(directory, 'audit.jsonl'));
    expect(lines).toHaveLength(2);
    expect(Object.keys(JSON.parse(lines[0] ?? '') as object)).toEqual(
      'v seq time id event result exitCode reason volume node rds who host pid command operatorReason token durationMs changes message prev'.split(
        ' ',
      ),
    );
    expect(first).toMatchObject({ v: 1, seq: 1, prev: '0'.repeat(64), ...sampleFacts() });
    expect(JSON.parse(lines[1] ?? '')).toMatchObject({ seq: 2, prev: sha256(lines[0] ?? '') });
    expect(await entries(log)).toEqual(lines.map((line) => JSON.parse(line) as unknown));
    expect(await log.verify()).toEqual({
      whole: true,
      entries: 2,
      firstSeq: 1,
      lastSeq: 2,
      torn: 0,
      problems: [],
    });
  });

  it('is for the owner only, and leaves no lock', async () => {
    const directory = newDirectory();
    const before = process.umask(0);
    try {
      await append(openAuditLog({ directory }), 1);
    } finally {
      process.umask(before);
    }
    expect(statSync(join(directory, 'audit.jsonl')).mode & 0o777).toBe(0o600);
    expect(statSync(directory).mode & 0o777).toBe(0o700);
    expect(readdirSync(join(directory, 'locks'))).toEqual([]);
  });

  it('that was never written is empty and whole', async () => {
    const log = openAuditLog({ directory: newDirectory() });
    expect(await entries(log)).toEqual([]);
    expect(await log.verify()).toMatchObject({ whole: true, entries: 0, firstSeq: null });
  });

  it('finds entries', async () => {
    const log = openAuditLog({ directory: newDirectory() });
    await log.append(sampleFacts());
    await log.append(sampleFacts({ event: 'fence', volume: null, node: 'node-2' }));
    const last = await log.append(sampleFacts({ volume: 'rds1/vol-2', result: 'failed' }));
    const found = async (filter: AuditFilter): Promise<number[]> =>
      (await entries(log, filter)).map(({ seq }) => seq);
    expect(await found({ volume: 'rds1/vol-2' })).toEqual([3]);
    expect(await found({ node: 'node-2' })).toEqual([2]);
    expect(await found({ event: 'attach' })).toEqual([1, 3]);
    expect(await found({ result: 'failed' })).toEqual([3]);
    expect(await found({ since: new Date(last.time), event: 'attach' })).toContain(3);
    expect(await found({ until: new Date(0) })).toEqual([]);
  });

  it('records what operations tell, with who they are', async () => {
    const log = openAuditLog({ directory: newDirectory() });
    const { who, host, pid, command, rds, ...event } = sampleFacts();
    const recorder = auditRecorder(log, { who, host, pid, command });
    await recorder.record({ ...event, event: 'attach' });
    await recorder.record({ ...event, event: 'attach', volume: 'vol-1' });
    expect(await entries(log)).toMatchObject([sampleFacts({ rds }), { volume: 'vol-1', rds: null }]);
  });

  it('says why it can not be written', async () => {
    const directory = newDirectory();
    mkdirSync(join(directory, 'audit.jsonl'), { recursive: true });
    const log = openAuditLog({ directory });
    await expect(log.append(sampleFacts())).rejects.toMatchObject({ reason: 'AUDIT_FAILED' });
    await expect(log.append(sampleFacts())).rejects.toThrow('a directory is in its place (EISDIR)');
    await expect(log.verify()).rejects.toMatchObject({ reason: 'AUDIT_FAILED' });
    await expect(entries(log)).rejects.toMatchObject({ reason: 'AUDIT_FAILED' });
  });
});

describe('rotation', () => {
  it('keeps the chain, and as many files as wanted', async () => {
    const directory = newDirectory();
    const log = openAuditLog({ directory, maxBytes: 2000, keep: 3 });
    await append(log, 20);
    const names = readdirSync(directory).filter((name) => name.startsWith('audit'));
    expect(names).toEqual(['audit.jsonl', 'audit.jsonl.1', 'audit.jsonl.2', 'audit.jsonl.3']);
    for (const name of names) expect(statSync(join(directory, name)).size).toBeLessThanOrEqual(2000);
    const verdict = await log.verify();
    expect(verdict).toMatchObject({ whole: true, lastSeq: 20 });
    expect(verdict.firstSeq).toBeGreaterThan(1);
    expect((await entries(log)).map(({ seq }) => seq)).toEqual(
      Array.from({ length: verdict.entries }, (_, index) => 21 - verdict.entries + index),
    );
  });

  it('that a crash cut short loses nothing and goes on', async () => {
    const directory = newDirectory();
    const log = openAuditLog({ directory, maxBytes: 2000, keep: 5 });
    await append(log, 5);
    const path = (number: number): string => join(directory, `audit.jsonl.${number}`);
    expect(existsSync(path(1))).toBe(true);
    // As after the first of two renames.
    renameSync(path(1), path(2));
    expect(await log.verify()).toMatchObject({ whole: true, entries: 5 });
    await append(log, 10);
    expect(await log.verify()).toMatchObject({ whole: true, entries: 15, firstSeq: 1 });
    // As after the last rename, before the new file was made.
    renameSync(join(directory, 'audit.jsonl'), path(9));
    for (const number of [4, 3, 2, 1])
      if (existsSync(path(number))) renameSync(path(number), path(number + 1));
    renameSync(path(9), path(1));
    await append(log, 1);
    expect(await log.verify()).toMatchObject({ whole: true, entries: 16 });
  });

  it('while somebody reads hides nothing from him', async () => {
    const directory = newDirectory();
    const log = openAuditLog({ directory, maxBytes: 2000, keep: 20 });
    await append(log, 6);
    const seen: number[] = [];
    for await (const { seq } of log.read()) {
      seen.push(seq);
      if (seq <= 6) await append(log, 3);
    }
    expect(seen.slice(0, 6)).toEqual([1, 2, 3, 4, 5, 6]);
    expect(new Set(seen).size).toBe(seen.length);
  });
});

describe('a line that a crash cut off', () => {
  it('at any byte is kept, ended by the next writer, and vouched for', async () => {
    const directory = newDirectory();
    const path = join(directory, 'audit.jsonl');
    const log = openAuditLog({ directory });
    await append(log, 3);
    const whole = readFileSync(path);
    const start = whole.lastIndexOf('\n', -2) + 1;
    for (let length = start; length < whole.length; length += 7) {
      truncateSync(path, 0);
      writeFileSync(path, whole.subarray(0, length));
      const isTorn = length > start && length < whole.length - 1;
      expect(await log.verify()).toMatchObject({ whole: true, torn: isTorn ? 1 : 0 });
      await append(log, 2);
      const lines = linesOf(path);
      expect(lines.slice(0, -2).join('\n')).toBe(whole.subarray(0, length).toString().replace(/\n$/, ''));
      expect(await log.verify()).toMatchObject({ whole: true, torn: isTorn ? 1 : 0, lastSeq: lines.length });
    }
  });

  it('that is whole but for its line feed counts as an entry', async () => {
    const directory = newDirectory();
    const path = join(directory, 'audit.jsonl');
    const log = openAuditLog({ directory });
    await append(log, 2);
    truncateSync(path, statSync(path).size - 1);
    await append(log, 1);
    expect(await log.verify()).toMatchObject({ whole: true, entries: 3, torn: 0 });
  });

  it.each([
    ['of NULs', Buffer.alloc(5000)],
    ['longer than is looked at first', Buffer.from(`{"v":1,"x":"${'y'.repeat(300_000)}`)],
    ['of bytes that are no text', Buffer.from([0xff, 0xfe, 0xc3])],
  ])('%s is too', async (_, torn) => {
    const directory = newDirectory();
    const log = openAuditLog({ directory });
    await append(log, 2);
    appendFileSync(join(directory, 'audit.jsonl'), torn);
    await append(log, 2);
    expect(await log.verify()).toMatchObject({ whole: true, entries: 4, torn: 1, lastSeq: 5 });
  });

  it('as the only line, or before a rotation, is too', async () => {
    const directory = newDirectory();
    mkdirSync(directory);
    writeFileSync(join(directory, 'audit.jsonl'), '{"v":1,"seq"');
    const log = openAuditLog({ directory, maxBytes: 300 });
    await append(log, 2);
    expect(await log.verify()).toMatchObject({ whole: true, entries: 2, torn: 1, lastSeq: 3 });
    appendFileSync(join(directory, 'audit.jsonl'), 'torn');
    await append(log, 1);
    expect(await log.verify()).toMatchObject({ whole: true, entries: 3, torn: 2, lastSeq: 5 });
  });
});

describe('tampering is noticed:', () => {
  const cases: [string, (lines: string[]) => string[]][] = [
    [
      'a word changed',
      (lines) => lines.map((line, index) => (index === 2 ? line.replace('node-1', 'node-2') : line)),
    ],
    ['a line removed', (lines) => lines.filter((_, index) => index !== 2)],
    [
      'the first line removed and the next one made the first',
      (lines) => lines.slice(1).map((line) => line.replace('"seq":2,', '"seq":1,')),
    ],
    ['two lines exchanged', ([a = '', b = '', c = '', ...rest]) => [a, c, b, ...rest]],
    ['a line put in', (lines) => [...lines.slice(0, 2), lines[1] ?? '', ...lines.slice(2)]],
    ['a line made unreadable', (lines) => lines.map((line, index) => (index === 2 ? line.slice(1) : line))],
    ['something put in', (lines) => [...lines.slice(0, 2), 'hello', ...lines.slice(2)]],
    ['a blank line put in', (lines) => [...lines.slice(0, 2), '', ...lines.slice(2)]],
  ];

  it.each(cases)('%s', async (_, tamper) => {
    const directory = newDirectory();
    const path = join(directory, 'audit.jsonl');
    const log = openAuditLog({ directory });
    await append(log, 5);
    writeFileSync(path, `${tamper(linesOf(path)).join('\n')}\n`);
    const verdict = await log.verify();
    expect(verdict.whole).toBe(false);
    expect(verdict.problems[0]).toMatchObject({
      file: path,
      kind: expect.stringMatching(/^(chain|sequence)$/) as string,
    });
  });

  it('any bit flipped in an entry that another follows', async () => {
    const directory = newDirectory();
    const path = join(directory, 'audit.jsonl');
    const log = openAuditLog({ directory });
    await append(log, 2);
    const whole = readFileSync(path);
    const length = whole.indexOf('\n');
    for (let bit = 0; bit < length * 8; bit += 3) {
      const bytes = Buffer.from(whole);
      bytes.writeUInt8(bytes.readUInt8(bit >> 3) ^ (1 << (bit & 7)), bit >> 3);
      writeFileSync(path, bytes);
      expect((await log.verify()).whole, `bit ${bit}`).toBe(false);
    }
  });
});

describe('many processes', () => {
  it('append side by side, are killed, and leave one chain with every entry that was reported', async () => {
    const program = await bundleProgram(new URL('./audit-worker.ts', import.meta.url));
    onTestFinished(() => program.remove());
    const directory = newDirectory();
    const reported: number[] = [];
    const run = (isKilled: boolean): Promise<void> =>
      new Promise((resolve) => {
        const child = spawn(process.execPath, [program.path, directory, '25', '20000'], {
          stdio: ['ignore', 'pipe', 'inherit'],
        });
        let text = '';
        child.stdout.on('data', (chunk: Buffer) => {
          text += chunk.toString();
          // In the midst of the next one.
          if (isKilled && text.split('\n').length > 10) child.kill('SIGKILL');
        });
        child.on('close', () => {
          reported.push(...text.split('\n').slice(0, -1).map(Number));
          resolve();
        });
      });
    await Promise.all([true, false, true, false].map(run));
    const log = openAuditLog({ directory, keep: 50 });
    const verdict = await log.verify();
    expect(verdict.problems).toEqual([]);
    expect(reported.length).toBeGreaterThanOrEqual(70);
    expect(new Set(reported).size).toBe(reported.length);
    const kept = new Set((await entries(log)).map(({ seq }) => seq));
    expect(reported.filter((seq) => !kept.has(seq))).toEqual([]);
  });
});

describe('a link in the place of the log', () => {
  it('is not followed', async () => {
    const directory = newDirectory();
    const other = `${directory}-other`;
    mkdirSync(directory, { recursive: true });
    writeFileSync(other, 'theirs\n');
    symlinkSync(other, join(directory, 'audit.jsonl'));
    await expect(openAuditLog({ directory }).append(sampleFacts())).rejects.toMatchObject({
      reason: 'AUDIT_FAILED',
    });
    expect(readFileSync(other, 'utf8')).toBe('theirs\n');
  });
});

describe('entries that come at once', () => {
  it('are written in their order, joined to one another', async () => {
    const directory = newDirectory();
    const log = openAuditLog({ directory });
    const made = await Promise.all(Array.from({ length: 20 }, () => log.append(sampleFacts())));
    expect(made.map(({ seq }) => seq)).toEqual(Array.from({ length: 20 }, (_, index) => index + 1));
    expect(await entries(log)).toEqual(made);
    expect(await log.verify()).toMatchObject({ whole: true, entries: 20, problems: [] });
  });
});
