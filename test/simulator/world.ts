import { spawn } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { onTestFinished } from 'vitest';
import { ManualClock, type Clock } from '../../src/simulator/clock.ts';
import { EventLog, type EventName } from '../../src/simulator/events.ts';
import type { ConnectOptions, Controller } from '../../src/simulator/node/topology.ts';
import { SimulatedNode, type NodeTraits } from '../../src/simulator/node/simulated-node.ts';
import type { BlockDevice } from '../../src/simulator/node/topology.ts';
import { StorageNetwork } from '../../src/simulator/target/network.ts';
import { NvmeTarget } from '../../src/simulator/target/target.ts';

export const RDS_ADDRESS = '10.77.0.1';

/** A directory that goes when the test is over. */
export function temporaryDirectory(): string {
  const directory = mkdtempSync(join(tmpdir(), 'rdsctl-sim-'));
  onTestFinished(() => rmSync(directory, { recursive: true, force: true }));
  return directory;
}

/** A target and nodes without RouterOS and SSH before them. */
export function makeWorld<C extends Clock = ManualClock>(
  options: { nodes?: NodeTraits[]; clock?: C; identity?: 'renewed' | 'kept' } = {},
) {
  const clock = (options.clock ?? new ManualClock()) as C;
  const events = new EventLog(clock);
  const network = new StorageNetwork();
  const target = new NvmeTarget({ rds: 'rds1', clock, events, identity: options.identity ?? 'kept' });
  network.addTarget(RDS_ADDRESS, target);
  const directory = temporaryDirectory();
  const nodes = (options.nodes ?? [{}, {}]).map(
    (traits, index) =>
      new SimulatedNode({
        name: `node-${index + 1}`,
        directory: join(directory, `node-${index + 1}`),
        address: `10.77.0.${index + 11}`,
        number: index + 1,
        clock,
        network,
        events,
        traits: { loaded: true, ...traits },
        volumeOf: ({ nqn }) => ({ rds: 'rds1', volume: nqn.replace('nqn.test:', '') }),
      }),
  );
  onTestFinished(() => {
    for (const node of nodes) node.close();
  });

  /** Makes the target offer a volume, as RouterOS would. */
  const offer = async (volume: string, allow: string, more: { port?: number; exported?: boolean } = {}) => {
    await target.createVolume(volume, 64 * 1024 * 1024);
    await target.apply({
      volume,
      nqn: `nqn.test:${volume}`,
      port: more.port ?? 4420,
      allow,
      exported: more.exported ?? true,
    });
  };
  /** What happened, as `event cause node`. */
  const story = (...names: EventName[]) =>
    events.all
      .filter((each) => names.length === 0 || names.includes(each.event))
      .map((each) => [each.event, each.cause, each.node].filter((word) => word !== undefined).join(' '));
  return { clock, events, network, target, nodes, directory, offer, story };
}

/** Connects without nvme-cli; the device is there when it returns. */
export async function connect(
  clock: ManualClock,
  node: SimulatedNode,
  volume: string,
  options: Partial<ConnectOptions> = {},
): Promise<{ controller: Controller; device: BlockDevice }> {
  const result = await node.host.connect({
    nqn: `nqn.test:${volume}`,
    address: RDS_ADDRESS,
    port: 4420,
    hostNqn: node.hostNqn,
    hostId: node.hostId,
    reconnectDelay: 2,
    ctrlLossTmo: 20,
    keepAliveTmo: 5,
    fastIoFailTmo: -1,
    ...options,
  });
  if ('failed' in result) throw new Error(`connect failed: ${result.failed}`);
  await clock.advance(50);
  const { device } = result.controller.subsystem;
  if (device === undefined) throw new Error('no device appeared');
  return { controller: result.controller, device };
}

/** A write that can be looked at while it is under way. */
export function write(node: SimulatedNode, device: BlockDevice, text: string, offset = 0) {
  const state: { result: 'pending' | 'ok' | 'EIO' } = { result: 'pending' };
  void node.host.submit(device, { kind: 'write', offset, data: Buffer.from(text) }).then((result) => {
    state.result = result.ok ? 'ok' : result.error;
  });
  return state;
}

/** What stands at the beginning of a volume. */
export function contentOf(target: NvmeTarget, volume: string): string {
  return target.storage(volume).read(0, 64).toString().replace(/\0+$/, '');
}

/** Runs a command in a real sh as on the node. */
export function sh(
  node: SimulatedNode,
  script: string,
): Promise<{ code: number | null; out: string; err: string }> {
  return new Promise((resolve) => {
    const child = spawn('/bin/sh', ['-c', script], { cwd: node.directory, env: node.environment });
    let out = '';
    let err = '';
    child.stdout.on('data', (chunk: Buffer) => (out += chunk.toString()));
    child.stderr.on('data', (chunk: Buffer) => (err += chunk.toString()));
    child.once('close', (code) => resolve({ code, out, err }));
  });
}
