import { RdsctlError } from '../../src/errors/rdsctl-error.ts';
import type {
  ConnectRequest,
  ConnectResult,
  DisconnectResult,
  NodePort,
  NodeView,
  Subsystem,
  Use,
} from '../../src/operations/ports/node.ts';
import type { NodeDiagnosis } from '../../src/operations/ports/node-diagnosis.ts';
import type { WatchRequest, WatchView } from '../../src/operations/ports/node-watch.ts';
import type { FakeServer } from './fake-server.ts';

interface Interruptible {
  readonly signal?: AbortSignal;
}

export const hostNqn = (node: string): string => `nqn.2014-08.org.nvmexpress:uuid:${hostId(node)}`;

/** A host ID of its own for each node name. */
export const hostId = (node: string): string =>
  `00000000-0000-4000-8000-${Buffer.from(node).toString('hex').slice(-12).padStart(12, '0')}`;

export function aSubsystem(over: Partial<Subsystem> = {}, state = 'live', address = '10.77.0.1'): Subsystem {
  return {
    nqn: 'nqn.2000-02.com.mikrotik:vol-1',
    controllers: [{ name: 'nvme0', state, address, port: 4420 }],
    devices: [{ path: '/dev/nvme0n1', sizeBytes: 1_073_741_824, usable: true }],
    uses: [],
    ...over,
  };
}

/** A node in memory: it is let in when the storage server's export says so, and logs every call. */
export class FakeNode implements NodePort {
  readonly name: string;
  readonly subsystems = new Map<string, Subsystem>();
  view: Partial<NodeView> = {};
  /** Thrown by whatever is asked of it. */
  error: RdsctlError | null = null;
  /** Thrown by a disconnect. */
  disconnectError: RdsctlError | null = null;
  /** What a connect answers instead of doing it. */
  connectAnswer: ConnectResult | RdsctlError | null = null;
  /** Controllers that don't go. */
  sticky = false;
  readonly uses = new Map<string, readonly Use[]>();
  readonly observed: (readonly string[])[] = [];
  readonly connects: ConnectRequest[] = [];
  readonly disconnects: { nqn: string; address: string; cutOff?: boolean }[] = [];
  afterConnect: (() => void) | null = null;
  /** Laid over what a diagnosis says. */
  diagnosis: Partial<NodeDiagnosis> = {};
  /** What a watch shows, looked at again and again; null = there is none. */
  watched: () => WatchView | null = () => null;
  readonly watches = new Set<string>();
  readonly #server: FakeServer;
  readonly #log: (entry: string) => void;

  constructor(name: string, server: FakeServer, log: (entry: string) => void = () => undefined) {
    this.name = name;
    this.#server = server;
    this.#log = log;
  }

  open(): void {
    // nothing to open
  }

  observe({ usesOf, signal }: Interruptible & { usesOf: readonly string[] }): Promise<NodeView> {
    return this.#answer(`observe${usesOf.length > 0 ? ` ${usesOf.length}` : ''}`, signal, () => {
      this.observed.push(usesOf);
      return {
        bootId: `boot-${this.name}`,
        clock: Date.parse('2026-11-20T14:03:00.000Z'),
        kernel: '6.12.0',
        nvmeCli: '2.13',
        nvmeTcp: true,
        hostNqnFile: hostNqn(this.name),
        hostIdFile: hostId(this.name),
        subsystems: [...this.subsystems.values()].map((subsystem) => ({
          ...subsystem,
          uses: usesOf.includes(subsystem.nqn) ? (this.uses.get(subsystem.nqn) ?? []) : [],
        })),
        ...this.view,
      };
    });
  }

  connect(request: ConnectRequest, { signal }: Interruptible = {}): Promise<ConnectResult> {
    return this.#answer('connect', signal, () => {
      this.connects.push(request);
      if (this.connectAnswer instanceof RdsctlError) throw this.connectAnswer;
      if (this.connectAnswer !== null) return this.connectAnswer;
      const present = this.subsystems.get(request.nqn);
      if (present !== undefined) {
        this.subsystems.set(request.nqn, aSubsystem({ nqn: request.nqn }, 'live', request.address));
        return { subsystem: this.subsystems.get(request.nqn) ?? null, connected: false, words: '' };
      }
      const disk = [...this.#server.disks.values()].find(({ nqn }) => nqn === request.nqn);
      const admitted = disk?.exported === true && (disk.allow === '' || disk.allow === request.hostNqn);
      if (!admitted) return { subsystem: null, connected: false, words: 'failed to write' };
      this.subsystems.set(request.nqn, aSubsystem({ nqn: request.nqn }, 'live', request.address));
      this.afterConnect?.();
      return { subsystem: this.subsystems.get(request.nqn) ?? null, connected: true, words: '' };
    });
  }

  disconnect(
    request: { nqn: string; address: string; cutOff?: boolean },
    { signal }: Interruptible = {},
  ): Promise<DisconnectResult> {
    return this.#answer('disconnect', signal, () => {
      this.disconnects.push(request);
      if (this.disconnectError !== null) throw this.disconnectError;
      const present = this.subsystems.get(request.nqn);
      const uses = this.uses.get(request.nqn) ?? [];
      const live = present?.controllers.some(({ state }) => state === 'live') === true;
      if (live && uses.length > 0 && request.cutOff !== true) {
        return { uses, controllers: present.controllers, words: '' };
      }
      if (this.sticky) return { uses: [], controllers: present?.controllers ?? [], words: 'stuck' };
      this.subsystems.delete(request.nqn);
      return { uses: [], controllers: [], words: '' };
    });
  }

  async diagnose(options: Interruptible = {}): Promise<NodeDiagnosis> {
    const view = await this.observe({ usesOf: [], ...options });
    return {
      view,
      configJson: null,
      discoveryConf: null,
      units: [],
      multipath: true,
      controllers: [],
      ...this.diagnosis,
    };
  }

  beginWatch({ nqn }: WatchRequest, { signal }: Interruptible = {}): Promise<string | null> {
    return this.#answer('begin watch', signal, () => {
      if (!this.subsystems.has(nqn)) return null;
      const id = `rdsctl-watch.${String(this.watches.size).padStart(6, '0')}`;
      this.watches.add(id);
      return id;
    });
  }

  lookAtWatch(id: string, { signal }: Interruptible = {}): Promise<WatchView | null> {
    return this.#answer(`look at watch`, signal, () => (this.watches.has(id) ? this.watched() : null));
  }

  endWatch(id: string, { signal }: Interruptible = {}): Promise<void> {
    return this.#answer('end watch', signal, () => void this.watches.delete(id));
  }

  rest(): Promise<void> {
    this.#log(`${this.name} rest`);
    return Promise.resolve();
  }

  close(): Promise<void> {
    return Promise.resolve();
  }

  #answer<T>(what: string, signal: AbortSignal | undefined, how: () => T): Promise<T> {
    return Promise.resolve().then(() => {
      signal?.throwIfAborted();
      this.#log(`${this.name} ${what}`);
      if (this.error !== null) throw this.error;
      return how();
    });
  }
}

export function unreachable(host: string): RdsctlError {
  return new RdsctlError('CONNECT_FAILED', {
    message: `${host} can not be reached`,
    details: { sent: false },
  });
}
