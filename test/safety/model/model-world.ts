import type { Disk, DiskChange } from '../../../src/operations/ports/storage-server.ts';
import type { Use } from '../../../src/operations/ports/node.ts';
import { hostNqn } from '../../fakes/fake-node.ts';
import { aDisk, FakeServer } from '../../fakes/fake-server.ts';
import { ManualClock } from '../../fakes/manual-clock.ts';
import { emptyState, MemoryStore } from '../../fakes/memory-store.ts';

export const NODES = ['node-1', 'node-2', 'node-3'] as const;
export const SLOTS = ['vol-1', 'vol-2'] as const;
export type NodeName = (typeof NODES)[number];
export type Slot = (typeof SLOTS)[number];

/** A node's controller of a volume: it retries for ever, and replays what it has in its queue. */
interface ModelController {
  live: boolean;
  /** How often the volume had changed hands when the last session of this controller was opened. */
  age: number;
}

/** A node as the kernel keeps it. */
interface ModelHost {
  /** Off the network; its memory stays. */
  down: boolean;
  readonly controllers: Map<Slot, ModelController>;
  readonly mounts: Set<Slot>;
}

/** A write that the storage server has begun: it lands some questions later. */
interface PendingWrite {
  readonly slot: Slot;
  readonly node: NodeName;
  asks: number;
}

/**
 * One storage server and its nodes, with what the laws are about: sessions, controllers that come back by
 * themselves, writes in flight. Whatever breaks a law throws at that very instant, and is kept in `broken`:
 * the operation that did it might swallow the error.
 */
export class ModelWorld {
  readonly clock = new ManualClock();
  readonly store = new MemoryStore(emptyState());
  readonly server: FakeServer;
  readonly hosts = new Map<NodeName, ModelHost>(
    NODES.map((name) => [name, { down: false, controllers: new Map(), mounts: new Set() }]),
  );
  readonly broken: string[] = [];
  /** The storage server can't be reached. */
  serverDown = false;
  #writes: PendingWrite[] = [];
  readonly #hands = new Map<Slot, { readonly last: NodeName | null; readonly changes: number }>();

  constructor() {
    this.server = new FakeServer(
      'rds1',
      SLOTS.map((slot) => aDisk({ slot })),
    );
    this.server.beforeChange = (change) => this.#mayChange(change);
    this.server.afterChange = () => this.followExports();
    this.store.beforeCommit = (wanted) => {
      for (const [key, token] of Object.entries(this.store.state.tokens)) {
        if ((wanted.tokens[key] ?? 0) < token) this.#break(`the token of ${key} shrank`);
      }
    };
  }

  host(node: NodeName): ModelHost {
    const host = this.hosts.get(node);
    if (host === undefined) throw new Error(`the model has no node ${node}`);
    return host;
  }

  /** Nodes that can write to a volume right now. */
  sessions(slot: Slot): NodeName[] {
    return NODES.filter((node) => this.host(node).controllers.get(slot)?.live === true);
  }

  uses(node: NodeName, slot: Slot): Use[] {
    return this.host(node).mounts.has(slot) ? [{ kind: 'mount', what: `/srv/${slot}` }] : [];
  }

  /** Lets in who is entitled to come in, and ends the sessions of exports that are off. */
  followExports(): void {
    for (const slot of SLOTS) {
      const disk = this.server.disk(slot);
      for (const node of NODES) {
        const host = this.host(node);
        const controller = host.controllers.get(slot);
        if (controller === undefined) continue;
        if (!disk.exported) controller.live = false;
        // A controller in its reconnect loop comes back by itself; the worst moment is at once.
        else if (!controller.live && !host.down && admits(disk, node))
          this.openSession(node, slot, controller);
      }
    }
  }

  openSession(node: NodeName, slot: Slot, controller: ModelController): void {
    const before = this.#hands.get(slot) ?? { last: null, changes: 0 };
    const others = this.sessions(slot).filter((other) => other !== node);
    if (others.length > 0) this.#break(`two writers of ${slot}: ${[...others, node].join(' and ')}`);
    const replays = this.host(node).controllers.get(slot) === controller && controller.age < before.changes;
    const foreign = before.last !== null && before.last !== node;
    if (replays && foreign) this.#break(`${node} replays old writes on ${slot}`);
    if (this.#writes.some((write) => write.slot === slot && write.node !== node)) {
      this.#break(`${node} was let in to ${slot} while a write of another node was in flight`);
    }
    const changes = foreign ? before.changes + 1 : before.changes;
    this.#hands.set(slot, { last: node, changes });
    controller.live = true;
    controller.age = changes;
    this.host(node).controllers.set(slot, controller);
  }

  /** A new controller, if the export lets it in. */
  connect(node: NodeName, slot: Slot): boolean {
    if (!admits(this.server.disk(slot), node)) return false;
    const { changes } = this.#hands.get(slot) ?? { changes: 0 };
    this.openSession(node, slot, { live: false, age: changes + 1 });
    return true;
  }

  /** The node itself ends it: its writes are done before. */
  disconnect(node: NodeName, slot: Slot): void {
    const controllers = this.host(node).controllers;
    if (controllers.get(slot)?.live === true) {
      this.#writes = this.#writes.filter((write) => write.slot !== slot || write.node !== node);
    }
    controllers.delete(slot);
  }

  /** The node begins a write, if it can. */
  write(node: NodeName, slot: Slot, asks: number): void {
    if (this.host(node).controllers.get(slot)?.live !== true || this.host(node).down) return;
    this.#writes.push({ slot, node, asks });
  }

  inFlight(slot: Slot): number {
    const count = this.#writes.filter((write) => write.slot === slot).length;
    for (const write of this.#writes) if (write.slot === slot) write.asks -= 1;
    this.#writes = this.#writes.filter(({ asks }) => asks > 0);
    return count;
  }

  reboot(node: NodeName): void {
    const host = this.host(node);
    host.controllers.clear();
    host.mounts.clear();
    host.down = false;
  }

  /** What must hold whenever no operation runs. */
  check(): void {
    for (const slot of SLOTS) {
      const claim = this.store.state.attachments[`rds1/${slot}`];
      const claimed = claim?.phase === 'fenced' ? [] : (claim?.holders ?? []).map(({ node }) => node);
      for (const node of this.sessions(slot)) {
        if (!claimed.includes(node)) this.#break(`${node} has a session on ${slot} that nobody claims`);
      }
      const disk = this.server.disk(slot);
      if (disk.exported && disk.allow === '') this.#break(`${slot} is open to any host`);
    }
    const [first] = this.broken;
    if (first !== undefined) throw new Error(first);
  }

  /** Law 3: the state on disk says who may be let in before anybody is. */
  #mayChange(change: DiskChange): void {
    if (change.kind === 'revoke') return;
    if (change.kind === 'toggle') {
      this.#break(`the export of ${change.slot} is toggled under its owner`);
      return;
    }
    const claim = this.store.state.attachments[`rds1/${change.slot}`];
    const known = claim?.holders.some((holder) => holder.hostNqn === change.allow) === true;
    if (this.server.disk(change.slot).comment !== change.expectComment) return;
    if (!known || claim.phase === 'fenced') {
      this.#break(`${change.slot} is granted to ${change.allow} without a claim`);
    }
    const fenced = NODES.find(
      (node) => hostNqn(node) === change.allow && this.store.state.nodes[node]?.fenced,
    );
    if (fenced !== undefined && claim?.phase !== 'fencing' && claim?.phase !== 'attaching') {
      this.#break(`${change.slot} is granted to ${fenced}, which is fenced`);
    }
  }

  #break(what: string): void {
    this.broken.push(what);
  }
}

function admits(disk: Disk, node: NodeName): boolean {
  return disk.exported && (disk.allow === '' || disk.allow === hostNqn(node));
}
