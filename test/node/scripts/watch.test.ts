import { existsSync, readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';

import { WATCH } from '../../../src/node/scripts/watch.ts';
import { ADDRESS, NodeTree, oneLive, SHELLS } from './node-tree.ts';

const NQN = 'nqn.2000-02.com.mikrotik:f1';
/** Reads go on until this file of the tree is there; then they hang until it is gone. */
const READS = 'while [ -e "$RDSCTL_ROOT/hang" ]; do sleep 0.05; done';

/** A process that was killed and that nobody has asked for yet does nothing any more. */
function isAlive(pid: number): boolean {
  try {
    return !/^\d+ \(.*\) Z/.test(readFileSync(`/proc/${pid}/stat`, 'utf8'));
  } catch {
    return false;
  }
}

describe.each(SHELLS.map((shell) => [shell.join(' '), shell] as const))('a watch, in %s', (_name, shell) => {
  it('that was ended has left nothing that reads, also when a read hangs', async () => {
    const tree = new NodeTree([oneLive(NQN)]);
    tree.program('timeout', READS);
    tree.write('hang', '');
    const begun = tree.run(shell, WATCH, ['begin', NQN, ADDRESS, '60']).json;
    const { id } = JSON.parse(begun) as { id: string };
    expect(id).toMatch(/^rdsctl-watch\./);
    const pids = readFileSync(`/tmp/${id}/pids`, 'utf8').trim().split('\n').map(Number);
    expect(pids.map(isAlive)).toEqual([true, true]);
    try {
      expect(JSON.parse(tree.run(shell, WATCH, ['end', id]).json)).toMatchObject({ id });
      await expect.poll(() => pids.map(isAlive)).toEqual([false, false]);
      expect(existsSync(`/tmp/${id}`)).toBe(false);
    } finally {
      tree.remove('hang');
    }
  });
});
