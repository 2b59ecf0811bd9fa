import { expect } from 'vitest';
import type { Scene } from './scene.ts';

/** Connects a node to a volume by hand, as an operator or another tool does. */
export async function connectByHand(
  scene: Scene,
  node: string,
  volume = 'vol-1',
  address = '10.77.0.1',
): Promise<void> {
  const { kernel } = scene.simulation.node(node);
  kernel.loadModule('nvme-tcp');
  const outcome = await kernel.host.connect({
    nqn: `nqn.2000-02.com.mikrotik:${volume}`,
    address,
    port: 4420,
    hostNqn: kernel.hostNqn,
    hostId: kernel.hostId,
    ctrlLossTmo: 600,
    reconnectDelay: 10,
    keepAliveTmo: 5,
    fastIoFailTmo: -1,
  });
  expect(outcome).toHaveProperty('controller');
}
