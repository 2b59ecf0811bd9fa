import { NOBODY } from '../../attachment/host-nqn.ts';
import { RdsctlError } from '../../errors/rdsctl-error.ts';
import { step, type OperationContext } from '../context.ts';
import { subsystemOf } from '../seen.ts';
import type { Picture } from './picture.ts';

/**
 * A volume that is exported although this state gave it to nobody may be in use by hands unknown. All other
 * nodes are asked. Found on one: refused. Nowhere, and all were asked: it may be cut and granted. Some node
 * can't be asked: refused, unless the operator takes it over.
 * @throws RdsctlError UNTRACKED_EXPORT
 */
export async function askOthers(
  context: OperationContext,
  { volume, node, disk, claim }: Picture,
  takeOver: boolean,
): Promise<void> {
  // A revoke of our own that was cut short: the list names nobody already, only the export is left.
  if (claim.tag !== null && disk.allow === NOBODY) return;
  const others = Object.keys(context.config.nodes).filter((other) => other !== node);
  await step(context, 'ask', `ask ${others.length} other nodes who uses ${volume.slot}`, async () => {
    const answers = await Promise.all(
      others.map(async (other) => {
        try {
          const view = await context.node(other).observe({ usesOf: [], signal: context.signal });
          return { other, holds: (subsystemOf(view, disk.nqn)?.controllers.length ?? 0) > 0, error: null };
        } catch (error) {
          if (!(error instanceof RdsctlError)) throw error;
          return { other, holds: false, error };
        }
      }),
    );
    const using = answers.filter(({ holds }) => holds).map(({ other }) => other);
    const unasked = answers.filter(({ error }) => error !== null);
    const details = {
      volume: volume.key,
      node,
      allow: disk.allow,
      using,
      unasked: unasked.map(({ other }) => other),
    };
    const exported = `${volume.slot} is exported on ${volume.rds} (to ${disk.allow === '' ? 'any host' : disk.allow}), but not by this rdsctl`;
    if (using.length > 0) {
      throw new RdsctlError('UNTRACKED_EXPORT', {
        message: `${exported}: ${using.join(' and ')} ${using.length === 1 ? 'is' : 'are'} connected to it`,
        now: 'Nothing was changed.',
        hints: [
          { when: 'To take the connection into the state:', run: `rdsctl adopt ${volume.slot}` },
          { when: `If ${using[0] ?? ''} is dead, cut it off first:`, run: `rdsctl fence ${using[0] ?? ''}` },
        ],
        details,
      });
    }
    if (unasked.length === 0) return;
    const who = unasked.map(({ other, error }) => `${other} (${error?.message ?? ''})`).join('; ');
    if (takeOver) {
      context.report({
        type: 'warning',
        message: `${exported}; taken over although these could not be asked: ${who}`,
      });
      return;
    }
    throw new RdsctlError('UNTRACKED_EXPORT', {
      message: `${exported}, and who uses it can not be told: ${who}`,
      now: 'Nothing was changed.',
      hints: [
        {
          when: 'If it is certain that none of them uses it:',
          run: `rdsctl attach ${volume.slot} ${node} --take-over`,
        },
        { when: 'Otherwise cut them off first:', run: `rdsctl fence ${unasked[0]?.other ?? ''}` },
      ],
      details,
    });
  });
}
