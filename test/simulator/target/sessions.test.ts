import { describe, expect, test } from 'vitest';
import { connect, contentOf, makeWorld, write } from '../world.ts';

describe('an un-export', () => {
  test('ends all sessions of the volume at once, and only its (SEMANTICS a1)', async () => {
    const { clock, target, nodes, offer, story } = makeWorld();
    const [one, two] = nodes as [(typeof nodes)[0], (typeof nodes)[0]];
    await offer('a', '');
    await offer('b', '');
    await connect(clock, one, 'a');
    await connect(clock, two, 'a');
    const other = await connect(clock, two, 'b');
    await offer('a', '', { exported: false });
    expect(await target.sessions('a')).toEqual([]);
    expect(await target.sessions('b')).toHaveLength(1);
    expect(other.controller.state).toBe('live');
    expect(story('session-closed')).toEqual([
      'session-closed unexport node-1',
      'session-closed unexport node-2',
    ]);
  });

  test('nothing sent later is executed, what was begun is finished and recorded (SEMANTICS a9)', async () => {
    const { clock, target, nodes, offer, events } = makeWorld();
    const [one, two] = nodes as [(typeof nodes)[0], (typeof nodes)[0]];
    await offer('a', one.hostNqn);
    const first = await connect(clock, one, 'a');
    target.slowDown('a', 4_000);
    write(one, first.device, 'old');
    await clock.advance(1_000);
    await offer('a', two.hostNqn, { exported: false });
    write(one, first.device, 'sent later');
    expect(await target.inFlight('a')).toBe(1);
    expect(await target.sessions('a'), 'listed until what it had begun is done').toHaveLength(1);

    target.slowDown('a', 0);
    await offer('a', two.hostNqn);
    const second = await connect(clock, two, 'a');
    const fresh = write(two, second.device, 'new');
    await clock.advance(0);
    expect([fresh.result, contentOf(target, 'a')]).toEqual(['ok', 'new']);

    await clock.advance(4_000);
    expect(contentOf(target, 'a'), 'the old write landed on top').toBe('old');
    expect(await target.inFlight('a')).toBe(0);
    expect(await target.sessions('a')).toEqual([{ hostNqn: two.hostNqn, node: 'node-2' }]);
    expect(events.all.filter((each) => each.event === 'io-landed')).toMatchObject([
      { node: 'node-2', sequence: 1, late: false },
      { node: 'node-1', sequence: 2, late: true },
    ]);
  });

  test('what was begun is lost with the power of the storage server', async () => {
    const { clock, target, nodes, offer, network, events } = makeWorld();
    const [one, two] = nodes as [(typeof nodes)[0], (typeof nodes)[0]];
    await offer('a', one.hostNqn);
    const first = await connect(clock, one, 'a');
    target.slowDown('a', 4_000);
    write(one, first.device, 'old');
    await clock.advance(1_000);
    network.setServerDown('10.77.0.1', true);
    target.powerOff();
    expect(await target.inFlight('a')).toBe(0);
    expect(await target.sessions('a')).toEqual([]);

    network.setServerDown('10.77.0.1', false);
    target.slowDown('a', 0);
    await offer('a', two.hostNqn);
    const second = await connect(clock, two, 'a');
    write(two, second.device, 'new');
    await clock.advance(10_000);
    expect(contentOf(target, 'a')).toBe('new');
    expect(await target.inFlight('a')).toBe(0);
    expect(events.all.filter((each) => each.event === 'io-landed')).toMatchObject([{ node: 'node-2' }]);
  });

  test('of the last export closes the port, of another one does not (SEMANTICS a1)', async () => {
    const { nodes, offer, clock } = makeWorld();
    const [one] = nodes as [(typeof nodes)[0]];
    await offer('a', '');
    await offer('b', '');
    await offer('a', '', { exported: false });
    await expect(connect(clock, one, 'a')).rejects.toThrow('refused');
    await offer('b', '', { exported: false });
    await expect(connect(clock, one, 'a')).rejects.toThrow('connection-refused');
  });

  test('by change of the port or the NQN while exported', async () => {
    const { clock, nodes, offer, story } = makeWorld();
    const [one] = nodes as [(typeof nodes)[0]];
    await offer('a', '');
    await connect(clock, one, 'a');
    await offer('a', '', { port: 4421 });
    expect(story('session-closed', 'export-off', 'export-on')).toEqual([
      'export-on',
      'export-off',
      'session-closed unexport node-1',
      'export-on',
    ]);
  });
});

describe('the allowed host', () => {
  test('is looked at only when a host connects: a live session goes on writing (SEMANTICS b1)', async () => {
    const { clock, target, nodes, offer } = makeWorld();
    const [one, two] = nodes as [(typeof nodes)[0], (typeof nodes)[0]];
    await offer('a', one.hostNqn);
    const { device, controller } = await connect(clock, one, 'a');
    await offer('a', two.hostNqn);
    await clock.advance(60_000);
    const later = write(one, device, 'still here');
    await clock.advance(0);
    expect([controller.state, later.result, contentOf(target, 'a')]).toEqual(['live', 'ok', 'still here']);
    await expect(connect(clock, one, 'a', { hostId: 'another' })).rejects.toThrow('refused');
  });

  test('two hosts with one NQN are both let in and both write (SEMANTICS i1)', async () => {
    const { clock, target, nodes, offer } = makeWorld();
    const [one, two] = nodes as [(typeof nodes)[0], (typeof nodes)[0]];
    await offer('a', one.hostNqn);
    await connect(clock, one, 'a');
    const second = await connect(clock, two, 'a', { hostNqn: one.hostNqn, hostId: one.hostId });
    write(two, second.device, 'twin');
    await clock.advance(0);
    expect(await target.sessions('a')).toHaveLength(2);
    expect(contentOf(target, 'a')).toBe('twin');
  });

  test('none named: everybody may (SEMANTICS c1)', async () => {
    const { clock, target, nodes, offer } = makeWorld();
    await offer('a', '');
    for (const node of nodes) await connect(clock, node, 'a');
    expect(await target.sessions('a')).toHaveLength(2);
  });
});

describe('a silent session', () => {
  test('is dropped by the target after kato to twice kato (SEMANTICS d)', async () => {
    const { clock, network, target, nodes, offer, story } = makeWorld();
    const [one] = nodes as [(typeof nodes)[0]];
    await offer('a', '');
    await connect(clock, one, 'a');
    network.cut('node-1');
    await clock.advance(5_000);
    expect(await target.sessions('a')).toHaveLength(1);
    await clock.advance(5_300);
    expect(await target.sessions('a')).toEqual([]);
    expect(story('session-closed')).toEqual(['session-closed keep-alive node-1']);
  });

  test('that is heard again in time stays, and the host has noticed nothing', async () => {
    const { clock, network, nodes, offer, story } = makeWorld();
    const [one] = nodes as [(typeof nodes)[0]];
    await offer('a', '');
    const { controller, device } = await connect(clock, one, 'a');
    network.cut('node-1');
    const pending = write(one, device, 'x');
    await clock.advance(3_000);
    expect([controller.state, pending.result]).toEqual(['live', 'pending']);
    network.heal('node-1');
    await clock.advance(60_000);
    expect([controller.state, pending.result]).toEqual(['live', 'ok']);
    expect(story('session-closed')).toEqual([]);
  });

  test('of a node that lost its power ends as well; the node comes back with nothing (SEMANTICS j4)', async () => {
    const { clock, network, target, nodes, offer } = makeWorld();
    const [one] = nodes as [(typeof nodes)[0]];
    await offer('a', '');
    await connect(clock, one, 'a');
    network.cut('node-1');
    one.powerOff();
    await clock.advance(2_000);
    network.heal('node-1');
    one.powerOn();
    expect(one.host.controllers).toEqual([]);
    expect(await target.sessions('a')).toHaveLength(1);
    await clock.advance(9_000);
    expect(await target.sessions('a')).toEqual([]);
  });
});

test('a new identity at each export, unless told to keep it', async () => {
  const { clock, nodes, offer } = makeWorld({ identity: 'renewed' });
  const [one] = nodes as [(typeof nodes)[0]];
  await offer('a', '');
  const before = await connect(clock, one, 'a');
  await one.host.delete(before.controller);
  await offer('a', '', { exported: false });
  await offer('a', '');
  const after = await connect(clock, one, 'a');
  expect(after.device.identity.uuid).not.toBe(before.device.identity.uuid);
  expect(after.device.identity.serial).not.toBe(before.device.identity.serial);
});
