import { isSubsystemNqn, type HostIdentity } from '../../attachment/host-nqn.ts';
import { attachedElsewhere, nodeFenced, unfinished } from '../../attachment/refusals.ts';
import { holds, type VolumeId } from '../../attachment/transitions.ts';
import type { Attachment } from '../../attachment/attachment.ts';
import { isReason, RdsctlError } from '../../errors/rdsctl-error.ts';
import type { State } from '../../state/state.ts';
import { checkTag, type Claim } from '../claims.ts';
import type { OperationContext } from '../context.ts';
import { identityOf } from '../identity.ts';
import type { NodeView, Subsystem } from '../ports/node.ts';
import type { Disk } from '../ports/storage-server.ts';
import { sameAddress, standing, subsystemOf, usableDevice } from '../seen.ts';
import type { Answer } from '../survey.ts';

/** A connection that may be taken into the state. */
export interface Adoptable {
  readonly volume: VolumeId;
  readonly node: string;
  readonly disk: Disk;
  readonly claim: Claim;
  readonly identity: HostIdentity;
  readonly device: string;
  /** Where the node reaches it: of the storage server's configuration. */
  readonly address: string;
}

/** What is known when a connection is judged: all that is known of the volume, and every node's answer. */
export interface Seen {
  readonly state: State;
  readonly disk: Disk;
  readonly nodes: ReadonlyMap<string, Answer<NodeView>>;
}

/**
 * Whether a volume's connection may be taken into the state: exported, not claimed, and connected on exactly
 * one node, which is known because every node was asked. Changes nothing, asks nobody.
 * @throws RdsctlError NOTHING_TO_ADOPT, UNTRACKED_EXPORT (it can't be told who uses it, or two do), FOREIGN_TAG,
 *   STALE_STATE, ATTACHED_ELSEWHERE, OPEN_INTENT, NODE_FENCED, DUPLICATE_HOST_NQN, WRONG_HOST_NQN, NODE_NOT_READY,
 *   NQN_COLLISION, NO_DEVICE
 */
export function judge(context: OperationContext, volume: VolumeId, { state, disk, nodes }: Seen): Adoptable {
  const present = state.attachments[volume.key];
  if (present?.phase === 'fencing') throw unfinished(present);
  if (present?.phase === 'detaching') throw detaching(present);
  if (present?.intent?.verb === 'share') throw sharing(present, present.intent.node);
  const claim = checkTag(state, volume, disk);
  if (!disk.exported) throw nothing(volume, 'it is not exported');
  const address = context.server(volume.rds).nvmeAddress;
  const connected = connectedNodes(nodes, disk.nqn, address);
  const [first, ...others] = connected;
  if (first === undefined && present === undefined) refuseUnasked(volume, disk, nodes);
  if (first === undefined) throw nothing(volume, 'no node is connected to it');
  if (others.length > 0) throw several(volume, connected);
  refuseUnasked(volume, disk, nodes, first.node);
  const { node, subsystem, view } = first;
  if (standing(subsystem, address) === 'elsewhere') throw collision(volume, node, disk.nqn, address);
  if (standing(subsystem, address) !== 'live') {
    throw nothing(volume, `the controller of ${node} is not live`, [
      { when: 'To drop it and attach the volume there:', run: `rdsctl attach ${volume.slot} ${node}` },
    ]);
  }
  const mark = state.nodes[node]?.fenced;
  if (mark) throw nodeFenced(node, mark);
  if (present !== undefined && present.phase !== 'fenced' && !holds(present, node)) {
    throw attachedElsewhere(present, node);
  }
  const identity = identityOf(context, state, node, view);
  refuseTwin(nodes, node, identity);
  refuseOtherIdentity(volume, node, subsystem, disk, identity);
  const device = usableDevice(subsystem);
  if (device === null || !isSubsystemNqn(disk.nqn)) {
    throw new RdsctlError('NO_DEVICE', {
      message: `${node} is connected to ${volume.slot}, but shows no block device of it that is certain`,
      now: 'Nothing was changed.',
      hints: [{ when: 'See the three views:', run: `rdsctl show ${volume.slot}` }],
      details: { volume: volume.key, node, devices: subsystem.devices },
    });
  }
  return { volume, node, disk, claim, identity, device: device.path, address };
}

interface Connected {
  readonly node: string;
  readonly view: NodeView;
  readonly subsystem: Subsystem;
}

/** The nodes that hold a controller of the volume at its storage server, live or not: it may come back. */
function connectedNodes(
  nodes: ReadonlyMap<string, Answer<NodeView>>,
  nqn: string,
  address: string,
): Connected[] {
  return [...nodes].flatMap(([node, { view }]) => {
    const subsystem = view === null ? null : subsystemOf(view, nqn);
    const here = subsystem?.controllers.some((controller) => sameAddress(controller.address, address));
    return view !== null && subsystem !== null && here === true ? [{ node, view, subsystem }] : [];
  });
}

function nothing(volume: VolumeId, why: string, hints: RdsctlError['hints'] = []): RdsctlError {
  return new RdsctlError('NOTHING_TO_ADOPT', {
    message: `there is nothing to adopt of ${volume.slot} on ${volume.rds}: ${why}`,
    now: 'Nothing was changed.',
    hints:
      hints.length > 0 ? hints : [{ when: 'To use it on a node:', run: `rdsctl attach ${volume.slot} NODE` }],
    details: { volume: volume.key },
  });
}

function detaching(present: Attachment): RdsctlError {
  const [{ node }] = present.holders;
  return new RdsctlError('OPEN_INTENT', {
    message: `a detach of ${present.slot} from ${node} was begun and was not finished`,
    now: 'Nothing was changed.',
    hints: [
      { when: 'To finish it:', run: `rdsctl detach ${present.slot}` },
      { when: 'To keep it attached:', run: `rdsctl attach ${present.slot} ${node}` },
    ],
    details: { volume: present.volume, node, phase: present.phase },
  });
}

function several(volume: VolumeId, connected: readonly Connected[]): RdsctlError {
  const names = connected.map(({ node }) => node);
  const [first = '', second = ''] = names;
  return new RdsctlError('UNTRACKED_EXPORT', {
    message: `${names.join(' and ')} are connected to ${volume.slot} at once`,
    now: 'Nothing was changed. Whatever both write to it is damaged.',
    hints: [
      {
        when: `Unmount it on all but one, and disconnect it there, for example on ${second}:`,
        run: `nvme disconnect --nqn ${connected[1]?.subsystem.nqn ?? ''}`,
      },
      { when: `Then again, for ${first}:`, run: `rdsctl adopt ${volume.slot}` },
    ],
    details: { volume: volume.key, using: names },
  });
}

/** An adopt lets one node in alone: the other one of a share that was cut short would be shut out. */
function sharing(present: Attachment, node: string): RdsctlError {
  return new RdsctlError('OPEN_INTENT', {
    message: `sharing ${present.slot} with ${node} was begun and was not finished`,
    now: 'Nothing was changed.',
    hints: [{ when: 'To undo it:', run: `rdsctl detach ${present.slot} ${node}` }],
    details: { volume: present.volume, node, phase: present.phase },
  });
}

/** An export that any host could use, or could have used before: who can't be asked may be connected (law 2). */
function refuseUnasked(
  volume: VolumeId,
  disk: Disk,
  nodes: ReadonlyMap<string, Answer<NodeView>>,
  node: string | null = null,
): void {
  const unasked = [...nodes].flatMap(([name, { error }]) => (error === null ? [] : [{ name, error }]));
  if (unasked.length === 0) return;
  throw new RdsctlError('UNTRACKED_EXPORT', {
    message: `whether ${unasked.map(({ name }) => name).join(' and ')} ${unasked.length === 1 ? 'is' : 'are'} connected to ${volume.slot} too can not be told: ${unasked.map(({ error }) => error.message).join('; ')}`,
    now: 'Nothing was changed.',
    hints: [
      { when: 'When they answer, again:', run: `rdsctl adopt ${volume.slot}` },
      ...(node === null
        ? []
        : [
            {
              when: 'If none of them uses it, end all sessions and attach it (unmount it first):',
              run: `rdsctl attach ${volume.slot} ${node} --take-over`,
            },
          ]),
    ],
    details: { volume: volume.key, allow: disk.allow, node, unasked: unasked.map(({ name }) => name) },
  });
}

/** Whether {@link judge} refused only because a node could not be asked. */
export function isForWantOfAnswers(refusal: RdsctlError): boolean {
  return isReason(refusal, 'UNTRACKED_EXPORT') && refusal.details['unasked'] !== undefined;
}

function collision(volume: VolumeId, node: string, nqn: string, address: string): RdsctlError {
  return new RdsctlError('NQN_COLLISION', {
    message: `${node} holds controllers of ${nqn} at ${volume.rds} (${address}) and at another address`,
    now: 'Nothing was changed.',
    hints: [{ when: `Look on ${node}:`, run: 'nvme list-subsys' }],
    details: { volume: volume.key, node, nqn, address },
  });
}

/** Another node that answered with the same identity: neither could be fenced apart from the other. */
function refuseTwin(
  nodes: ReadonlyMap<string, Answer<NodeView>>,
  node: string,
  { hostNqn }: HostIdentity,
): void {
  for (const [other, { view }] of nodes) {
    if (other === node || view?.hostNqnFile !== hostNqn) continue;
    throw new RdsctlError('DUPLICATE_HOST_NQN', {
      message: `${node} and ${other} have the same host NQN (${hostNqn}): they can not be fenced apart`,
      now: 'Nothing was changed.',
      hints: [{ when: `Give ${other} its own, on ${other}:`, run: 'nvme gen-hostnqn > /etc/nvme/hostnqn' }],
      details: { node, other, hostNqn },
    });
  }
}

/**
 * The export will admit the node's own host NQN and no other. A connection under another one would be shut out
 * when it has to reconnect; and a list that names somebody else was meant for somebody else.
 */
function refuseOtherIdentity(
  volume: VolumeId,
  node: string,
  { controllers }: Subsystem,
  disk: Disk,
  { hostNqn }: HostIdentity,
): void {
  const details = { volume: volume.key, node, hostNqn, allow: disk.allow };
  if (disk.allow !== '' && disk.allow !== hostNqn) {
    throw new RdsctlError('UNTRACKED_EXPORT', {
      message: `${node} is connected to ${volume.slot}, but ${volume.rds} lets ${disk.allow} in and not ${node} (${hostNqn})`,
      now: 'Nothing was changed.',
      hints: [{ when: 'See the three views:', run: `rdsctl show ${volume.slot}` }],
      details,
    });
  }
  const used = controllers.map((controller) => controller.hostNqn ?? null);
  const wrong = used.find((nqn) => nqn !== null && nqn !== hostNqn);
  const unknown = used.includes(null) && disk.allow !== hostNqn;
  if (wrong === undefined && !unknown) return;
  throw new RdsctlError('WRONG_HOST_NQN', {
    message:
      wrong === undefined
        ? `under which host NQN ${node} is connected to ${volume.slot} can not be told`
        : `${node} is connected to ${volume.slot} as ${wrong}, but its host NQN is ${hostNqn}`,
    now: 'Nothing was changed. It would be shut out at its next reconnect.',
    hints: [
      { when: `Unmount it and disconnect it on ${node}:`, run: `nvme disconnect --nqn ${disk.nqn}` },
      { when: 'Then:', run: `rdsctl attach ${volume.slot} ${node}` },
    ],
    details: { ...details, connectedAs: wrong ?? null },
  });
}
