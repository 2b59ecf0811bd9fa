import { describe, expect, it } from 'vitest';

import { RdsctlError } from '../../src/errors/rdsctl-error.ts';
import { drainNode } from '../../src/operations/drain-node.ts';
import { aSubsystem, unreachable } from '../fakes/fake-node.ts';
import { anAttachment, anything, aState, granted, makeWorld } from '../fakes/world.ts';

const NQN = 'nqn.2000-02.com.mikrotik:vol-1';

/** node-1, whose first look fails; the ones after that do not. */
function setup(error: RdsctlError, { holds }: { holds: boolean }) {
  const world = makeWorld(holds ? { disks: [granted('node-1')], state: aState([anAttachment()]) } : {});
  const node = world.node('node-1');
  if (holds) node.subsystems.set(NQN, aSubsystem());
  const observe = node.observe.bind(node);
  let looks = 0;
  node.observe = (request) => {
    looks += 1;
    return looks === 1 ? Promise.reject(error) : observe(request);
  };
  return { ...world, run: () => drainNode(world.context, { node: 'node-1' }, anything) };
}

const broken = new RdsctlError('BAD_ANSWER', { message: 'node-1 answered nonsense' });

describe('drain of a node that could not be looked at first', () => {
  it.each([true, false])(
    'its volumes go, but what it holds beside them is not known: no success',
    async (holds) => {
      const { run, store } = setup(broken, { holds });
      const result = await run();
      expect(result.volumes.map(({ result: came }) => came)).toEqual(holds ? ['detached'] : []);
      expect(store.state.attachments).toEqual({});
      expect(result.failure).toMatchObject({ reason: 'PARTIAL', exitCode: 1 });
      expect(result.failure?.message).toContain('what node-1 holds beside the state could not be looked at');
      expect(result.failure?.message).toContain('node-1 answered nonsense');
      expect(result.failure?.hints.at(-1)?.run).toBe('rdsctl drain node-1');
    },
  );

  it('since it does not answer: its volumes stay; without any that is said, and is no failure', async () => {
    const some = await setup(unreachable('node-1'), { holds: true }).run();
    expect(some.volumes.map(({ result }) => result)).toEqual(['stayed']);
    expect(some.failure?.message).not.toContain('beside the state');
    const none = setup(unreachable('node-1'), { holds: false });
    expect((await none.run()).failure).toBeNull();
    expect(none.warnings().join()).toContain('could not be asked whether it holds anything');
  });
});
