import { randomBytes, randomUUID } from 'node:crypto';
import type { Clock } from '../clock.ts';
import type { EventFacts, EventLog } from '../events.ts';
import type { ExportModel, TargetExport } from './export-model.ts';
import { judgeConnect, silentSessionDropsAfter, type Exported, type Refusal } from './kernel-rules.ts';
import { Session, type ConnectRequest, type SessionEnd } from './session.ts';
import { Storage } from './storage.ts';

/** What a host learns of a namespace when it is let in. */
export interface Identity {
  readonly uuid: string;
  readonly serial: string;
  readonly size: number;
}

/** An operation that a host sends. */
export type Operation =
  | { readonly kind: 'write'; readonly offset: number; readonly data: Buffer }
  | { readonly kind: 'read'; readonly offset: number; readonly length: number };

/** What becomes of a connect. */
export type ConnectOutcome =
  { readonly session: Session; readonly identity: Identity } | { readonly refused: Refusal };

/**
 * A way in which a storage server could fall short of what Linux's target does. `sessions-outlive-export`: no
 * session ends when its export is switched off. `list-ignored`: any host is let in, whatever the list says.
 */
export type Quirk = 'sessions-outlive-export' | 'list-ignored';

export interface TargetOptions {
  readonly rds: string;
  readonly clock: Clock;
  readonly events: EventLog;
  /**
   * `renewed`: serial and namespace UUID change whenever an export is switched on, as they may when the
   * export's kernel objects are made anew (kernel). `kept`: they stay for the volume's life.
   */
  readonly identity?: 'renewed' | 'kept';
  readonly quirk?: Quirk;
}

interface Volume {
  readonly name: string;
  readonly storage: Storage;
  readonly sessions: Set<Session>;
  /** How long the disk takes for one operation. */
  delayMs: number;
  /** What waits for the disk to go on, while it stands still. */
  held: (() => void)[] | undefined;
  inFlight: number;
  uuid: string;
  serial: string;
  /** Undefined while not exported. */
  export: Exported | undefined;
  allow: string;
  /** As last wanted, exported or not. */
  nqn: string;
}

/** The storage server's NVMe/TCP target in memory, with the kernel's rules (kernel-rules.ts). */
export class NvmeTarget implements ExportModel {
  readonly rds: string;
  readonly #clock: Clock;
  readonly #events: EventLog;
  readonly #renewIdentity: boolean;
  readonly #quirk: Quirk | undefined;
  readonly #volumes = new Map<string, Volume>();
  readonly #sessions = new Map<number, Session>();
  /** Of what was begun before it lost its power, nothing reaches the disk afterwards. */
  #boot = 1;

  constructor(options: TargetOptions) {
    this.rds = options.rds;
    this.#clock = options.clock;
    this.#events = options.events;
    this.#quirk = options.quirk;
    this.#renewIdentity = (options.identity ?? 'renewed') === 'renewed';
  }

  createVolume(volume: string, sizeBytes: number): Promise<void> {
    if (!this.#volumes.has(volume)) {
      this.#volumes.set(volume, {
        name: volume,
        storage: new Storage(sizeBytes),
        sessions: new Set(),
        delayMs: 0,
        held: undefined,
        inFlight: 0,
        uuid: randomUUID(),
        serial: randomBytes(8).toString('hex'),
        export: undefined,
        allow: '',
        nqn: '',
      });
    }
    return Promise.resolve();
  }

  removeVolume(name: string): Promise<void> {
    const volume = this.#volumes.get(name);
    if (volume !== undefined) {
      this.#unexport(volume, 'removed');
      this.#volumes.delete(name);
    }
    return Promise.resolve();
  }

  apply(wanted: TargetExport): Promise<void> {
    const volume = this.#volume(wanted.volume);
    volume.nqn = wanted.nqn;
    if (volume.allow !== wanted.allow) {
      volume.allow = wanted.allow;
      this.#record(volume, { event: 'allow-changed', allow: wanted.allow });
    }
    const now = volume.export;
    const moved = now !== undefined && (now.nqn !== wanted.nqn || now.port !== wanted.port);
    if (now !== undefined && (moved || !wanted.exported)) this.#unexport(volume, 'unexport');
    if (wanted.exported) this.#export(volume, wanted);
    return Promise.resolve();
  }

  inFlight(volume: string): Promise<number> {
    return Promise.resolve(this.#volumes.get(volume)?.inFlight ?? 0);
  }

  /** A session that was ended is listed until what it had begun is done, as the kernel's is. */
  sessions(volume: string): Promise<readonly { hostNqn: string; node?: string }[]> {
    const sessions = [...(this.#volumes.get(volume)?.sessions ?? [])];
    return Promise.resolve(
      sessions.map((each) => ({ hostNqn: each.request.hostNqn, node: each.request.node })),
    );
  }

  close(): Promise<void> {
    for (const session of this.#sessions.values()) session.silence?.cancel();
    return Promise.resolve();
  }

  /** The server loses its power: exports, sessions and what was in flight are gone, and no host is told. */
  powerOff(): void {
    this.#boot += 1;
    for (const volume of this.#volumes.values()) {
      volume.inFlight = 0;
      for (const session of [...volume.sessions]) {
        session.onEnd = () => undefined;
        session.inFlight = 0;
        if (session.ended !== undefined) this.#forget(session);
      }
      this.#unexport(volume, 'power');
    }
  }

  /** The sessions through which I/O is possible now. */
  openSessions(volume?: string): readonly Session[] {
    return [...this.#sessions.values()].filter(
      (each) => each.ended === undefined && (volume === undefined || each.volume === volume),
    );
  }

  /** Makes the disk under a volume slow: each operation takes `ms` from now on. */
  slowDown(volume: string, ms: number): void {
    this.#volume(volume).delayMs = ms;
  }

  /** Makes the disk under a volume stand still: what is begun stays in flight until `goOn` is called. */
  hold(name: string): { goOn(): void } {
    const volume = this.#volume(name);
    const held: (() => void)[] = [];
    volume.held = held;
    return {
      goOn: () => {
        if (volume.held === held) volume.held = undefined;
        for (const finish of held.splice(0)) finish();
      },
    };
  }

  /** The volume that is, or was last, offered under an NQN. */
  volumeOf(nqn: string): string | undefined {
    return this.#byNqn(nqn)?.name;
  }

  /** What is stored, for tests to look at. */
  storage(volume: string): Storage {
    return this.#volume(volume).storage;
  }

  connect(request: ConnectRequest): ConnectOutcome {
    const exported = [...this.#volumes.values()].flatMap((volume) =>
      volume.export === undefined
        ? []
        : [{ ...volume.export, allow: this.#quirk === 'list-ignored' ? '' : volume.allow, volume }],
    );
    const verdict = judgeConnect(exported, request);
    if ('refused' in verdict) {
      const volume = verdict.found?.volume ?? this.#byNqn(request.nqn);
      this.#events.record({
        event: 'connect-refused',
        rds: this.rds,
        ...(volume === undefined ? {} : { volume: volume.name }),
        node: request.node,
        hostNqn: request.hostNqn,
        cause: verdict.refused,
        nqn: request.nqn,
        port: request.port,
      });
      return { refused: verdict.refused };
    }
    const { volume } = verdict.accepted;
    const session = new Session(this.#freeId(), volume.name, request, this.#clock.now());
    volume.sessions.add(session);
    this.#sessions.set(session.id, session);
    this.#record(volume, { event: 'session-opened', ...who(session) });
    return {
      session,
      identity: { uuid: volume.uuid, serial: volume.serial, size: volume.storage.size },
    };
  }

  /**
   * Begins an operation. It is finished, and reaches the disk, even when the session ends meanwhile: an
   * un-export does not wait for it. `done` is called when it is finished, with what was read.
   */
  begin(session: Session, operation: Operation, done: (data?: Buffer) => void): void {
    const volume = this.#volumes.get(session.volume);
    if (session.ended !== undefined || volume === undefined) return;
    const boot = this.#boot;
    const finish = (): void => {
      if (boot !== this.#boot) return;
      session.inFlight -= 1;
      volume.inFlight -= 1;
      const data = this.#land(volume, session, operation);
      if (session.ended !== undefined) this.#forget(session);
      done(data);
    };
    session.inFlight += 1;
    volume.inFlight += 1;
    if (volume.held !== undefined) volume.held.push(finish);
    else if (volume.delayMs === 0) finish();
    else this.#clock.after(volume.delayMs, finish);
  }

  /** The host closed its connection, or the target did. */
  end(session: Session, cause: SessionEnd): void {
    if (session.ended !== undefined) return;
    session.ended = cause;
    session.silence?.cancel();
    const volume = this.#volumes.get(session.volume);
    if (volume !== undefined) this.#record(volume, { event: 'session-closed', cause, ...who(session) });
    if (session.inFlight === 0) this.#forget(session);
    session.onEnd(cause);
  }

  /** From now on nothing of the host is heard: after the keep-alive time-out the session is dropped. */
  silent(session: Session): void {
    if (session.ended !== undefined || session.silence !== undefined) return;
    const openFor = this.#clock.now() - session.openedAt;
    session.silence = this.#clock.after(silentSessionDropsAfter(session.request.keepAliveMs, openFor), () =>
      this.end(session, 'keep-alive'),
    );
  }

  /** The host is heard again, in time. */
  heard(session: Session): void {
    if (session.orphaned) return;
    session.silence?.cancel();
    session.silence = undefined;
  }

  #export(volume: Volume, wanted: TargetExport): void {
    if (volume.export !== undefined) return;
    if (this.#renewIdentity) {
      volume.uuid = randomUUID();
      volume.serial = randomBytes(8).toString('hex');
    }
    volume.export = { nqn: wanted.nqn, port: wanted.port, allow: wanted.allow };
    this.#record(volume, { event: 'export-on', nqn: wanted.nqn, port: wanted.port, allow: wanted.allow });
  }

  #unexport(volume: Volume, cause: SessionEnd): void {
    if (volume.export !== undefined) {
      volume.export = undefined;
      this.#record(volume, { event: 'export-off' });
    }
    if (cause === 'unexport' && this.#quirk === 'sessions-outlive-export') return;
    for (const session of [...volume.sessions]) this.end(session, cause);
  }

  #land(volume: Volume, session: Session, operation: Operation): Buffer | undefined {
    if (operation.kind === 'read') return volume.storage.read(operation.offset, operation.length);
    const landed = volume.storage.write(operation.offset, operation.data);
    this.#record(volume, {
      event: 'io-landed',
      ...who(session),
      ...landed,
      offset: operation.offset,
      length: operation.data.length,
      late: session.ended !== undefined,
    });
    return undefined;
  }

  #forget(session: Session): void {
    if (session.inFlight > 0) return;
    this.#volumes.get(session.volume)?.sessions.delete(session);
    this.#sessions.delete(session.id);
  }

  /** Controller ids are the target's, not the subsystem's; the lowest free one is taken. */
  #freeId(): number {
    let id = 1;
    while (this.#sessions.has(id)) id += 1;
    return id;
  }

  #byNqn(nqn: string): Volume | undefined {
    return [...this.#volumes.values()].find((each) => each.nqn === nqn);
  }

  #volume(name: string): Volume {
    const volume = this.#volumes.get(name);
    if (volume === undefined) throw new Error(`the target has no volume ${name}`);
    return volume;
  }

  #record(volume: Volume, facts: EventFacts): void {
    this.#events.record({ rds: this.rds, volume: volume.name, ...facts });
  }
}

function who(session: Session): { node: string; hostNqn: string; session: number } {
  return { node: session.request.node, hostNqn: session.request.hostNqn, session: session.id };
}
