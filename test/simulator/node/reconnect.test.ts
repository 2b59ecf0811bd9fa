import { describe, expect, test } from 'vitest';
import { connect, contentOf, makeWorld, write } from '../world.ts';

function first<T>([one]: readonly T[]): T {
  if (one === undefined) throw new Error('empty');
  return one;
}

describe('how long a host retries after an un-export that closed the port (SEMANTICS a2)', () => {
  test.each([
    [0, 10, 0.4],
    [5, 1, 5.6],
    [5, 10, 11],
    [30, 10, 31],
    [15, 2, 17],
    [30, 5, 31.3],
    [600, 10, 614],
  ])(
    'ctrl-loss-tmo %i, reconnect-delay %i: gone after %f s',
    async (ctrlLossTmo, reconnectDelay, seconds) => {
      const { clock, nodes, offer } = makeWorld();
      const node = first(nodes);
      await offer('a', '');
      const { device } = await connect(clock, node, 'a', { ctrlLossTmo, reconnectDelay });
      await offer('a', '', { exported: false });
      const pending = write(node, device, 'x');
      const rounded = Math.ceil(ctrlLossTmo / reconnectDelay) * reconnectDelay;
      await clock.advance(Math.max(0, rounded * 1000 - 500));
      if (rounded > 0) {
        expect([node.host.controllers[0]?.state, pending.result]).toEqual(['connecting', 'pending']);
      }
      await clock.advance(seconds * 1000 + 500 - rounded * 1000 + 500);
      expect(node.host.controllers).toEqual([]);
      expect(node.host.subsystems).toEqual([]);
      expect(pending.result).toBe('EIO');
    },
  );

  test('-1: for ever', async () => {
    const { clock, nodes, offer } = makeWorld();
    const node = first(nodes);
    await offer('a', '');
    const { device, controller } = await connect(clock, node, 'a', { ctrlLossTmo: -1 });
    await offer('a', '', { exported: false });
    const pending = write(node, device, 'x');
    await clock.advance(3_600_000);
    expect([controller.state, pending.result]).toEqual(['connecting', 'pending']);
  });

  test('an attempt costs 3.1 s more when packets vanish: 30/5 is 55 to 61 s (SEMANTICS d2)', async () => {
    const { clock, network, nodes, offer } = makeWorld({ nodes: [{ kernel: '6.12' }] });
    const node = first(nodes);
    await offer('a', '');
    await connect(clock, node, 'a', { ctrlLossTmo: 30, reconnectDelay: 5 });
    network.cut('node-1');
    await clock.advance(53_000);
    expect(node.host.controllers).toHaveLength(1);
    await clock.advance(8_000);
    expect(node.host.controllers).toEqual([]);
  });
});

describe('refused reconnects (SEMANTICS a3, b2; the port is open)', () => {
  test.each([
    ['not allowed', 'somebody else', true],
    ['no such subsystem', '', false],
  ])('6.1 goes on when %s, and queued writes wait', async (_, allow, exported) => {
    const { clock, nodes, offer } = makeWorld();
    const node = first(nodes);
    await offer('other', '');
    await offer('a', '');
    const { controller, device } = await connect(clock, node, 'a');
    await offer('a', allow, { exported: false });
    await offer('a', allow, { exported });
    const pending = write(node, device, 'x');
    await clock.advance(15_000);
    expect([controller.state, pending.result]).toEqual(['connecting', 'pending']);
    await clock.advance(6_000);
    expect([node.host.controllers, pending.result]).toEqual([[], 'EIO']);
  });

  test.each([
    ['not allowed', 'somebody else', true],
    ['no such subsystem', '', false],
  ])('6.12 gives up at the first when %s', async (_, allow, exported) => {
    const { clock, nodes, offer } = makeWorld({ nodes: [{ kernel: '6.12' }] });
    const node = first(nodes);
    await offer('other', '');
    await offer('a', '');
    const { device } = await connect(clock, node, 'a');
    await offer('a', allow, { exported: false });
    await offer('a', allow, { exported });
    const pending = write(node, device, 'x');
    await clock.advance(1_900);
    expect(pending.result).toBe('pending');
    await clock.advance(300);
    expect([node.host.controllers, pending.result]).toEqual([[], 'EIO']);
  });

  test('the words stand in the kernel log only (SEMANTICS e)', async () => {
    const { clock, nodes, offer } = makeWorld();
    const node = first(nodes);
    await offer('a', 'somebody else');
    await expect(connect(clock, node, 'a')).rejects.toThrow('refused');
    await expect(connect(clock, node, 'nope')).rejects.toThrow('refused');
    expect(node.log.text).toContain('nqn.test:a is not allowed, hostnqn: nqn.2014-08.org.nvmexpress:uuid:');
    expect(node.log.text).toContain('ret=16772');
    expect(node.log.text).toContain('Connect Invalid Data Parameter, subsysnqn "nqn.test:nope"');
    expect(node.log.text).toContain('ret=16770');
  });
});

describe('let in again', () => {
  test('the same host: heals at the next attempt, the pending write succeeds (SEMANTICS a4)', async () => {
    const { clock, target, nodes, offer, story } = makeWorld();
    const node = first(nodes);
    await offer('a', '');
    const { controller, device } = await connect(clock, node, 'a');
    await offer('a', '', { exported: false });
    const pending = write(node, device, 'kept');
    await clock.advance(500);
    await offer('a', '');
    expect(pending.result).toBe('pending');
    await clock.advance(2_000);
    expect([controller.state, pending.result, contentOf(target, 'a')]).toEqual(['live', 'ok', 'kept']);
    expect(node.host.subsystems[0]?.device).toBe(device);
    expect(story('session-opened')).toHaveLength(2);
  });

  test('after another one wrote: its queued write lands on top (SEMANTICS a5)', async () => {
    const { clock, target, nodes, offer } = makeWorld();
    const [one, two] = nodes as [(typeof nodes)[0], (typeof nodes)[0]];
    await offer('a', one.hostNqn);
    const old = await connect(clock, one, 'a');
    await offer('a', two.hostNqn, { exported: false });
    const late = write(one, old.device, 'old');
    await offer('a', two.hostNqn);
    const fresh = await connect(clock, two, 'a');
    write(two, fresh.device, 'new');
    await clock.advance(5_000);
    expect([contentOf(target, 'a'), late.result]).toEqual(['new', 'pending']);
    await offer('a', one.hostNqn);
    await clock.advance(2_500);
    expect([contentOf(target, 'a'), late.result]).toEqual(['old', 'ok']);
  });

  test('fast_io_fail_tmo stops that: the write fails while the controller goes on (SEMANTICS a5b, a2)', async () => {
    const { clock, target, nodes, offer } = makeWorld();
    const [one, two] = nodes as [(typeof nodes)[0], (typeof nodes)[0]];
    await offer('a', one.hostNqn);
    const old = await connect(clock, one, 'a', { fastIoFailTmo: 3 });
    await offer('a', two.hostNqn, { exported: false });
    const late = write(one, old.device, 'old');
    await clock.advance(2_900);
    expect(late.result).toBe('pending');
    await clock.advance(300);
    expect([late.result, old.controller.state]).toEqual(['EIO', 'connecting']);
    const more = write(one, old.device, 'more');
    await clock.advance(0);
    expect(more.result).toBe('EIO');
    await offer('a', one.hostNqn);
    await clock.advance(3_000);
    expect([old.controller.state, contentOf(target, 'a')]).toEqual(['live', '']);
  });

  test('with another identity: the queued write is executed, then the device is dropped (SEMANTICS a7)', async () => {
    const { clock, target, nodes, offer } = makeWorld({ identity: 'renewed' });
    const node = first(nodes);
    await offer('a', '');
    const { controller, device } = await connect(clock, node, 'a');
    await offer('a', '', { exported: false });
    const late = write(node, device, 'wrong volume');
    await offer('a', '');
    await clock.advance(2_500);
    expect([late.result, contentOf(target, 'a')]).toEqual(['ok', 'wrong volume']);
    expect([controller.state, device.gone]).toEqual(['live', true]);
  });
});

describe('a network that drops packets', () => {
  test('`live` is a lie for some seconds; 6.1 needs a second time-out to `connecting` (SEMANTICS d1, d2)', async () => {
    const { clock, network, nodes, offer } = makeWorld({ nodes: [{ kernel: '6.1' }, { kernel: '6.12' }] });
    const [old, recent] = nodes as [(typeof nodes)[0], (typeof nodes)[0]];
    await offer('a', '');
    const one = await connect(clock, old, 'a');
    const two = await connect(clock, recent, 'a');
    network.cut('node-1');
    network.cut('node-2');
    await clock.advance(5_000);
    expect([one.controller.state, two.controller.state]).toEqual(['live', 'live']);
    await clock.advance(3_200);
    expect([one.controller.state, two.controller.state]).toEqual(['resetting', 'connecting']);
    await clock.advance(6_000);
    expect(one.controller.state).toBe('connecting');
  });

  test('healed after 20 s: it comes back by itself and the pending write completes (SEMANTICS d7)', async () => {
    const { clock, network, target, nodes, offer, story } = makeWorld();
    const node = first(nodes);
    await offer('a', '');
    const { controller, device } = await connect(clock, node, 'a', { ctrlLossTmo: 60 });
    network.cut('node-1');
    const pending = write(node, device, 'kept');
    await clock.advance(20_000);
    expect(pending.result).toBe('pending');
    network.heal('node-1');
    await clock.advance(6_000);
    expect([controller.state, pending.result, contentOf(target, 'a')]).toEqual(['live', 'ok', 'kept']);
    expect(story('session-opened', 'session-closed')).toEqual([
      'session-opened node-1',
      'session-closed keep-alive node-1',
      'session-opened node-1',
    ]);
  });

  test('a host cut off when it is fenced comes back to a refusal (SEMANTICS j1, d7)', async () => {
    const { clock, network, target, nodes, offer, story } = makeWorld();
    const [one, two] = nodes as [(typeof nodes)[0], (typeof nodes)[0]];
    await offer('a', one.hostNqn);
    const { device } = await connect(clock, one, 'a');
    network.cut('node-1');
    const late = write(one, device, 'old');
    await clock.advance(1_000);
    await offer('a', two.hostNqn, { exported: false });
    await offer('a', two.hostNqn);
    const fresh = await connect(clock, two, 'a');
    write(two, fresh.device, 'new');
    await clock.advance(30_000);
    network.heal('node-1');
    await clock.advance(60_000);
    expect([contentOf(target, 'a'), late.result]).toEqual(['new', 'EIO']);
    expect(story('connect-refused')).toContain('connect-refused not-allowed node-1');
  });

  test('a firewall at the storage server does the same', async () => {
    const { clock, network, target, nodes, offer } = makeWorld();
    const [one, two] = nodes as [(typeof nodes)[0], (typeof nodes)[0]];
    await offer('a', '');
    await connect(clock, one, 'a');
    await connect(clock, two, 'a');
    network.setFirewall('10.77.0.1', (source, port) => source === '10.77.0.11' && port === 4420);
    await clock.advance(11_000);
    expect((await target.sessions('a')).map((each) => each.node)).toEqual(['node-2']);
    const refused = expect(connect(clock, one, 'b')).rejects.toThrow('timed-out');
    await clock.advance(3_100);
    await refused;
  });
});

describe('disconnecting', () => {
  test('when the network has just gone: a minute; once `connecting`: at once (SEMANTICS d10)', async () => {
    const { clock, network, nodes, offer } = makeWorld();
    const node = first(nodes);
    await offer('a', '');
    await offer('b', '');
    const { controller } = await connect(clock, node, 'a');
    const other = await connect(clock, node, 'b', { ctrlLossTmo: 600 });
    network.cut('node-1');
    await clock.advance(100);
    void node.host.delete(controller);
    await clock.advance(61_000);
    expect(node.host.controllers.map((each) => each.state)).toEqual(['deleting (no IO)', 'connecting']);
    await clock.advance(3_000);
    expect(node.host.controllers).toEqual([other.controller]);
    await node.host.delete(other.controller);
    expect(node.host.controllers).toEqual([]);
  });

  test('while `connecting`: pending I/O fails (SEMANTICS e)', async () => {
    const { clock, nodes, offer } = makeWorld();
    const node = first(nodes);
    await offer('a', '');
    const { controller, device } = await connect(clock, node, 'a');
    await offer('a', '', { exported: false });
    const pending = write(node, device, 'x');
    await clock.advance(100);
    await node.host.delete(controller);
    await clock.advance(0);
    expect(pending.result).toBe('EIO');
  });
});

test('a storage server that boots: of several 6.12 hosts only the first export comes back (SEMANTICS j5)', async () => {
  const { clock, network, target, nodes, offer } = makeWorld({
    nodes: [{ kernel: '6.12' }, { kernel: '6.1' }],
  });
  const [recent, old] = nodes as [(typeof nodes)[0], (typeof nodes)[0]];
  for (const volume of ['a', 'b', 'c', 'd']) {
    await offer(volume, '');
    await connect(clock, volume === 'd' ? old : recent, volume, { ctrlLossTmo: 600 });
  }
  network.setServerDown('10.77.0.1', true);
  target.powerOff();
  await clock.advance(60_000);
  network.setServerDown('10.77.0.1', false);
  await offer('a', '');
  await clock.advance(5_500);
  for (const volume of ['b', 'c', 'd']) await offer(volume, '');
  await clock.advance(20_000);
  expect(recent.host.controllers.map((each) => each.options.nqn)).toEqual(['nqn.test:a']);
  expect(old.host.controllers.map((each) => each.state)).toEqual(['live']);
});
