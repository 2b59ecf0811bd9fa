import { appendFileSync, mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { hostname, userInfo } from 'node:os';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { openAuditLog } from '../../src/audit/audit-log.ts';
import { sampleFacts } from '../audit/sample-facts.ts';
import { openScene, type Scene } from './scene.ts';

const log = (scene: Scene): string => join(scene.stateDir, 'audit.jsonl');

async function seqs(scene: Scene, ...argv: string[]): Promise<number[]> {
  const outcome = await scene.run('history', ...argv, '-o', 'json');
  expect(outcome.code, outcome.stderr).toBe(0);
  return (outcome.json()['items'] as { seq: number }[]).map(({ seq }) => seq);
}

/** Makes a log of entries at these times, a minute each, as a log of other days would be. */
async function filled(scene: Scene, count: number, from = '2026-11-20T00:00:00.000Z'): Promise<void> {
  mkdirSync(scene.stateDir, { recursive: true });
  const audit = openAuditLog({ directory: scene.stateDir });
  await audit.append(sampleFacts());
  const [line = ''] = readFileSync(log(scene), 'utf8').split('\n');
  const start = Date.parse(from);
  const lines = Array.from({ length: count }, (_, index) =>
    JSON.stringify({
      ...(JSON.parse(line) as object),
      seq: index + 1,
      time: new Date(start + index * 60_000).toISOString(),
      event: index % 2 === 0 ? 'attach' : 'detach',
      result: index % 3 === 0 ? 'refused' : 'ok',
      volume: `rds1/vol-${index % 5}`,
    }),
  );
  writeFileSync(log(scene), `${lines.join('\n')}\n`);
}

describe('history', () => {
  test('tells of each command who, from where, what, why, what came of it, and every remote change', async () => {
    const scene = await openScene({ nodes: 2 });
    await scene.done('attach', 'vol-1', 'node-1', '--reason', 'ticket 12, "urgent"');
    await scene.run('attach', 'vol-1', 'node-2');
    const told = await scene.run('history', '-o', 'json');
    expect(told.json()).toMatchObject({
      kind: 'AuditEventList',
      items: [
        {
          event: 'attach',
          result: 'ok',
          volume: 'rds1/vol-1',
          node: 'node-1',
          rds: 'rds1',
          token: 1,
          pid: process.pid,
          host: hostname(),
          who: { user: userInfo().username, uid: process.getuid?.() },
          durationMs: expect.any(Number) as number,
          exitCode: 0,
          operatorReason: 'ticket 12, "urgent"',
          command: `rdsctl attach vol-1 node-1 --reason 'ticket 12, "urgent"'`,
          changes: [
            { at: 'rds1', what: expect.stringContaining('grant vol-1') as string },
            { at: 'node-1', what: expect.stringContaining('nvme connect') as string },
          ],
        },
        { event: 'attach', result: 'refused', reason: 'ATTACHED_ELSEWHERE', exitCode: 4, changes: [] },
      ],
    });
    const wide = (await scene.run('history', '-o', 'wide')).stdout;
    expect(wide).toContain('refused (ATTACHED_ELSEWHERE)');
    expect(wide).toContain('rds1: grant vol-1');
  });

  test('filters: those of one kind add up, those of different kinds narrow down', async () => {
    const scene = await openScene({ nodes: 1 });
    await filled(scene, 12);
    expect(await seqs(scene, '--event', 'detach')).toEqual([2, 4, 6, 8, 10, 12]);
    expect(await seqs(scene, '--event', 'detach', '--event', 'attach', '--result', 'refused')).toEqual([
      1, 4, 7, 10,
    ]);
    expect(await seqs(scene, 'vol-1')).toEqual([2, 7, 12]);
    expect(await seqs(scene, 'rds1/vol-1', '--event', 'attach')).toEqual([7]);
    expect(await seqs(scene, 'node-1', '--limit', '2')).toEqual([11, 12]);
    expect(await seqs(scene, '--by', 'ops', '--limit', '1')).toEqual([12]);
    expect(await seqs(scene, '--by', '192.0.2.7', '--limit', '1')).toEqual([12]);
    expect(await seqs(scene, '--by', 'nobody')).toEqual([]);
    expect(await seqs(scene, '--since', '2026-11-20T00:09Z')).toEqual([10, 11, 12]);
    expect(await seqs(scene, '--since', '2026-11-20 00:02', '--until', '2026-11-20T01:04:00+01:00')).toEqual([
      3, 4,
    ]);
    expect(await seqs(scene, '--until', '2026-11-20')).toEqual([]);
    expect((await scene.run('history', '--by', 'nobody')).stdout).toBe(
      'Nothing of that is in the audit log.\n',
    );
  });

  test('of a node tells what was moved away from it, too', async () => {
    const scene = await openScene();
    await scene.done('attach', 'vol-1', 'node-1');
    await scene.done('move', 'vol-1', 'node-2');
    await scene.done('attach', 'vol-2', 'node-2');
    const { stdout } = await scene.run('history', 'node-1', '-o', 'jsonl');
    const events = stdout
      .trim()
      .split('\n')
      .map((line) => (JSON.parse(line) as { event: string }).event);
    expect([...events].sort()).toEqual(['attach', 'move']);
  });

  test('a duration means so long ago', async () => {
    const scene = await openScene({ nodes: 1 });
    await filled(scene, 3, new Date(Date.now() - 3 * 3_600_000).toISOString());
    appendFileSync(log(scene), ''); // as old as the entries say, not the file
    await scene.done('attach', 'vol-1', 'node-1');
    expect(await seqs(scene, '--since', '1h')).toEqual([4]);
    expect(await seqs(scene, '--since', '2d')).toEqual([1, 2, 3, 4]);
    expect(await seqs(scene, '--until', '90m')).toEqual([1, 2, 3]);
  });

  test.each([
    ['--since', 'yesterday'],
    ['--since', '2026-13-01'],
    ['--until', '2026-02-31'],
    ['--result', 'good'],
  ])('%s %s is refused with 2', async (option, value) => {
    const scene = await openScene({ nodes: 1 });
    const refused = await scene.run('history', option, value);
    expect(refused.code).toBe(2);
    expect(refused.stderr).toContain(option);
  });

  test('over rotated files, from the newest end; half-written and strange lines are passed over', async () => {
    const scene = await openScene({ nodes: 1 });
    await filled(scene, 4000);
    renameSync(log(scene), `${log(scene)}.2`);
    const middle = readFileSync(`${log(scene)}.2`, 'utf8')
      .trimEnd()
      .split('\n')
      .slice(0, 20);
    writeFileSync(
      `${log(scene)}.1`,
      `${middle.map((line, index) => line.replace(/"seq":\d+/, `"seq":${4001 + index}`)).join('\n')}\n`,
    );
    const newest = middle
      .slice(0, 2)
      .map((line, index) => line.replace(/"seq":\d+/, `"seq":${4021 + index}`));
    writeFileSync(log(scene), `${newest[0] ?? ''}\nhello\n\n${newest[1] ?? ''}\n{"v":1,"seq":40`);
    expect(await seqs(scene, '--limit', '5')).toEqual([4018, 4019, 4020, 4021, 4022]);
    const all = await seqs(scene, '--limit', '0');
    expect(all).toEqual(Array.from({ length: 4022 }, (_, index) => index + 1));
    // What is enough is not read further: the oldest file may as well be unreadable.
    mkdirSync(`${log(scene)}.3`);
    expect(await seqs(scene, '--limit', '30')).toHaveLength(30);
    expect((await scene.run('history', '--limit', '0')).code).toBe(1);
  });

  test('names its entries for a script, one document a line', async () => {
    const scene = await openScene({ nodes: 1 });
    await filled(scene, 3);
    const lines = (await scene.run('history', '-o', 'jsonl')).stdout.trimEnd().split('\n');
    expect(lines.map((line) => (JSON.parse(line) as { kind: string; seq: number }).seq)).toEqual([1, 2, 3]);
    const [first = ''] = (await scene.run('history', '-o', 'name')).stdout.split('\n');
    expect(JSON.parse(lines[0] ?? '')).toMatchObject({ kind: 'AuditEvent', id: first });
  });
});
