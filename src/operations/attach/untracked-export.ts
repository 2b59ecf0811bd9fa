import { NOBODY } from '../../attachment/host-nqn.ts';
import { holds, type VolumeId } from '../../attachment/transitions.ts';
import { RdsctlError, type Hint } from '../../errors/rdsctl-error.ts';
import { step, type OperationContext } from '../context.ts';
import { subsystemOf } from '../seen.ts';
import type { Picture } from './picture.ts';

interface Others {
  /** Those that hold a controller of it, live or not. */
  readonly using: readonly string[];
  readonly unasked: readonly { readonly node: string; readonly error: RdsctlError }[];
}

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
  const { using, unasked } = await others(context, 'ask', volume, disk.nqn, [
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

/**
 * Between the look and the admission of its owner alone anybody could get into an export that was open. Nobody can
 * any more: so all are asked again, and the answer holds.
 * @throws RdsctlError UNTRACKED_EXPORT
 */
export async function refuseSecond(
  context: OperationContext,
  volume: VolumeId,
  nqn: string,
  owner: string,
): Promise<void> {
  const { using, unasked } = await others(context, 'ask-again', volume, nqn, [owner]);
  if (using.length === 0 && unasked.length === 0) return;
  const who = using.length > 0 ? using.join(' and ') : inWords(unasked);
  throw new RdsctlError('UNTRACKED_EXPORT', {
    message:
      using.length > 0
        ? `${who} connected to ${volume.slot} before ${volume.rds} let ${owner} alone in`
        : `whether somebody connected to ${volume.slot} before ${volume.rds} let ${owner} alone in can not be told: ${who}`,
    now:
      using.length > 0
        ? `Nobody but ${owner} gets in from now on, but ${who} still can write: treat ${volume.slot} as used by both.`
        : `Nobody but ${owner} gets in from now on; who is in already may still write.`,
    hints:
      using.length > 0
        ? using.map((node) => disconnectOn(node, nqn))
        : [{ when: 'When they answer, see who is connected:', run: 'rdsctl reconcile --dry-run' }],
    details: { volume: volume.key, node: owner, using, unasked: unasked.map(({ node }) => node) },
  });
}

/** Asks all nodes but these whether they hold a controller. */
async function others(
  context: OperationContext,
  id: string,
  volume: VolumeId,
  nqn: string,
  but: readonly string[],
): Promise<Others> {
  const names = Object.keys(context.config.nodes).filter((name) => !but.includes(name));
  return step(context, id, `ask ${names.length} other nodes who uses ${volume.slot}`, async () => {
    const using: string[] = [];
    const unasked: { node: string; error: RdsctlError }[] = [];
    const asked = await Promise.all(
      names.map(async (node) => {
        try {
          const view = await context.node(node).observe({ usesOf: [], signal: context.signal });
          return { node, holds: (subsystemOf(view, nqn)?.controllers.length ?? 0) > 0 };
        } catch (error) {
          if (!(error instanceof RdsctlError)) throw error;
          return { node, error };
        }
      }),
    );
    for (const answer of asked) {
      if ('error' in answer) unasked.push({ node: answer.node, error: answer.error });
      else if (answer.holds) using.push(answer.node);
    }
    return { using, unasked };
  });
}

function exportedTo({ volume, disk, present, node }: Picture): string {
  const to = disk.allow === '' ? 'any host' : disk.allow;
  return present !== undefined && holds(present, node)
    ? `${volume.slot} is attached to ${node}, but ${volume.rds} exports it to ${to}, which was not by this rdsctl`
    : `${volume.slot} is exported on ${volume.rds} (to ${to}), but not by this rdsctl`;
}

function inWords(unasked: Others['unasked']): string {
  return unasked.map(({ node, error }) => `${node} (${error.message})`).join('; ');
}

function disconnectOn(node: string, nqn: string): Hint {
  return {
    when: `If it is not to have it, end that use and disconnect it, on ${node}:`,
    run: `nvme disconnect -n ${nqn}`,
  };
}
