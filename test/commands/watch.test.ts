import { describe, expect, test } from 'vitest';
import { openScene } from './scene.ts';

const SCREEN = { columns: 100, rows: 30 };
const LEAVE = '\u001b[?7h\u001b[?25h\u001b[?1049l';

const documents = (stdout: string): Record<string, unknown>[] =>
  stdout
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line) as Record<string, unknown>);

const phases = (document: Record<string, unknown> | undefined): string[] =>
  (document?.['items'] as { volume: string; phase: string }[]).map(
    ({ volume, phase }) => `${volume} ${phase}`,
  );

describe('list --watch in a pipe', () => {
  test('prints a document a line, at the start and at each change; a signal ends it with 0', async () => {
    const scene = await openScene({ nodes: 1 });
    await scene.done('attach', 'vol-1', 'node-1');
    // The poll is far away: it is the kernel that tells.
    const watching = scene.start(['list', '--watch', '--interval', '10m']);
    await watching.prints((stdout) => stdout.includes('vol-1'));
    await scene.done('attach', 'vol-2', 'node-1');
    await watching.prints((stdout) => /"volume":"vol-2"[^}]*"phase":"attached"/.test(stdout));
    await scene.done('detach', 'vol-1');
    await watching.prints((stdout) => !stdout.trimEnd().split('\n').at(-1)?.includes('vol-1'));
    watching.signal('SIGINT');
    const outcome = await watching.ended;
    expect(outcome).toMatchObject({ code: 0, stderr: '' });
    const told = documents(outcome.stdout);
    expect(told[0]).toMatchObject({ apiVersion: 'rdsctl/v1', kind: 'AttachmentList' });
    expect(phases(told[0])).toEqual(['vol-1 attached']);
    expect(phases(told.at(-1))).toEqual(['vol-2 attached']);
    expect(new Set(told.map((document) => JSON.stringify(document))).size).toBe(told.length);
  });

  test('says nothing of changes that the filters leave out', async () => {
    const scene = await openScene({ nodes: 1 });
    const watching = scene.start(['list', '--watch', '--volume', 'vol-2', '-o', 'json']);
    await watching.prints((stdout) => stdout.includes('"items":[]'));
    await scene.done('attach', 'vol-1', 'node-1');
    await scene.done('attach', 'vol-2', 'node-1');
    await watching.prints((stdout) => stdout.includes('"phase":"attached"'));
    watching.signal('SIGTERM');
    const outcome = await watching.ended;
    expect(outcome.code).toBe(0);
    expect(outcome.stdout).not.toContain('vol-1');
    for (const document of documents(outcome.stdout).slice(1)) expect(phases(document)).toHaveLength(1);
  });

  test('begins before there is a state: the poll finds its directory', async () => {
    const scene = await openScene({ nodes: 1 });
    const watching = scene.start(['list', '--watch', '--interval', '100ms']);
    await watching.prints((stdout) => stdout.includes('"items":[]'));
    await scene.done('attach', 'vol-1', 'node-1');
    await watching.prints((stdout) => stdout.includes('"phase":"attached"'));
    watching.signal('SIGINT');
    expect((await watching.ended).code).toBe(0);
  });

  test('ends quietly when its reader went away', async () => {
    const scene = await openScene({ nodes: 1 });
    const watching = scene.start(['list', '--watch', '--interval', '100ms'], { goneAfter: 1 });
    expect(await watching.ended).toMatchObject({ code: 0, stderr: '' });
  });

  test('a table or names where they are asked for', async () => {
    const scene = await openScene({ nodes: 1 });
    await scene.done('attach', 'vol-1', 'node-1');
    for (const [format, says] of [
      ['table', /^VOLUME .*\nvol-1 /],
      ['name', /^vol-1\n$/],
      ['yaml', /^---\napiVersion: rdsctl\/v1\n/],
    ] as const) {
      const outcome = await scene.start(['list', '--watch', '-o', format], { goneAfter: 1 }).ended;
      expect(outcome.stdout).toMatch(says);
    }
  });
});

describe('list --watch on a terminal', () => {
  test('draws in its place on the second screen, and gives the first one back', async () => {
    const scene = await openScene({ nodes: 1 });
    await scene.done('attach', 'vol-1', 'node-1');
    const watching = scene.start(['list', '--watch', '--no-color'], { screen: SCREEN });
    await watching.prints((stdout) => stdout.includes('vol-1'));
    await scene.done('attach', 'vol-2', 'node-1');
    await watching.prints((stdout) => /vol-2 +node-1 +attached/.test(stdout));
    watching.signal('SIGINT');
    const outcome = await watching.ended;
    expect(outcome.code).toBe(0);
    expect(outcome.stdout.startsWith('\u001b[?1049h')).toBe(true);
    expect(outcome.stdout.endsWith(LEAVE)).toBe(true);
    const pictures = outcome.stdout.split('\u001b[H').slice(1);
    expect(pictures.length).toBeGreaterThan(1);
    expect(pictures[0]).toContain('1 of 1 attachments');
    expect(pictures.at(-1)).toContain('2 of 2 attachments');
  });

  test('cuts what is higher than the terminal, and says how much is left out', async () => {
    const scene = await openScene({ nodes: 1, volumes: 4 });
    for (const slot of ['vol-1', 'vol-2', 'vol-3', 'vol-4']) await scene.done('attach', slot, 'node-1');
    const watching = scene.start(['list', '--watch', '--no-color'], { screen: { columns: 80, rows: 4 } });
    await watching.prints((stdout) => stdout.includes('… 3 more'));
    watching.signal('SIGINT');
    const { stdout } = await watching.ended;
    expect(stdout).toContain('vol-1');
    expect(stdout).not.toContain('vol-2');
  });
});

describe('list --watch otherwise', () => {
  test('takes no lock and asks no host', async () => {
    const scene = await openScene({ nodes: 1 });
    const held = scene.hold(/nvme-tcp-export=yes/);
    const first = scene.start(['attach', 'vol-1', 'node-1']);
    await held.reached;
    const { counters } = scene.simulation.rds.ssh;
    const before = { ...counters };
    const watching = scene.start(['list', '--watch']);
    await watching.prints((stdout) => stdout.includes('"phase":"attaching"'));
    expect(counters).toEqual(before);
    held.letGo();
    await watching.prints((stdout) => stdout.includes('"phase":"attached"'));
    watching.signal('SIGINT');
    expect((await watching.ended).code).toBe(0);
    expect((await first.ended).code).toBe(0);
  });

  test('--timeout ends it with 124; --interval alone is refused with 2', async () => {
    const scene = await openScene({ nodes: 1 });
    expect((await scene.run('list', '--watch', '--timeout', '100ms')).code).toBe(124);
    expect((await scene.run('list', '--interval', '1s')).code).toBe(2);
  });
});
