import { describe, expect, it } from 'vitest';

import { NOBODY } from '../../../src/attachment/host-nqn.ts';
import { RdsctlError } from '../../../src/errors/rdsctl-error.ts';
import { attach } from '../../../src/operations/attach/attach.ts';
import type { Disk } from '../../../src/operations/ports/storage-server.ts';
import { reconcile } from '../../../src/operations/reconcile/reconcile.ts';
import { aSubsystem, hostNqn, unreachable } from '../../fakes/fake-node.ts';
import { failure } from '../../fakes/outcome.ts';
import {
  aConfig,
  anAttachment,
  anIntent,
  anything,
  aState,
  granted,
  makeWorld,
  tagged,
  type WorldOptions,
} from '../../fakes/world.ts';

/** Law 10: an export is never toggled under its rightful owner, whatever hands have made of its list. */

const NQN = 'nqn.2000-02.com.mikrotik:vol-1';
const KEY = 'rds1/vol-1';
const OTHER = 'nqn.2014-08.org.example:other';
const MOUNT = [{ kind: 'mount', what: '/srv' }] as const;

function setup(
  disk: Partial<Disk>,
  options: WorldOptions = {},
  state: 'live' | 'connecting' | 'none' = 'live',
) {
  const world = makeWorld({
    disks: [granted('node-1', 5, disk)],
    state: aState([anAttachment()]),
    ...options,
  });
  if (state !== 'none') world.node('node-1').subsystems.set(NQN, aSubsystem({}, state));
  const run = (takeOver = false, node = 'node-1') =>
    attach(world.context, { volume: 'vol-1', node, shared: null, takeOver }, anything);
  const changes = () =>
    world.log.filter((entry) => / (?:grant|admit|revoke|connect|disconnect)\b/.test(entry));
  const refused = async (takeOver = false, node = 'node-1') => {
    const before = structuredClone(world.store.state);
    const error = await failure(run(takeOver, node));
    expect(changes()).toEqual([]);
    expect(world.store.state).toEqual(before);
    expect(error.now).toMatch(/^Nothing was changed/);
    return error;
  };
  return { ...world, run, changes, refused };
}

const ADMIT = `rds1 admit vol-1 to ${hostNqn('node-1')}`;
const CUT_AND_GRANTED = [
  'node-1 disconnect',
  'rds1 revoke vol-1',
  `rds1 grant vol-1 to ${hostNqn('node-1')}`,
  'node-1 connect',
];

describe('an export whose list names nobody any more', () => {
  it.each(['live', 'connecting', 'none'] as const)(
    'is given back to its owner without toggling it, whose controller is %s',
    async (state) => {
      const world = setup({ allow: NOBODY }, {}, state);
      world.node('node-1').uses.set(NQN, MOUNT);
      expect(await world.run()).toMatchObject({ changed: true, device: '/dev/nvme0n1' });
      expect(world.changes()).toEqual(state === 'live' ? [ADMIT] : [ADMIT, 'node-1 connect']);
      expect(world.server.disk('vol-1')).toMatchObject({
        allow: hostNqn('node-1'),
        comment: tagged(['node-1'], 6),
      });
      expect(world.store.state.attachments[KEY]).toMatchObject({ token: 6, phase: 'attached' });
    },
  );

  it('is given back although another node can not be asked: nobody could get in', async () => {
    const world = setup({ allow: NOBODY });
    world.node('node-3').error = unreachable('node-3');
    await world.run();
    expect(world.changes()).toEqual([ADMIT]);
  });

  it('is left alone when another node says that it is connected', async () => {
    const world = setup({ allow: NOBODY });
    world.node('node-2').subsystems.set(NQN, aSubsystem());
    expect(await world.refused()).toMatchObject({
      reason: 'UNTRACKED_EXPORT',
      details: { using: ['node-2'] },
    });
  });

  it('does not let a controller stay that may be older than the last owner', async () => {
    const world = setup({ allow: NOBODY, comment: tagged(['node-1'], 3) }, {}, 'connecting');
    await world.run();
    expect(world.changes()).toEqual(CUT_AND_GRANTED);
  });
});

describe('an export that lets another host in than its owner', () => {
  it.each([
    ['live', MOUNT],
    ['connecting', MOUNT],
    ['connecting', [{ kind: 'holder', what: 'dm-0' }]],
  ] as const)('is not switched off under it: %s, in use', async (state, uses) => {
    const world = setup({ allow: OTHER }, {}, state);
    world.node('node-1').uses.set(NQN, uses);
    const error = await world.refused();
    expect(error).toMatchObject({ reason: 'DEVICE_IN_USE', exitCode: 7 });
    expect(error.now).toContain(`rds1 lets ${OTHER} in`);
    // Not by force either.
    expect((await world.refused(true)).reason).toBe('DEVICE_IN_USE');
  });

  it.each(['live', 'connecting'] as const)(
    'that does not use it lets go before it is cut and granted anew: %s',
    async (state) => {
      const world = setup({ allow: OTHER }, {}, state);
      await world.run();
      expect(world.changes()).toEqual(CUT_AND_GRANTED);
    },
  );

  it('because the host NQN of its node is another one now is not switched off while it is in use', async () => {
    const world = setup({});
    world.node('node-1').view = { hostNqnFile: OTHER };
    world.node('node-1').uses.set(NQN, MOUNT);
    expect((await world.refused()).reason).toBe('DEVICE_IN_USE');
    world.node('node-1').uses.clear();
    await world.run();
    expect(world.server.disk('vol-1').allow).toBe(OTHER);
  });
});

describe('an export that lets any host in', () => {
  const open = (options: WorldOptions = {}, state: 'live' | 'connecting' = 'live') =>
    setup({ allow: '' }, options, state);

  it('is not switched off under a controller that is not live and in use: somebody else may have written', async () => {
    const world = open({}, 'connecting');
    world.node('node-1').uses.set(NQN, MOUNT);
    expect((await world.refused()).reason).toBe('DEVICE_IN_USE');
  });

  it('is taken over from nodes that can not be asked only by ending all sessions', async () => {
    const world = open();
    world.node('node-3').error = unreachable('node-3');
    expect((await world.refused()).reason).toBe('UNTRACKED_EXPORT');
    world.node('node-1').uses.set(NQN, MOUNT);
    expect((await world.refused(true)).reason).toBe('DEVICE_IN_USE');
    world.node('node-1').uses.clear();
    world.progress.length = 0;
    await world.run(true);
    expect(world.changes()).toEqual(CUT_AND_GRANTED);
    expect(world.warnings().filter((text) => text.includes('taken over although'))).toHaveLength(1);
  });

  it('is narrowed also with --take-over where all nodes can be asked', async () => {
    const world = open();
    await world.run(true);
    expect(world.changes()).toEqual([ADMIT]);
  });

  it('is not success when somebody connected between the look and the admission', async () => {
    const world = open();
    world.server.afterChange = () => world.node('node-2').subsystems.set(NQN, aSubsystem());
    const error = await failure(world.run());
    expect(error).toMatchObject({ reason: 'UNTRACKED_EXPORT', details: { using: ['node-2'] } });
    expect(error.now).toContain('node-2');
    expect(error.hints[0]).toMatchObject({
      when: expect.stringContaining('node-2') as string,
      run: `nvme disconnect -n ${NQN}`,
    });
    // Nobody else gets in, and the session that is there is told by reconcile.
    expect(world.changes()).toEqual([ADMIT]);
    expect(world.server.disk('vol-1').allow).toBe(hostNqn('node-1'));
  });

  it('is not success when a node can not be asked again', async () => {
    const world = open();
    world.server.afterChange = () => (world.node('node-2').error = unreachable('node-2'));
    expect(await failure(world.run())).toMatchObject({
      reason: 'UNTRACKED_EXPORT',
      details: { unasked: ['node-2'] },
    });
  });

  it('is not narrowed by a reconcile either when a node has connected since the survey', async () => {
    const world = open();
    let asked = 0;
    const observe = world.node('node-2').observe.bind(world.node('node-2'));
    world.node('node-2').observe = (options) => {
      asked += 1;
      if (asked === 2) world.node('node-2').subsystems.set(NQN, aSubsystem());
      return observe(options);
    };
    const { drift } = await reconcile(world.context, { planned: null, waitMs: 0 }, anything);
    expect(drift.map(({ kind, result }) => [kind, result])).toContainEqual(['open-export', 'left']);
    expect(world.changes()).toEqual([]);
  });
});

describe('an admission that was cut short', () => {
  const open = () => setup({ allow: '' });

  it.each(['lost before it was made', 'killed before it was sent'])(
    '%s is made by the next reconcile',
    async (how) => {
      const world = open();
      if (how.startsWith('lost')) {
        world.server.changeFaults.push('lost-before', 'lost-before', 'lost-before');
      } else {
        world.server.changeFaults.push(new RdsctlError('INTERRUPTED', { message: 'killed' }));
      }
      await failure(world.run());
      expect(world.server.disk('vol-1').allow).toBe('');
      expect(world.store.state.tokens[KEY]).toBe(6);
      const { drift } = await reconcile(world.context, { planned: null, waitMs: 0 }, anything);
      expect(drift).toMatchObject([{ kind: 'open-export', result: 'repaired' }]);
      expect(world.server.disk('vol-1')).toMatchObject({
        allow: hostNqn('node-1'),
        comment: tagged(['node-1'], 7),
      });
      expect(world.store.state.attachments[KEY]?.token).toBe(7);
    },
  );

  it('after it was made, before it was written down, leaves the owner what it has', async () => {
    const world = open();
    world.server.afterChange = () => {
      world.store.beforeCommit = () => {
        throw new Error('killed');
      };
    };
    await failure(world.run()).catch(() => undefined);
    world.store.beforeCommit = null;
    world.server.afterChange = null;
    expect(world.server.disk('vol-1').comment).toBe(tagged(['node-1'], 6));
    expect(world.store.state.attachments[KEY]?.token).toBe(5);
    expect(await world.run()).toMatchObject({ changed: false, attachment: { token: 6 } });
    expect(world.store.state.attachments[KEY]?.token).toBe(6);
  });

  it('after it was made leaves the owner its controller, should the storage server forget the export next', async () => {
    const state = aState([anAttachment()], { tokens: { [KEY]: 6 } });
    const world = setup({ exported: false, comment: tagged(['node-1'], 6) }, { state }, 'connecting');
    await world.run();
    expect(world.changes()).toEqual([`rds1 grant vol-1 to ${hostNqn('node-1')}`, 'node-1 connect']);
  });
});

describe('a volume that two nodes share', () => {
  const [first] = anAttachment().holders;
  const shared = (disk: Partial<Disk>, over: Parameters<typeof anAttachment>[0] = {}) => {
    const config = aConfig();
    const holders = [first, { ...first, node: 'node-2', hostNqn: hostNqn('node-2') }] as const;
    const present = anAttachment({ holders, sharedUntil: '2026-11-20T15:00:00.000Z', ...over });
    return setup({ comment: tagged(['node-1', 'node-2'], 5), ...disk }, { config, state: aState([present]) });
  };

  it.each([OTHER, NOBODY, hostNqn('node-1')])(
    'is not granted to one alone while the other has it: the list names %s',
    async (allow) => {
      const world = shared({ allow });
      for (const node of ['node-1', 'node-2']) {
        if (allow === hostNqn(node)) continue;
        for (const name of ['node-1', 'node-2', 'node-3']) world.node(name).error = null;
        const other = node === 'node-1' ? 'node-2' : 'node-1';
        world.node(other).subsystems.clear();
        const error = await world.refused(false, node);
        expect(error).toMatchObject({
          reason: 'ATTACHED_ELSEWHERE',
          details: { holders: ['node-1', 'node-2'] },
        });
        expect(error.hints.map(({ run }) => run)).toContain(`rdsctl detach vol-1 ${other}`);
        world.node(other).error = unreachable(other);
        expect((await world.refused(true, node)).reason).toBe('ATTACHED_ELSEWHERE');
      }
    },
  );

  it('is not cut off from its owner to finish a sharing that never reached the storage server', async () => {
    const intent = anIntent({ verb: 'share', node: 'node-2', hostNqn: hostNqn('node-2') });
    const world = shared({ comment: tagged(['node-1'], 4) }, { phase: 'attaching', intent });
    world.node('node-1').subsystems.clear();
    expect((await world.refused(false, 'node-2')).reason).toBe('ATTACHED_ELSEWHERE');
  });
});
