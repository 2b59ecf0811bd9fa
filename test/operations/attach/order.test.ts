import { describe, expect, it } from 'vitest';

import { attach } from '../../../src/operations/attach/attach.ts';
import { aSubsystem, hostNqn } from '../../fakes/fake-node.ts';
import { aDisk } from '../../fakes/fake-server.ts';
import { failure } from '../../fakes/outcome.ts';
import { anAttachment, anything, aState, makeWorld, tagged, type WorldOptions } from '../../fakes/world.ts';

/** Laws 1, 3 and 10: what must have happened before what. */

const NQN = 'nqn.2000-02.com.mikrotik:vol-1';
const GRANT = `rds1 grant vol-1 to ${hostNqn('node-1')}`;

function setup(options: WorldOptions = {}) {
  const world = makeWorld(options);
  const run = () =>
    attach(world.context, { volume: 'vol-1', node: 'node-1', shared: null, takeOver: false }, anything);
  return { ...world, run };
}

describe('an attach, step by step', () => {
  it('locks, looks, claims on disk, grants, connects, writes down, unlocks', async () => {
    const { run, log } = setup();
    await run();
    expect(log).toEqual([
      'lock rds1/vol-1',
      'rds1 look vol-1',
      'node-1 observe',
      'state vol-1:attaching:node-1:attach',
      GRANT,
      'node-1 connect',
      'state vol-1:attached:node-1',
      'unlock rds1/vol-1',
    ]);
  });

  it('drops old controllers after the claim and before the grant', async () => {
    const { run, log, node } = setup();
    node('node-1').subsystems.set(NQN, aSubsystem({}, 'connecting'));
    await run();
    const at = (entry: string) => log.indexOf(entry);
    expect(at('state vol-1:attaching:node-1:attach')).toBeGreaterThan(-1);
    expect(at('node-1 disconnect')).toBeGreaterThan(at('state vol-1:attaching:node-1:attach'));
    expect(at(GRANT)).toBeGreaterThan(at('node-1 disconnect'));
  });

  it('never grants to a node that does not let go of an old controller', async () => {
    const world = setup();
    world.node('node-1').subsystems.set(NQN, aSubsystem({}, 'connecting'));
    world.node('node-1').sticky = true;
    const error = await failure(world.run());
    expect(error).toMatchObject({ reason: 'STALE_CONTROLLER', exitCode: 4 });
    expect(error.hints[0]?.run).toContain('/sys/class/nvme/nvme0/delete_controller');
    expect(world.log).not.toContain(GRANT);
    expect(world.store.state.attachments).toEqual({});
    expect(error.now).toBe('What was begun was undone: vol-1 is attached nowhere.');
  });

  it('drops the controllers of a node whose volume was somebody else\u2019s since', async () => {
    // Fenced off node-1, unfenced by force: it still holds a controller with writes in its queue.
    const world = setup({
      disks: [aDisk({ comment: tagged([], 6) })],
      state: aState([anAttachment({ phase: 'fenced', token: 6 })]),
    });
    world.node('node-1').subsystems.set(NQN, aSubsystem({}, 'connecting'));
    await world.run();
    expect(world.log.indexOf('node-1 disconnect')).toBeGreaterThan(-1);
    expect(world.log.indexOf('node-1 disconnect')).toBeLessThan(world.log.indexOf(GRANT));
  });
});

describe('an export that the storage server forgot', () => {
  const forgotten = async (comment: string) => {
    const world = setup({ disks: [aDisk({ comment })], state: aState([anAttachment()]) });
    world.node('node-1').subsystems.set(NQN, aSubsystem({}, 'connecting'));
    await world.run();
    return world.log.includes('node-1 disconnect');
  };

  it('leaves the owner its controller: nobody else can have written', async () => {
    expect(await forgotten(tagged(['node-1'], 5))).toBe(false);
  });

  it.each([
    ['nobody', tagged([], 5)],
    ['the owner by an older token', tagged(['node-1'], 3)],
    ['no tag at all', 'text'],
  ])('whose tag names %s does not: somebody else may have written since', async (_what, comment) => {
    expect(await forgotten(comment)).toBe(true);
  });

  it.each([
    ['another node', ['node-2']],
    ['two nodes', ['node-1', 'node-2']],
  ])('whose tag names %s is none of this state: nothing is touched', async (_what, owners) => {
    const world = setup({ disks: [aDisk({ comment: tagged(owners, 5) })], state: aState([anAttachment()]) });
    expect((await failure(world.run())).reason).toBe('STALE_STATE');
    expect(world.remote().filter((entry) => !/ (?:look|observe)/.test(entry))).toEqual([]);
  });
});

describe('an export of hands unknown', () => {
  const exported = (options: WorldOptions = {}) => setup({ disks: [aDisk({ exported: true })], ...options });

  it('is asked after, cut, read back and drained before it is granted', async () => {
    const { run, log, clock } = exported();
    await run();
    const remote = log.filter((entry) => !entry.startsWith('lock') && !entry.startsWith('unlock'));
    const cut = remote.indexOf('rds1 revoke vol-1');
    const granted = remote.indexOf(GRANT);
    expect(remote.indexOf('node-2 observe')).toBeLessThan(cut);
    expect(remote.indexOf('node-3 observe')).toBeLessThan(cut);
    expect(remote.indexOf('state vol-1:attaching:node-1:attach')).toBeLessThan(cut);
    const drained = remote.slice(cut + 1, granted).filter((entry) => entry === 'rds1 in-flight vol-1 = 0');
    expect(drained.length).toBeGreaterThanOrEqual(2);
    expect(granted).toBeGreaterThan(cut);
    expect(clock.passed).toBeGreaterThanOrEqual(2_000);
  });

  it('is not granted before the time to settle is over, counted from the cut as it was read back', async () => {
    const { run, server, clock, log } = exported();
    let cutAt = -1;
    let grantedAt = -1;
    // The answer to the revoke is lost, and it takes effect only when it is sent once more, much later.
    server.changeFaults.push('lost-before');
    server.lookFaults.push(null, 'refused');
    server.beforeChange = ({ kind }) => {
      if (kind === 'grant') grantedAt = clock.passed;
    };
    server.afterChange = ({ kind }) => {
      if (kind === 'revoke') cutAt = clock.passed;
    };
    clock.at(1, () => {
      clock.advance(10_000);
    });
    await run();
    expect(cutAt).toBeGreaterThan(1_000);
    expect(grantedAt - cutAt).toBeGreaterThanOrEqual(2_000);
    expect(log).toContain(GRANT);
  });

  it('is not granted while something is in flight, however long it takes', async () => {
    const { run, server, clock } = exported();
    server.busy = 2;
    let grantedAt = -1;
    server.beforeChange = ({ kind }) => {
      if (kind === 'grant') grantedAt = clock.passed;
    };
    clock.at(30_000, () => (server.busy = 0));
    await run();
    expect(grantedAt).toBeGreaterThanOrEqual(30_000);
  });

  it('is not granted when it does not drain', async () => {
    const { run, server, log } = exported();
    server.busy = 2;
    const error = await failure(run());
    expect(error).toMatchObject({ reason: 'NOT_DRAINED', exitCode: 11 });
    expect(log).not.toContain(GRANT);
  });

  it('is not granted when the cut is not read back', async () => {
    const { run, server, log } = exported();
    server.lateReads = Infinity;
    const error = await failure(run());
    expect(error).toMatchObject({ reason: 'NOT_VERIFIED', exitCode: 11 });
    expect(log).not.toContain(GRANT);
  });
});

describe('a lock that was lost', () => {
  it('before the first remote change ends the attach there', async () => {
    const world = setup();
    world.store.beforeCommit = () => {
      world.store.lose('rds1/vol-1');
    };
    expect((await failure(world.run())).reason).toBe('LOST_LOCK');
    expect(world.log.filter((entry) => /grant|connect/.test(entry))).toEqual([]);
  });

  it('before old controllers would be dropped leaves them', async () => {
    const world = setup({ disks: [aDisk({ exported: true })] });
    world.node('node-1').subsystems.set(NQN, aSubsystem({}, 'connecting'));
    world.store.beforeCommit = () => {
      world.store.lose('rds1/vol-1');
    };
    expect((await failure(world.run())).reason).toBe('LOST_LOCK');
    expect(world.log.filter((entry) => /disconnect|revoke|grant/.test(entry))).toEqual([]);
  });

  it('while the old sessions drained ends the attach before the grant', async () => {
    const world = setup({ disks: [aDisk({ exported: true })] });
    world.clock.at(1_000, () => {
      world.store.lose('rds1/vol-1');
    });
    expect((await failure(world.run())).reason).toBe('LOST_LOCK');
    expect(world.log).toContain('rds1 revoke vol-1');
    expect(world.log).not.toContain(GRANT);
  });

  it('to somebody who took a token meanwhile: the state is left as they wrote it', async () => {
    const world = setup();
    world.node('node-1').afterConnect = () => {
      world.store.state = aState([
        anAttachment({ token: 9, holders: [{ node: 'node-2', hostNqn: null, device: null, since: '' }] }),
      ]);
    };
    const error = await failure(world.run());
    expect(error.reason).toBe('LOST_LOCK');
    expect(world.store.state.attachments['rds1/vol-1']).toMatchObject({
      token: 9,
      holders: [{ node: 'node-2' }],
    });
    expect(world.log.filter((entry) => entry.includes('revoke'))).toEqual([]);
  });
});
