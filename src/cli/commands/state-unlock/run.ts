import { EXIT_CODES } from '../../../errors/exit-codes.ts';
import { RdsctlError } from '../../../errors/rdsctl-error.ts';
import { unlock, type UnlockResult } from '../../../operations/care/unlock.ts';
import type { ListedLock } from '../../../state/lock-care.ts';
import { holderText } from '../../../state/holder-text.ts';
import type { Confirmation, Handler } from '../../command.ts';
import { openCare } from '../../operating/care.ts';
import type { stateUnlock } from './definition.ts';
import { lockBody, lockTable } from './lock-table.ts';

/** Lists locks, and removes what was left behind. */
export const run: Handler<typeof stateUnlock> = async (command) => {
  const { args, common, confirm, io, now, options, out } = command;
  if (args.target !== undefined && options.dead)
    throw new RdsctlError('BAD_ARGUMENT', {
      message: '--dead is about every lock: it takes no VOLUME or ID',
      now: 'Nothing was changed.',
    });
  const isList = args.target === undefined && !options.dead;
  const { context, close } = await openCare(command);
  try {
    const result = await unlock(
      context,
      { target: args.target ?? null, dead: options.dead, dryRun: common.dryRun },
      (lock) => confirm(question(lock)),
    );
    const shown = isList ? result.locks : result.released;
    await out.list({
      kind: 'LockList',
      itemKind: 'Lock',
      items: shown,
      item: lockBody,
      extra: { dryRun: common.dryRun, changed: result.changed },
      text: (style) => (isList ? lockTable(shown, now(), style) : releasedText(result, common.dryRun)),
      names: () => shown.map(({ name }) => name),
    });
    if (common.verbose > 0 && !isList) await io.stderr.write(lockTable(result.locks, now(), out.style));
    return EXIT_CODES.OK;
  } finally {
    await close();
  }
};

function question({ name, alive, holder, quietMs }: ListedLock): Confirmation {
  const silent = quietMs === null ? '' : ` Its last sign of life was ${Math.round(quietMs / 1000)} s ago.`;
  const after =
    alive === true
      ? `It lives. It finds out before its next change and stops; others get the lock only when it has ended (kill ${holder?.pid ?? ''}).`
      : `Whether it lives can't be seen from here.${silent} If it does, two commands may work on ${name} at once until it notices; only the storage server's token check keeps them apart then.`;
  return {
    about: `${name} is locked by ${holderText(holder)}.\n${after}`,
    question: `Take the lock of ${name} away?`,
    expect: name,
  };
}

function releasedText({ released }: UnlockResult, dryRun: boolean): string {
  if (released.length === 0) return 'No lock was removed: none of a dead process is there.\n';
  return released
    .map(
      ({ name, holder }) =>
        `${dryRun ? 'would remove' : 'removed'} the lock of ${name}, held by ${holderText(holder)}\n`,
    )
    .join('');
}
