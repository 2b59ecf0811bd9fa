import { existsSync, readdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { makeWorld, RDS_ADDRESS } from '../world.ts';

/** A node that has connected a moment ago: its block device has not appeared yet. */
async function connecting() {
  const world = makeWorld({ nodes: [{}] });
  const [node] = world.nodes as [(typeof world.nodes)[0]];
  await world.offer('a', node.hostNqn);
  const connected = await node.host.connect({
    nqn: 'nqn.test:a',
    address: RDS_ADDRESS,
    port: 4420,
    hostNqn: node.hostNqn,
    hostId: node.hostId,
    reconnectDelay: 2,
    ctrlLossTmo: 20,
    keepAliveTmo: 5,
    fastIoFailTmo: -1,
  });
  expect(connected).toHaveProperty('controller');
  return { ...world, node };
}

test('a node that was closed does nothing more, whatever was about to happen', async () => {
  const { clock, target, node } = await connecting();
  node.close();
  rmSync(node.directory, { recursive: true });
  await target.apply({ volume: 'a', nqn: 'nqn.test:a', port: 4420, allow: '', exported: false });
  await clock.advance(60_000);
  expect(existsSync(node.directory)).toBe(false);
});

test('no device appears on a node that lost its power since', async () => {
  const { clock, node } = await connecting();
  node.powerOff();
  await clock.advance(60_000);
  expect(node.host.subsystems).toEqual([]);
  expect(readdirSync(join(node.directory, '.sim/numbers'))).toEqual([]);
});
