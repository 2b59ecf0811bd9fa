import { AttachmentManager } from '../../src/attachment/attachment-manager.ts';
import type { Attachment } from '../../src/attachment/attachment.ts';
import { formatComment } from '../../src/attachment/tag.ts';
import { VolumeLockManager } from '../../src/attachment/volume-lock-manager.ts';
import type { Config } from '../../src/config/config.ts';
import { RdsctlError } from '../../src/errors/rdsctl-error.ts';
import type { OperationContext } from '../../src/operations/context.ts';
import type { AuditEvent } from '../../src/operations/ports/audit.ts';
import type { FenceProof } from '../../src/operations/ports/fence-proofs.ts';
import type { Progress } from '../../src/operations/ports/reporter.ts';
import type { Disk } from '../../src/operations/ports/storage-server.ts';
import type { State } from '../../src/state/state.ts';
import { FakeNode, hostNqn } from './fake-node.ts';
import { aDisk, FakeServer } from './fake-server.ts';
import { ManualClock } from './manual-clock.ts';
import { emptyState, LINEAGE, MemoryStore } from './memory-store.ts';

export const SINCE = '2026-11-20T14:00:00.000Z';

export function aConfig(
  over: Partial<Config> = {},
  servers = ['rds1'],
  nodes = ['node-1', 'node-2', 'node-3'],
) {
  const config: Config = {
    storageServers: Object.fromEntries(
      servers.map((name) => [
        name,
        {
          host: name,
          port: 22,
          user: 'rdsctl',
          identityFile: null,
          hostKey: null,
          knownHosts: null,
          verifyHostKey: true,
          nvme: { address: '10.77.0.1', port: 4420 },
          volumes: ['*'],
          sharedExport: 'never',
        },
      ]),
    ),
    nodes: Object.fromEntries(
      nodes.map((name) => [
        name,
        {
          transport: 'ssh',
          host: name,
          port: null,
          user: null,
          sudo: false,
          identityFile: null,
          hostKey: null,
          knownHosts: null,
          verifyHostKey: true,
          hostNqn: null,
          addresses: [],
        },
      ]),
    ),
    nvme: { ctrlLossTmo: 600_000, reconnectDelay: 10_000, keepAliveTmo: 5_000, fastIoFailTmo: 5_000 },
    fence: { settle: 2_000, drainTimeout: 60_000, firewall: false },
    timeouts: { connect: 10_000, command: 30_000, device: 15_000, lock: 30_000, lease: 30_000 },
    state: {
      path: '/nowhere',
      url: null,
      user: null,
      passwordFile: null,
      caFile: null,
      certFile: null,
      keyFile: null,
    },
    backups: 10,
    ...over,
  };
  return config;
}

/** The attachment of a volume, by default finished and of node-1. */
export function anAttachment(over: Partial<Attachment> = {}): Attachment {
  const slot = over.slot ?? 'vol-1';
  const rds = over.rds ?? 'rds1';
  return {
    volume: `${rds}/${slot}`,
    rds,
    slot,
    phase: 'attached',
    holders: [{ node: 'node-1', hostNqn: hostNqn('node-1'), device: '/dev/nvme0n1', since: SINCE }],
    nqn: `nqn.2000-02.com.mikrotik:${slot}`,
    transport: { address: '10.77.0.1', port: 4420 },
    sizeBytes: 1_073_741_824,
    attachedAt: SINCE,
    by: 'ops@admin1',
    sharedUntil: null,
    token: 5,
    intent: null,
    ...over,
  };
}

export function anIntent(over: Partial<NonNullable<Attachment['intent']>> = {}) {
  return {
    verb: 'attach' as const,
    node: 'node-1',
    hostNqn: hostNqn('node-1'),
    token: 5,
    since: SINCE,
    by: 'ops@admin1',
    pid: 41,
    ...over,
  };
}

/** A state that holds these attachments, with their tokens. */
export function aState(attachments: readonly Attachment[], over: Partial<State> = {}): State {
  return emptyState({
    attachments: Object.fromEntries(attachments.map((attachment) => [attachment.volume, attachment])),
    tokens: Object.fromEntries(attachments.map(({ volume, token }) => [volume, token])),
    ...over,
  });
}

/** The comment that this state's rdsctl writes. */
export function tagged(owners: readonly string[], token: number, text = '', lineage = LINEAGE): string {
  return formatComment(text, { owners, token, lineage });
}

/** A disk that is granted to a node by the state's rdsctl. */
export function granted(node: string, token = 5, over: Partial<Disk> = {}): Disk {
  return aDisk({ exported: true, allow: hostNqn(node), comment: tagged([node], token), ...over });
}

export interface WorldOptions {
  readonly disks?: readonly Disk[];
  readonly state?: State;
  readonly config?: Config;
  readonly lockTimeoutMs?: number;
}

/** Everything an operation works with, in memory, with one log of all that was asked, in order. */
export function makeWorld({
  disks = [aDisk()],
  state = emptyState(),
  config = aConfig(),
  lockTimeoutMs = 0,
}: WorldOptions = {}) {
  const log: string[] = [];
  const note = (entry: string) => {
    log.push(entry);
  };
  const store = new MemoryStore(state, note);
  const clock = new ManualClock();
  const servers = new Map<string, FakeServer>(
    Object.keys(config.storageServers).map((name, index) => [
      name,
      new FakeServer(name, index === 0 ? disks : [], note, `10.77.0.${index + 1}`),
    ]),
  );
  const server = servers.values().next().value;
  if (server === undefined) throw new Error('a world needs a storage server');
  const nodes = new Map(Object.keys(config.nodes).map((name) => [name, new FakeNode(name, server, note)]));
  const progress: Progress[] = [];
  const audits: AuditEvent[] = [];
  const proofs = new Map<string, FenceProof>();
  const stop = new AbortController();
  const overdue = new AbortController();
  const node = (name: string): FakeNode => {
    const found = nodes.get(name);
    if (found === undefined) throw new Error(`the test has no node ${name}`);
    return found;
  };
  const context: OperationContext = {
    config,
    manager: new AttachmentManager(store),
    locks: new VolumeLockManager(store),
    server: (name) => {
      const found = servers.get(name);
      if (found === undefined) throw new Error(`the test has no server ${name}`);
      return found;
    },
    node,
    audit: {
      record: (event) => {
        audits.push(event);
        return Promise.resolve();
      },
    },
    proofs: {
      read: (rds) => Promise.resolve(proofs.get(rds) ?? null),
      write: (proof) => {
        proofs.set(proof.rds, proof);
        return Promise.resolve();
      },
    },
    clock,
    report: (one) => progress.push(one),
    signal: stop.signal,
    grace: overdue.signal,
    by: 'ops@admin1',
    pid: 42,
    lockTimeoutMs,
    reason: null,
  };
  return {
    context,
    store,
    clock,
    server,
    servers,
    node,
    log,
    progress,
    audits,
    proofs,
    /** Interrupts, as SIGINT does. */
    interrupt: () => {
      stop.abort(new RdsctlError('INTERRUPTED', { message: 'interrupted' }));
    },
    /** The time for a step in hand is over as well. */
    giveUp: () => {
      overdue.abort(new RdsctlError('TIMED_OUT', { message: 'the time ran out' }));
    },
    warnings: () => progress.flatMap((one) => (one.type === 'warning' ? [one.message] : [])),
    /** The log without looks, locks and state: what was changed, and what was asked before. */
    remote: () => log.filter((entry) => !/^(?:state|lock|unlock) /.test(entry)),
  };
}

export const anything = () => true;
