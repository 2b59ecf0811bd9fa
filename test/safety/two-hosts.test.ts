import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { bundleProgram, type Bundle } from '../state/bundle.ts';
import type { Point } from './child.ts';
import { whoHas } from './deeds.ts';
import { World, type Child, type ProcessEnd } from './world.ts';

let program: Bundle;
let world: World;
beforeAll(async () => {
  program = await bundleProgram(new URL('./child.ts', import.meta.url));
  world = await World.open(program);
});
afterAll(async () => {
  await world.close();
  program.remove();
});

/** The shortest that proper-lockfile takes. */
const STALE_MS = 2000;

/** A host of that name: its processes have a host name and process ids of their own. The first is the shell. */
function host(name: string): readonly string[] {
  const script = `hostname ${name}; "$@"; exit $?`;
  return ['unshare', '--uts', '--pid', '--fork', '--mount-proc', '--kill-child', 'sh', '-ec', script, 'sh'];
}

/** The process in the middle of it, by its id here: the youngest of unshare's descendants. */
function innermost(pid: number): number {
  const [child] = readFileSync(`/proc/${pid}/task/${pid}/children`, 'latin1').split(' ');
  return child === undefined || child === '' ? pid : innermost(Number(child));
}

/** Resolves with its id when the kernel shows that it is stopped. @throws Error when it ends instead */
async function stopped({ process: { pid = 0 }, ended }: Child): Promise<number> {
  const over: ProcessEnd[] = [];
  void ended.then((end) => over.push(end));
  for (;;) {
    if (over.length > 0) throw new Error(`it was not stopped: ${JSON.stringify(over)}`);
    try {
      const inner = innermost(pid);
      if (/^State:\tT/m.test(readFileSync(`/proc/${inner}/status`, 'latin1'))) return inner;
    } catch {
      // Between two looks it ended.
    }
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
}

async function must(child: Child): Promise<void> {
  const end = await child.ended;
  if ('killed' in end || end.code !== 0)
    throw new Error('killed' in end ? end.killed : `exit ${end.code}: ${end.stderr}`);
}

function stateBytes(): string {
  return readFileSync(join(world.stateDir, 'state.json'), 'latin1');
}

/** From its lock to the instant before the grant. */
const POINTS: readonly Point[] = [
  { label: 'state after:lock-link', nth: 1 },
  { label: 'rds1 after', nth: 1 },
  { label: 'state before:rename', nth: 1 },
  { label: 'rds1 before', nth: 2 },
];

describe('an attach on one host that is stopped until another host has taken over its lock', () => {
  test.each(POINTS)('at $label $nth: woken, it ends as a conflict and changes nothing', async (at) => {
    const attach = ['attach', 'vol-1', 'node-1', '-o', 'json'];
    const a = world.spawn({ argv: attach, at, signal: 'SIGSTOP', staleMs: STALE_MS }, host('host-a'));
    const inner = await stopped(a);
    // Host B waits until the lock is stale, settles what was begun, and gives the volume away.
    for (const argv of [
      ['detach', 'vol-1'],
      ['attach', 'vol-1', 'node-2'],
    ])
      await must(world.spawn({ argv, staleMs: STALE_MS }, host('host-b')));
    const [bytes, events] = [stateBytes(), world.events.length];
    process.kill(inner, 'SIGCONT');
    const end = await a.ended;
    if ('killed' in end) throw new Error(end.killed);
    expect(end.code, end.stderr).toBe(4);
    expect(['LOST_LOCK', 'CHANGED_MEANWHILE', 'ATTACHED_ELSEWHERE']).toContain(end.error()['reason']);
    expect(stateBytes()).toBe(bytes);
    expect(world.events.slice(events)).toEqual([]);
    expect(whoHas(world)).toBe('node-2');
    expect(world.findings()).toEqual([]);
    expect(world.leftovers()).toEqual([]);
    await world.must('detach', 'vol-1');
  });
});
