import { UNREACHABLE_CONNECT_MS } from './kernel-rules.ts';
import type { ConnectRequest, Session } from './session.ts';
import type { ConnectOutcome, NvmeTarget } from './target.ts';

/** A host's end of the storage network: told when packets stop and when they pass again. */
export interface NetworkUser {
  readonly node: string;
  readonly address: string;
  linkChanged(): void;
}

/** A storage server on the network; its firewall may drop a host's packets. */
interface Server {
  readonly target: NvmeTarget;
  drops: (source: string, port: number) => boolean;
  down: boolean;
}

/** What a connect over the network leads to. */
export type NetworkOutcome =
  ConnectOutcome | { readonly unreachable: 'timed-out' | 'no-route'; readonly afterMs: number };

/** The storage network: which packets pass between nodes and storage servers. */
export class StorageNetwork {
  readonly #servers = new Map<string, Server>();
  readonly #users = new Map<string, NetworkUser>();
  readonly #cut = new Set<string>();

  addTarget(address: string, target: NvmeTarget): void {
    this.#servers.set(address, { target, drops: () => false, down: false });
  }

  addUser(user: NetworkUser): void {
    this.#users.set(user.node, user);
  }

  isCut(node: string): boolean {
    return this.#cut.has(node);
  }

  /** Packets of the node vanish from now on; nobody is told. */
  cut(node: string): void {
    this.#cut.add(node);
    this.refresh();
  }

  heal(node: string): void {
    this.#cut.delete(node);
    this.refresh();
  }

  /** A storage server is off the network, or back. */
  setServerDown(address: string, down: boolean): void {
    const server = this.#servers.get(address);
    if (server !== undefined) server.down = down;
    this.refresh();
  }

  /** Puts a firewall before a storage server. Call `refresh` when its rules have changed. */
  setFirewall(address: string, drops: (source: string, port: number) => boolean): void {
    const server = this.#servers.get(address);
    if (server !== undefined) server.drops = drops;
    this.refresh();
  }

  /** Whether packets of the node reach the port at the address and come back. */
  passes(node: string, address: string, port: number): boolean {
    const server = this.#servers.get(address);
    const source = this.#users.get(node)?.address ?? '';
    if (server === undefined || server.down || this.#cut.has(node)) return false;
    return !server.drops(source, port);
  }

  /**
   * Whether packets of the storage server reach the node. A firewall there drops what comes in, not what goes
   * out: a node that it cuts off still hears its connection being closed.
   */
  hears(node: string, address: string): boolean {
    const server = this.#servers.get(address);
    return server !== undefined && !server.down && !this.#cut.has(node);
  }

  connect(address: string, request: ConnectRequest): NetworkOutcome {
    const server = this.#servers.get(address);
    if (!this.passes(request.node, address, request.port) || server === undefined) {
      return { unreachable: 'timed-out', afterMs: UNREACHABLE_CONNECT_MS };
    }
    return server.target.connect(request);
  }

  target(address: string): NvmeTarget | undefined {
    return this.#servers.get(address)?.target;
  }

  /** Looks again at who reaches whom, and tells both ends of every session what changed. */
  refresh(): void {
    for (const [address, server] of this.#servers) {
      for (const session of server.target.openSessions()) {
        const passes = this.passes(session.request.node, address, session.request.port);
        if (passes) server.target.heard(session);
        else server.target.silent(session);
      }
    }
    for (const user of this.#users.values()) user.linkChanged();
  }

  /** A host that lost its memory will never speak for its sessions again. */
  orphan(sessions: readonly Session[], address: string): void {
    const target = this.#servers.get(address)?.target;
    for (const session of sessions) {
      session.orphaned = true;
      target?.silent(session);
    }
  }
}
