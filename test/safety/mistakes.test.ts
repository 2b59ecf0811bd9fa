import { afterAll, beforeAll, beforeEach, afterEach, describe, expect, test } from 'vitest';
import { bundleProgram, type Bundle, type Mistake } from '../state/bundle.ts';
import type { Finding } from './findings.ts';
import { World } from './world.ts';

/**
 * The checker must find what is wrong with programs that break a law: the very sources, each with a deliberate
 * mistake. The right program plays the same scenes, and nothing is found.
 */
const CHILD = new URL('./child.ts', import.meta.url);

let right: Bundle;
beforeAll(async () => {
  right = await bundleProgram(CHILD);
});
afterAll(() => right.remove());

let world: World;
beforeEach(async () => {
  world = await World.open(right);
});
afterEach(() => world.close());

/** Plays a scene with the right program and with a broken one, each in a world of its own. */
async function found(
  mistakes: readonly Mistake[],
  scene: (program: Bundle) => Promise<readonly Finding[]>,
): Promise<{ right: string[]; wrong: string[] }> {
  const broken = await bundleProgram(CHILD, mistakes);
  try {
    const inOrder = (await scene(right)).map(({ law }) => law);
    await world.close();
    world = await World.open(right);
    return { right: inOrder, wrong: (await scene(broken)).map(({ law }) => law) };
  } finally {
    broken.remove();
  }
}

describe('the checker finds', () => {
  test('a volume that is granted before the sessions of the old owner are ended', async () => {
    const mistakes: readonly Mistake[] = [
      { file: 'src/storage-server/scripts.ts', from: '        `/disk set $i nvme-tcp-export=no`,\n', to: '' },
      {
        file: 'src/storage-server/scripts.ts',
        from: '`:if (!(${isOff})) do={ :error "rdsctl: exported" }`,',
        to: '',
      },
      { file: 'src/operations/settle.ts', from: '? !disk.exported && disk.allow', to: '? disk.allow' },
    ];
    const laws = await found(mistakes, async (program) => {
      await world.must('attach', 'vol-1', 'node-1');
      // Its management only: the sessions of its kernel live.
      await world.faults({ at: 'node-1', when: 'connect', do: 'refuse' });
      await world.spawn({ argv: ['fence', 'node-1', '--yes'] }, [], program).ended;
      await world.spawn({ argv: ['attach', 'vol-1', 'node-2'] }, [], program).ended;
      return world.findings();
    });
    expect(laws.right).toEqual([]);
    expect(laws.wrong).toEqual(expect.arrayContaining(['one writer', 'said otherwise', 'unclaimed']));
  });

  test('a change at the storage server that does not look at the token', async () => {
    const mistakes: readonly Mistake[] = [
      {
        file: 'src/storage-server/scripts.ts',
        from: '!= ${quote(change.expectComment)}) do={ :error "rdsctl: comment-changed" }',
        to: '= "no comment is like this") do={ :error "rdsctl: comment-changed" }',
      },
    ];
    const laws = await found(mistakes, async (program) => {
      await world.must('attach', 'vol-1', 'node-1');
      const copy = world.copyState();
      // Stopped where nothing but the storage server can stop it any more: the change is next.
      const at = { label: 'rds1 before', nth: 2 };
      const stalled = world.spawn({ argv: ['detach', 'vol-1'], at, signal: 'SIGSTOP' }, [], program);
      await stalled.stopped();
      await world.must('move', 'vol-1', 'node-2', '--state', copy);
      stalled.wake();
      await stalled.ended;
      return world.findings(world.state(copy));
    });
    expect(laws.right).toEqual([]);
    expect(laws.wrong).toContain('not so');
  });

  test('a state that is written without having been read again', async () => {
    const mistakes: readonly Mistake[] = [
      {
        file: 'src/state/file/file-store.ts',
        from: "await step(hooks, 'read', () => this.#readChecked())",
        to: "await step(hooks, 'read', () => globalThis.remembered ?? this.#readChecked())",
      },
      {
        file: 'src/state/file/file-store.ts',
        from: '    this.#seen = { bytes, decoded: { state, checksum, bodyText } };',
        to: '    globalThis.remembered = { state, bodyText };',
      },
    ];
    const laws = await found(mistakes, async (program) => {
      const at = { label: 'rds1 before', nth: 2 };
      const argv = ['attach', 'vol-1', 'node-1'];
      const stalled = world.spawn({ argv, at, signal: 'SIGSTOP' }, [], program);
      await stalled.stopped();
      await world.must('attach', 'vol-2', 'node-2');
      stalled.wake();
      await stalled.ended;
      return world.findings();
    });
    expect(laws.right).toEqual([]);
    expect(laws.wrong).toContain('unclaimed');
  });
});

test('a mistake that can not be made is told', async () => {
  const file = 'src/operations/settle.ts';
  await expect(bundleProgram(CHILD, [{ file, from: 'no line is like this', to: '' }])).rejects.toThrow(
    'holds 0 times what is to be broken',
  );
  await expect(bundleProgram(CHILD, [{ file, from: 'return', to: '' }])).rejects.toThrow(/holds \d\d? times/);
  const elsewhere = { file: 'src/simulator/run.ts', from: 'x', to: 'y' };
  await expect(
    bundleProgram(new URL('../audit/audit-worker.ts', import.meta.url), [elsewhere]),
  ).rejects.toThrow('src/simulator/run.ts is not part of the program');
});
