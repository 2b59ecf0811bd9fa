import { NOBODY } from '../../attachment/host-nqn.ts';
import { holds } from '../../attachment/transitions.ts';
import { RdsctlError } from '../../errors/rdsctl-error.ts';
import type { OperationContext } from '../context.ts';
import { askOtherNodes, disconnectOn, inWords } from './other-nodes.ts';
import type { Picture } from './picture.ts';

/**
 * A volume that is exported although this state gave it to nobody, or not so, may be in use by hands unknown. All
 * other nodes are asked. Found on one: refused. Nowhere, and all were asked: it may be cut and granted.
 * @param unaskedIs what becomes of it when some node can't be asked
 * @returns whether all could be asked
 * @throws RdsctlError UNTRACKED_EXPORT
 */
export async function askOthers(
  context: OperationContext,
  picture: Picture,
  unaskedIs: 'refuse' | 'warn' | 'let be',
): Promise<boolean> {
  const { volume, node, disk, claim, sharing } = picture;
  // A revoke of our own that was cut short: the list names nobody already, only the export is left.
  if (claim.tag?.owners.length === 0 && disk.allow === NOBODY) return true;
  const { using, unasked } = await askOtherNodes(context, 'ask', volume, disk.nqn, [
    node,
    ...(sharing?.owners ?? []),
  ]);
  const details = {
    volume: volume.key,
    node,
    allow: disk.allow,
    using,
    unasked: unasked.map((one) => one.node),
  };
  const exported = exportedTo(picture);
  if (using.length > 0) {
    throw new RdsctlError('UNTRACKED_EXPORT', {
      message: `${exported}: ${using.join(' and ')} ${using.length === 1 ? 'is' : 'are'} connected to it`,
      now: 'Nothing was changed.',
      hints: [
        picture.present === undefined
          ? { when: 'To take the connection into the state:', run: `rdsctl adopt ${volume.slot}` }
          : disconnectOn(using[0] ?? '', disk.nqn),
        { when: `If ${using[0] ?? ''} is dead, cut it off first:`, run: `rdsctl fence ${using[0] ?? ''}` },
      ],
      details,
    });
  }
  if (unasked.length === 0) return true;
  if (unaskedIs === 'let be') return false;
  const who = inWords(unasked);
  if (unaskedIs === 'warn') {
    context.report({
      type: 'warning',
      message: `${exported}; taken over although these could not be asked: ${who}`,
    });
    return false;
  }
  throw new RdsctlError('UNTRACKED_EXPORT', {
    message: `${exported}, and who uses it can not be told: ${who}`,
    now: 'Nothing was changed.',
    hints: [
      {
        when: 'If it is certain that none of them uses it:',
        run: `rdsctl attach ${volume.slot} ${node} --take-over`,
      },
      { when: 'Otherwise cut them off first:', run: `rdsctl fence ${unasked[0]?.node ?? ''}` },
    ],
    details,
  });
}

function exportedTo({ volume, disk, present, node }: Picture): string {
  const to = disk.allow === '' ? 'any host' : disk.allow;
  return present !== undefined && holds(present, node)
    ? `${volume.slot} is attached to ${node}, but ${volume.rds} exports it to ${to}, which was not by this rdsctl`
    : `${volume.slot} is exported on ${volume.rds} (to ${to}), but not by this rdsctl`;
}
