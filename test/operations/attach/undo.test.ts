import { describe, expect, it } from 'vitest';

import { NOBODY } from '../../../src/attachment/host-nqn.ts';
import { RdsctlError } from '../../../src/errors/rdsctl-error.ts';
import { attach } from '../../../src/operations/attach/attach.ts';
import { unwritable } from '../../../src/state/file/faults.ts';
import { aSubsystem, hostNqn, unreachable } from '../../fakes/fake-node.ts';
import { aDisk } from '../../fakes/fake-server.ts';
import { failure } from '../../fakes/outcome.ts';
import {
  anAttachment,
  anything,
  aState,
  granted,
  makeWorld,
  tagged,
  type WorldOptions,
} from '../../fakes/world.ts';

const NQN = 'nqn.2000-02.com.mikrotik:vol-1';
const GRANT = `rds1 grant vol-1 to ${hostNqn('node-1')}`;

function setup(options: WorldOptions = {}) {
  const world = makeWorld(options);
  const run = (node = 'node-1') =>
    attach(world.context, { volume: 'vol-1', node, shared: null, takeOver: false }, anything);
  const attachment = () => world.store.state.attachments['rds1/vol-1'];
  const fails = (words = '') => ({ subsystem: null, connected: false, words });
  return { ...world, run, attachment, fails };
}

const endedBadly = () =>
  new RdsctlError('REMOTE_ERROR', { message: 'exit status 1', details: { sent: true, exitStatus: 1 } });

describe('a reconnect of the node that has the volume', () => {
  it('that can not be written down says that it is connected', async () => {
    const [holder] = anAttachment().holders;
    const { run, store, node } = setup({
      disks: [granted('node-1')],
      state: aState([anAttachment({ holders: [{ ...holder, device: '/dev/nvme9n9' }] })]),
    });
    store.beforeCommit = () => {
      throw unwritable('/state.json', new Error('no space left on device'));
    };
    const error = await failure(run());
    expect(error).toMatchObject({ reason: 'STATE_UNWRITABLE', exitCode: 9 });
    expect(error.now).toMatch(/^vol-1 is connected on node-1 as \/dev\/nvme0n1, and stays claimed for it/);
    expect(node('node-1').connects).toHaveLength(1);
    // Nothing to connect: then nothing was changed indeed.
    expect((await failure(run())).now).toBe('Nothing was changed.');
  });
});

describe('a connect that fails', () => {
  it('is undone: revoked, read back, drained, and only then forgotten', async () => {
    const { run, node, log, attachment, server, clock, fails, audits } = setup();
    node('node-1').connectAnswer = fails('failed to write to nvme-fabrics device');
    const error = await failure(run());
    expect(error).toMatchObject({ reason: 'CONNECT_REFUSED', exitCode: 10 });
    expect(error.message).toContain('failed to write to nvme-fabrics device');
    expect(error.now).toBe('What was begun was undone: vol-1 is attached nowhere.');
    expect(attachment()).toBeUndefined();
    expect(server.disk('vol-1')).toMatchObject({ exported: false, allow: NOBODY, comment: tagged([], 1) });
    const order = [
      'node-1 connect',
      'rds1 revoke vol-1',
      'node-1 disconnect',
      'rds1 in-flight vol-1 = 0',
      'state (none)',
    ];
    expect(order.map((entry) => log.indexOf(entry))).toEqual(
      order.map((entry) => log.indexOf(entry)).toSorted((a, b) => a - b),
    );
    expect(order.every((entry) => log.includes(entry))).toBe(true);
    expect(clock.passed).toBeGreaterThanOrEqual(2_000);
    expect(audits).toMatchObject([{ result: 'failed', reason: 'CONNECT_REFUSED', token: 1 }]);
  });

  it.each([
    [
      'no device',
      aSubsystem({ devices: [{ path: '/dev/nvme0n1', sizeBytes: 1, usable: false }] }),
      'NO_DEVICE',
    ],
    ['a controller that is not live', aSubsystem({}, 'connecting'), 'NO_DEVICE'],
    ['a controller elsewhere', aSubsystem({}, 'live', '10.77.0.9'), 'NO_DEVICE'],
  ] as const)('with %s is undone too', async (_what, subsystem, reason) => {
    const { run, node, attachment, server } = setup();
    node('node-1').connectAnswer = { subsystem, connected: true, words: '' };
    expect((await failure(run())).reason).toBe(reason);
    expect(attachment()).toBeUndefined();
    expect(server.disk('vol-1').exported).toBe(false);
  });

  it('for want of the node is undone without it: what it can not be told, the cut and the drain make good', async () => {
    const { run, node, attachment, server, warnings, log } = setup();
    node('node-1').connectAnswer = unreachable('node-1');
    node('node-1').disconnectError = unreachable('node-1');
    expect((await failure(run())).reason).toBe('CONNECT_FAILED');
    expect(warnings().join()).toContain('node-1 could not be told to drop its controller');
    expect(attachment()).toBeUndefined();
    expect(server.disk('vol-1')).toMatchObject({ exported: false, allow: NOBODY });
    expect(log.filter((entry) => entry.includes('in-flight')).length).toBeGreaterThanOrEqual(2);
  });

  it('makes a controller that lost its namespace anew before it is given up', async () => {
    const { run, node, log } = setup({ disks: [granted('node-1')], state: aState([anAttachment()]) });
    node('node-1').subsystems.set(NQN, aSubsystem({ devices: [] }));
    node('node-1').connectAnswer = { subsystem: aSubsystem({ devices: [] }), connected: false, words: '' };
    expect((await failure(run())).reason).toBe('NO_DEVICE');
    expect(log.filter((entry) => /node-1 (?:dis)?connect/.test(entry))).toEqual([
      'node-1 connect',
      'node-1 disconnect',
      'node-1 connect',
    ]);
  });
});

describe('a grant of which nobody knows whether it comes late', () => {
  it('finds another comment than it expects, also where nobody was let in before', async () => {
    const { run, server, attachment } = setup({
      disks: [aDisk({ comment: tagged([], 3), allow: NOBODY })],
      state: aState([], { tokens: { 'rds1/vol-1': 3 } }),
    });
    server.changeFaults.push('lost-before', 'lost-before', 'lost-before');
    expect((await failure(run())).details).toMatchObject({ outcome: 'unknown' });
    expect(server.disk('vol-1')).toMatchObject({ exported: false, comment: tagged([], 4) });
    expect(attachment()).toBeUndefined();
  });

  it('is stopped that way also where its line was sent and ended badly', async () => {
    const { run, server, log } = setup({
      disks: [aDisk({ comment: tagged([], 3), allow: NOBODY })],
      state: aState([], { tokens: { 'rds1/vol-1': 3 } }),
    });
    server.changeFaults.push(endedBadly());
    expect((await failure(run())).details).toMatchObject({ outcome: 'unknown' });
    expect(log).toContain('rds1 revoke vol-1');
    expect(server.disk('vol-1').comment).toBe(tagged([], 4));
  });
});

describe('an undo that fails', () => {
  it.each([
    ['the storage server can not be asked', 'look'],
    ['the revoke is not answered', 'change'],
    ['the revoke is refused', 'refusal'],
    ['it does not drain', 'drain'],
  ])('because %s keeps the claim, and says so', async (_what, at) => {
    const { run, node, server, attachment, fails } = setup();
    node('node-1').connectAnswer = fails();
    server.afterChange = ({ kind }) => {
      if (kind !== 'grant') return;
      if (at === 'look') server.lookFaults.push('refused');
      if (at === 'change') {
        server.changeFaults.push('lost-before', 'lost-before', 'lost-before');
        server.lookFaults.push(null, null, null);
      }
      if (at === 'refusal') {
        server.refusals.set('vol-1', {
          slot: 'vol-1',
          ok: false,
          why: 'error',
          text: 'failure: disk is busy',
        });
      }
      if (at === 'drain') server.busy = 1;
    };
    const error = await failure(run());
    expect(error.reason).toBe('CONNECT_REFUSED');
    expect(error.now).toMatch(
      /^It could not be undone \(.+\)\. vol-1 stays claimed for node-1: treat it as attached there\.$/,
    );
    expect(error.hints.map(({ run: command }) => command)).toEqual([
      'rdsctl attach vol-1 node-1',
      'rdsctl detach vol-1',
    ]);
    expect(attachment()).toMatchObject({ phase: 'attaching', intent: { verb: 'attach', node: 'node-1' } });
  });
});

describe('an interruption', () => {
  it('before the grant gives the claim up: nothing was sent', async () => {
    const world = setup();
    world.store.beforeCommit = world.interrupt;
    const error = await failure(world.run());
    expect(error).toMatchObject({ reason: 'INTERRUPTED', exitCode: 130 });
    expect(error.now).toBe('What was begun was undone: vol-1 is attached nowhere.');
    expect(world.log).not.toContain(GRANT);
    expect(world.attachment()).toBeUndefined();
    expect(world.store.held.size).toBe(0);
  });

  it('after the grant is undone, not left half-way', async () => {
    const world = setup();
    world.server.afterChange = ({ kind }) => {
      if (kind === 'grant') world.interrupt();
    };
    expect((await failure(world.run())).reason).toBe('INTERRUPTED');
    expect(world.log).toContain('rds1 revoke vol-1');
    expect(world.log).not.toContain('node-1 connect');
    expect(world.server.disk('vol-1')).toMatchObject({ exported: false, allow: NOBODY });
    expect(world.attachment()).toBeUndefined();
  });

  it('after the connect is undone, and the node lets go', async () => {
    const world = setup();
    world.node('node-1').afterConnect = world.interrupt;
    expect((await failure(world.run())).reason).toBe('INTERRUPTED');
    expect(world.node('node-1').subsystems.size).toBe(0);
    expect(world.attachment()).toBeUndefined();
  });

  it('whose undo takes too long keeps the claim', async () => {
    const world = setup();
    world.server.afterChange = ({ kind }) => {
      if (kind !== 'grant') return;
      world.interrupt();
      world.giveUp();
    };
    const error = await failure(world.run());
    expect(error.now).toContain('vol-1 stays claimed for node-1');
    expect(world.attachment()).toMatchObject({ phase: 'attaching' });
  });
});

describe('what is not undone', () => {
  it('the export of a node that had the volume before', async () => {
    const { run, node, server, attachment, fails, log } = setup({
      disks: [granted('node-1', 5, { exported: false })],
      state: aState([anAttachment()]),
    });
    node('node-1').connectAnswer = fails();
    const error = await failure(run());
    expect(error.now).toContain('vol-1 stays claimed for node-1');
    expect(log).not.toContain('rds1 revoke vol-1');
    expect(server.disk('vol-1')).toMatchObject({ exported: true, allow: hostNqn('node-1') });
    expect(attachment()).toMatchObject({ phase: 'attaching', holders: [{ node: 'node-1' }] });
  });

  it('anything, when another command took the volume meanwhile', async () => {
    const { run, server, log } = setup();
    server.beforeChange = ({ kind }) => {
      if (kind === 'grant') server.edit('vol-1', { comment: tagged(['node-2'], 3) });
    };
    const error = await failure(run());
    expect(error).toMatchObject({ reason: 'CHANGED_MEANWHILE', exitCode: 4 });
    expect(error.now).toBe('Another command has the volume now; nothing more was changed.');
    expect(log).not.toContain('rds1 revoke vol-1');
    expect(server.disk('vol-1').comment).toBe(tagged(['node-2'], 3));
  });
});

describe('old sessions that were ended and did not drain', () => {
  const undrained = async () => {
    const world = setup({ disks: [aDisk({ exported: true })] });
    world.server.busy = 2;
    const error = await failure(world.run());
    return { ...world, error };
  };

  it('keep the claim: the next attach must not find a volume that nobody has', async () => {
    const { error, attachment, server } = await undrained();
    expect(error.reason).toBe('NOT_DRAINED');
    expect(error.now).toContain('a write of theirs may still land');
    expect(attachment()).toMatchObject({ phase: 'attaching', holders: [{ node: 'node-1' }] });
    expect(server.disk('vol-1')).toMatchObject({ exported: false, allow: NOBODY });
  });

  it('are waited for by the next attach', async () => {
    const { run, server, clock, attachment } = await undrained();
    const from = clock.passed;
    let grantedAt = -1;
    server.beforeChange = ({ kind }) => {
      if (kind === 'grant') grantedAt = clock.passed;
    };
    clock.at(from + 9_000, () => (server.busy = 0));
    await run();
    expect(grantedAt - from).toBeGreaterThanOrEqual(9_000);
    expect(attachment()).toMatchObject({ phase: 'attached' });
  });

  it('are refused to another node until then', async () => {
    const { run } = await undrained();
    expect((await failure(run('node-2'))).reason).toBe('ATTACHED_ELSEWHERE');
  });

  it('keep the claim when the command was ended while it waited', async () => {
    const world = setup({ disks: [aDisk({ exported: true })] });
    world.server.busy = 2;
    world.clock.at(1_000, world.giveUp);
    expect((await failure(world.run())).reason).toBe('TIMED_OUT');
    expect(world.attachment()).toMatchObject({ phase: 'attaching' });
  });

  it('of which it is not known whether they were ended keep it too', async () => {
    const world = setup({ disks: [aDisk({ exported: true })] });
    world.server.changeFaults.push(endedBadly());
    expect((await failure(world.run())).now).toContain('a write of theirs may still land');
    expect(world.attachment()).toMatchObject({ phase: 'attaching', holders: [{ node: 'node-1' }] });
  });

  it('that were certainly not ended do not', async () => {
    const world = setup({ disks: [aDisk({ exported: true })] });
    world.server.changeFaults.push(new RdsctlError('NOT_PERMITTED', { message: 'no' }));
    const error = await failure(world.run());
    expect(error.now).toBe('What was begun was undone: vol-1 is attached nowhere.');
    expect(world.attachment()).toBeUndefined();
  });
});
