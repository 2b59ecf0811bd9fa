import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { freePort } from './free-ports.ts';
import { ensureImage } from './image.ts';
import { findKernel } from './kernel.ts';
import { KernelTarget } from './kernel-target.ts';
import { mostNodes } from './keys.ts';
import { LabNode } from './lab-node.ts';
import type { MachinePlan } from './machine-plan.ts';
import { makeDisk, StorageServer } from './storage-server.ts';

export interface LabOptions {
  /** default: 2 */
  readonly nodes?: number;
  /** a kernel series that `packages.sh` has got; default: RDSCTL_LAB_KERNEL, or the release's own */
  readonly kernel?: string;
}

/** One storage server and some nodes, and a storage network between them that leads nowhere else. */
export interface Lab {
  readonly rds: StorageServer;
  readonly target: KernelTarget;
  readonly nodes: readonly LabNode[];
  /** the first one is 1 */
  node(number: number): LabNode;
  /** Everything as after the boot, in a second or two: for the next test. */
  reset(): Promise<void>;
  close(): Promise<void>;
}

export async function bootLab({ nodes: count = 2, kernel: series }: LabOptions = {}): Promise<Lab> {
  if (count < 1 || count > mostNodes) throw new RangeError(`A lab has 1 to ${mostNodes} nodes`);
  const kernel = findKernel(series);
  const common = { kernel: kernel.image, image: ensureImage(kernel) };
  const folder = mkdtempSync(join(tmpdir(), 'rdsctl-lab-'));
  const rds = await planServer({ ...common, folder }, count);
  const nodes = await planNodes({ ...common, folder }, count, rds);
  const machines = [rds, ...nodes];
  const close = async (): Promise<void> => {
    await Promise.all(machines.map((machine) => machine.powerCut()));
    rmSync(folder, { recursive: true, force: true });
  };
  try {
    await Promise.all(machines.map((machine) => machine.boot()));
  } catch (error) {
    await close();
    throw error;
  }
  return assemble(rds, nodes, close);
}

function assemble(rds: StorageServer, nodes: readonly LabNode[], close: () => Promise<void>): Lab {
  const target = new KernelTarget(rds, new Map(nodes.map(({ hostNqn, name }) => [hostNqn, name])));
  return {
    rds,
    target,
    nodes,
    close,
    node(number) {
      const node = nodes[number - 1];
      if (!node) throw new RangeError(`The lab has no node ${number}`);
      return node;
    },
    async reset() {
      await putRight(rds);
      await Promise.all(
        nodes.map(async (node) => {
          await putRight(node);
          await node.clean();
        }),
      );
      await target.removeAll();
    },
  };
}

async function putRight(machine: StorageServer | LabNode): Promise<void> {
  if (machine.running) await machine.resume();
  else await machine.boot();
}

type Common = Pick<MachinePlan, 'kernel' | 'image' | 'folder'>;

async function planServer(common: Common, nodes: number): Promise<StorageServer> {
  const disk = join(common.folder, 'rds.disk');
  makeDisk(disk, 16 * 1024);
  return new StorageServer({
    ...common,
    ...identity(0),
    name: 'rds',
    role: 'rds',
    memoryMb: 768,
    disk,
    cards: [
      { kind: 'harness', port: await freePort() },
      ...Array.from({ length: nodes }, (_, at) => {
        const { serverEnd: mine, nodeEnd: other } = cable(common.folder, at + 1);
        return { kind: 'cable', node: at + 1, mine, other } as const;
      }),
    ],
  });
}

async function planNodes(common: Common, count: number, rds: StorageServer): Promise<LabNode[]> {
  const nodes: LabNode[] = [];
  for (let number = 1; number <= count; number++) {
    const { serverEnd: other, nodeEnd: mine } = cable(common.folder, number);
    const plan: MachinePlan = {
      ...common,
      ...identity(number),
      name: `node${number}`,
      role: 'node',
      memoryMb: 512,
      cards: [
        { kind: 'management', port: await freePort() },
        { kind: 'harness', port: await freePort() },
        { kind: 'cable', node: number, mine, other },
      ],
    };
    // Dropped at the server's end: the node's own card still has its carrier.
    nodes.push(new LabNode(plan, rds.link(plan.name)));
  }
  return nodes;
}

function identity(number: number): Pick<MachinePlan, 'number' | 'address' | 'hostId'> {
  const hostId = `5f1c0de5-0000-4000-8000-${number.toString(16).padStart(12, '0')}`;
  return { number, hostId, address: `10.77.0.${number === 0 ? 1 : 10 + number}` };
}

/** Datagram sockets: either end may be gone for a while. */
function cable(folder: string, node: number): { serverEnd: string; nodeEnd: string } {
  return { serverEnd: join(folder, `cable${node}.rds`), nodeEnd: join(folder, `cable${node}.node`) };
}
