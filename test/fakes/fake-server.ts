import { NOBODY } from '../../src/attachment/host-nqn.ts';
import { RdsctlError } from '../../src/errors/rdsctl-error.ts';
import type { FenceEntry, FirewallChange, FirewallView } from '../../src/operations/ports/firewall.ts';
import type { ServerDiagnosis } from '../../src/operations/ports/storage-server-diagnosis.ts';
import type {
  ChangeOutcome,
  Disk,
  DiskChange,
  ServerView,
  StorageServer,
} from '../../src/operations/ports/storage-server.ts';

export function aDisk(over: Partial<Disk> = {}): Disk {
  const slot = over.slot ?? 'vol-1';
  return {
    slot,
    type: 'file',
    sizeBytes: 1_073_741_824,
    comment: '',
    exported: false,
    port: 4420,
    nqn: `nqn.2000-02.com.mikrotik:${slot}`,
    nqnIsSet: false,
    allow: '',
    mountFilesystem: false,
    ...over,
  };
}

interface Interruptible {
  readonly signal?: AbortSignal;
}

/** What is to happen to one call. */
export type Fault =
  /** The connection breaks before it is done. */
  | 'lost-before'
  /** It is done, and the answer is lost. */
  | 'lost-after'
  /** The answer is lost; it is done right before the next change is looked at. */
  | 'late'
  /** The host can't be reached any more. */
  | 'refused'
  | RdsctlError;

/** A storage server in memory, which applies changes as RouterOS does and logs every call. */
export class FakeServer implements StorageServer {
  readonly name: string;
  readonly nvmeAddress: string;
  readonly disks = new Map<string, Disk>();
  /** Faults of the next looks and changes, first to last; null = none. */
  readonly lookFaults: (Fault | null)[] = [];
  readonly changeFaults: (Fault | null)[] = [];
  /** How many reads show a change late (the server is eventually consistent). */
  lateReads = 0;
  /** What the next questions for operations in flight are answered with, then `busy`. */
  inFlightAnswers: (number | null | RdsctlError)[] = [];
  busy: number | null = 0;
  /** Answers that a change of this slot is refused with. */
  readonly refusals = new Map<string, ChangeOutcome & { ok: false }>();
  /** Called after each change that was done. */
  afterChange: ((change: DiskChange) => void) | null = null;
  /** Called before each change is looked at. */
  beforeChange: ((change: DiskChange) => void) | null = null;
  opened = 0;
  /** What its firewall shows. */
  firewall: FirewallView = { rules: [], entries: [] };
  /** Thrown by whatever concerns the firewall. */
  firewallError: RdsctlError | null = null;
  /** Laid over what a diagnosis says. */
  diagnosis: Partial<ServerDiagnosis> = {};
  readonly #log: (entry: string) => void;
  readonly #late: DiskChange[] = [];
  readonly #shown = new Map<string, Disk>();

  constructor(
    name: string,
    disks: readonly Disk[],
    log: (entry: string) => void = () => undefined,
    nvmeAddress = '10.77.0.1',
  ) {
    this.name = name;
    this.nvmeAddress = nvmeAddress;
    this.#log = log;
    for (const disk of disks) this.disks.set(disk.slot, disk);
  }

  disk(slot: string): Disk {
    const disk = this.disks.get(slot);
    if (disk === undefined) throw new Error(`the test has no disk ${slot}`);
    return disk;
  }

  /** Somebody else changes a disk. */
  edit(slot: string, over: Partial<Disk>): void {
    this.disks.set(slot, { ...this.disk(slot), ...over });
  }

  open(): void {
    this.opened += 1;
  }

  look(slots: readonly string[] | 'all', { signal }: Interruptible = {}): Promise<ServerView> {
    return Promise.resolve().then(() => {
      signal?.throwIfAborted();
      this.#log(`${this.name} look ${slots === 'all' ? 'all' : slots.join(' ')}`);
      const fault = this.lookFaults.shift() ?? null;
      if (fault !== null) throw this.#error(fault);
      const disks = [...this.disks.values()].filter(({ slot }) => slots === 'all' || slots.includes(slot));
      if (this.lateReads > 0) {
        this.lateReads -= 1;
        return { version: '7.21.5', disks: disks.map((disk) => this.#shown.get(disk.slot) ?? disk) };
      }
      this.#shown.clear();
      return { version: '7.21.5', disks };
    });
  }

  change(changes: readonly DiskChange[], { signal }: Interruptible = {}): Promise<readonly ChangeOutcome[]> {
    return Promise.resolve().then(() => {
      signal?.throwIfAborted();
      for (const change of changes) this.#log(`${this.name} ${described(change)}`);
      for (const change of this.#late.splice(0)) this.#apply(change);
      const fault = this.changeFaults.shift() ?? null;
      if (fault === 'late') this.#late.push(...changes);
      if (fault !== null && fault !== 'lost-after') throw this.#error(fault);
      const outcomes = changes.map((change) => this.#apply(change));
      if (fault !== null) throw this.#error(fault);
      return outcomes;
    });
  }

  inFlight(
    slots: readonly string[],
    { signal }: Interruptible = {},
  ): Promise<ReadonlyMap<string, number | null>> {
    return Promise.resolve().then(() => {
      signal?.throwIfAborted();
      const [answer = this.busy] = this.inFlightAnswers.splice(0, 1);
      this.#log(
        `${this.name} in-flight ${slots.join(' ')} = ${answer instanceof RdsctlError ? answer.reason : String(answer)}`,
      );
      if (answer instanceof RdsctlError) throw answer;
      return new Map(slots.map((slot) => [slot, answer]));
    });
  }

  async diagnose(options: Interruptible = {}): Promise<ServerDiagnosis> {
    const { version, disks } = await this.look('all', options);
    return {
      version,
      packages: { told: ['routeros', 'rose-storage'] },
      disks: { told: disks },
      clock: { told: Date.parse('2026-11-20T14:03:00.000Z') },
      firewall: { told: this.firewall },
      write: { told: true },
      inFlight: { told: 0 },
      group: { told: 'rdsctl' },
      ...this.diagnosis,
    };
  }

  lookAtFirewall({ signal }: Interruptible = {}): Promise<FirewallView> {
    return Promise.resolve().then(() => {
      signal?.throwIfAborted();
      this.#log(`${this.name} look at firewall`);
      if (this.firewallError !== null) throw this.firewallError;
      return this.firewall;
    });
  }

  changeFirewall(change: FirewallChange, { signal }: Interruptible = {}): Promise<FirewallView> {
    return Promise.resolve().then(() => {
      signal?.throwIfAborted();
      this.#log(`${this.name} ${change.kind} ${change.addresses.join(' ')}`.trimEnd());
      if (this.firewallError !== null) throw this.firewallError;
      const others = this.firewall.entries.filter(({ comment }) => comment !== change.comment);
      const added = change.addresses.map((address): FenceEntry => ({
        family: address.includes(':') ? 6 : 4,
        address,
        comment: change.comment,
      }));
      this.firewall = {
        ...this.firewall,
        entries: change.kind === 'block' ? [...others, ...added] : others,
      };
      return this.firewall;
    });
  }

  close(): Promise<void> {
    return Promise.resolve();
  }

  #apply(change: DiskChange): ChangeOutcome {
    const { slot } = change;
    this.beforeChange?.(change);
    const refused = this.refusals.get(slot);
    if (refused !== undefined) return refused;
    const disk = this.disks.get(slot);
    if (disk === undefined) return { slot, ok: false, why: 'no-such-disk', text: 'rdsctl: no-such-disk' };
    if (disk.comment !== change.expectComment) {
      return { slot, ok: false, why: 'comment-changed', text: 'rdsctl: comment-changed' };
    }
    if (change.kind === 'grant' && disk.exported) {
      return { slot, ok: false, why: 'exported', text: 'rdsctl: exported' };
    }
    if (change.kind === 'admit' && !disk.exported) {
      return { slot, ok: false, why: 'not-exported', text: 'rdsctl: not-exported' };
    }
    const done = { ...disk, comment: change.comment, ...exportAfter(change) };
    this.disks.set(slot, done);
    this.afterChange?.(change);
    if (this.lateReads === 0) return { slot, ok: true, disk: done };
    this.#shown.set(slot, disk);
    return { slot, ok: true, disk };
  }

  #error(fault: Fault): RdsctlError {
    if (fault instanceof RdsctlError) return fault;
    return fault === 'refused'
      ? new RdsctlError('CONNECT_FAILED', {
          message: `${this.name} can not be reached`,
          details: { sent: false },
        })
      : new RdsctlError('CONNECTION_LOST', {
          message: `the connection to ${this.name} was lost`,
          details: { sent: true },
        });
  }
}

function exportAfter(change: DiskChange): Partial<Disk> {
  switch (change.kind) {
    case 'revoke':
      return { allow: NOBODY, exported: false };
    case 'toggle':
      return { exported: change.exported };
    case 'grant':
    case 'admit':
      return { allow: change.allow, exported: true };
  }
}

function described(change: DiskChange): string {
  if (change.kind === 'toggle') return `export ${change.slot} ${change.exported ? 'on' : 'off'}`;
  return change.kind === 'revoke'
    ? `revoke ${change.slot}`
    : `${change.kind} ${change.slot} to ${change.allow === '' ? 'any' : change.allow}`;
}
