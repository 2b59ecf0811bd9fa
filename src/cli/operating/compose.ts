import { randomBytes, randomUUID } from 'node:crypto';
import { setMaxListeners } from 'node:events';

import { AttachmentManager } from '../../attachment/attachment-manager.ts';
import { VolumeLockManager } from '../../attachment/volume-lock-manager.ts';
import { openAuditLog } from '../../audit/audit-log.ts';
import { auditRecorder } from '../../audit/recorder.ts';
import { currentOrigin, whoText } from '../../audit/who.ts';
import type { Config } from '../../config/config.ts';
import type { OperationContext } from '../../operations/context.ts';
import type { NodePort } from '../../operations/ports/node.ts';
import type { StorageServer } from '../../operations/ports/storage-server.ts';
import type { MayTouch } from '../../operations/resolve.ts';
import { openFenceProofs } from '../../state/file/fence-proofs.ts';
import { plannedStore } from '../../state/planned-store.ts';
import type { LockHolder } from '../../state/lock.ts';
import type { StateStore } from '../../state/store.ts';
import type { CommandContext } from '../command.ts';
import { makeNode, makeServer } from './adapters.ts';
import { openStore } from './open-store.ts';
import { hastyClock, systemClock } from './system-clock.ts';
import type { PlannedCommand } from './plan.ts';
import { volumeGlobs } from './volume-globs.ts';

/** The operations' world for one command, made from its options and the configuration. */
export interface Operating {
  readonly context: OperationContext;
  readonly mayTouch: MayTouch;
  readonly config: Config;
  /** With --dry-run: every command in the order it would run; null otherwise. */
  readonly plan: readonly PlannedCommand[] | null;
  /** The locks that others hold now, or may hold, by name. Takes none. */
  heldLocks(): Promise<ReadonlyMap<string, LockHolder | null>>;
  /** Removes what dead processes of this host left of their locks. */
  removeDeadLocks(): Promise<void>;
  close(): Promise<void>;
}

/** Puts adapters behind the ports. The only place where operations and adapters meet. */
export async function compose(command: CommandContext): Promise<Operating> {
  const effective = await command.config();
  for (const message of effective.warnings) command.report({ type: 'warning', message });
  const { config } = effective;
  const location = await command.stateLocation();
  const { dryRun } = command.common;
  const { probes = {} } = command.io;
  const plan: PlannedCommand[] = [];
  const origin = currentOrigin(command.argv);
  const by = whoText(origin.who);
  const grace = graceOf(command.signal);
  const realStore = await openStore(location, {
    backups: config.backups,
    timeoutMs: Math.max(config.timeouts.lock, 10_000),
    holder: () => ({ who: by, host: origin.host, pid: origin.pid, command: origin.command }),
    leaseMs: config.timeouts.lease,
    // What undoes a step that was interrupted has to look at the state, too.
    signal: grace,
    hooks: probes.state,
    staleMs: probes.staleMs,
  });
  const store: StateStore = dryRun ? plannedStore(realStore, randomUUID) : realStore;
  const servers = new Map<string, StorageServer>();
  const nodes = new Map<string, NodePort>();
  const nonce = () => randomBytes(8).toString('hex');
  const told = (host: string, kind: PlannedCommand['kind']) => (line: string, changes: boolean) => {
    if (dryRun) plan.push({ at: host, kind, changes, command: line });
    command.report({ type: 'command', host, command: line, changes });
  };
  const mayTouch = await volumeGlobs(config);
  const audit = auditRecorder(openAuditLog({ directory: location.directory }), origin);
  // Many volumes at a time listen to the same two; more than ten is no leak.
  setMaxListeners(0, command.signal, grace);
  const proofs = openFenceProofs(location.directory);
  const context: OperationContext = {
    config,
    manager: new AttachmentManager(store),
    locks: new VolumeLockManager(store),
    server: (name) =>
      once(servers, name, () =>
        makeServer(config, name, {
          dryRun,
          nonce,
          mayTouch,
          onCommand: told(name, 'routeros'),
          probe: probes.remote,
        }),
      ),
    node: (name) =>
      once(nodes, name, () =>
        makeNode(config, name, { dryRun, nonce, onCommand: told(name, 'node'), probe: probes.remote }),
      ),
    audit: dryRun ? { record: () => Promise.resolve() } : audit,
    proofs: dryRun ? { ...proofs, write: () => Promise.resolve() } : proofs,
    clock: dryRun ? hastyClock(command.now) : systemClock(command.now),
    report: command.report,
    signal: command.signal,
    grace,
    by: `${by}@${origin.host}`,
    pid: origin.pid,
    lockTimeoutMs: config.timeouts.lock,
    reason: command.common.reason ?? null,
  };
  return {
    context,
    mayTouch,
    config,
    plan: dryRun ? plan : null,
    async heldLocks() {
      const locks = await realStore.listLocks();
      return new Map(locks.filter(({ alive }) => alive !== false).map(({ name, holder }) => [name, holder]));
    },
    async removeDeadLocks() {
      await realStore.removeDeadLocks();
    },
    async close() {
      await Promise.all([...servers.values(), ...nodes.values()].map((host) => host.close()));
      await store.close();
    },
  };
}

/** What a step in hand may take after an interruption or --timeout, in milliseconds. */
const GRACE_MS = 5_000;

/** Aborted for the same reason, but a while later. */
function graceOf(signal: AbortSignal): AbortSignal {
  const grace = new AbortController();
  const later = (): void => {
    setTimeout(() => {
      grace.abort(signal.reason);
    }, GRACE_MS).unref();
  };
  if (signal.aborted) later();
  else signal.addEventListener('abort', later, { once: true });
  return grace.signal;
}

function once<T>(made: Map<string, T>, name: string, make: () => T): T {
  const present = made.get(name) ?? make();
  made.set(name, present);
  return present;
}
