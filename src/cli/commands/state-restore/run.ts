import { resolve } from 'node:path';
import { existsSync } from 'node:fs';
import { EXIT_CODES } from '../../../errors/exit-codes.ts';
import { restoreState, type RestoreProposal, type RestoreResult } from '../../../operations/care/restore.ts';
import type { Confirmation, Handler } from '../../command.ts';
import { openCare } from '../../operating/care.ts';
import { differenceBody, differenceLines } from '../../output/state-difference.ts';
import { PLAIN, type Style } from '../../output/style.ts';
import { formatAge } from '../../output/units.ts';
import { copyBody, copyTable } from '../state-backup/copy-body.ts';
import type { stateRestore } from './definition.ts';

/** Lists the backups, or goes back to one. */
export const run: Handler<typeof stateRestore> = async (command) => {
  const { args, common, confirm, io, now, options, out } = command;
  const { context, close } = await openCare(command);
  try {
    if (options.list) {
      const { copies } = await context.care.inspect();
      await out.list({
        kind: 'StateBackupList',
        itemKind: 'StateBackup',
        items: copies,
        item: copyBody,
        text: (style) => copyTable(copies, now(), style),
        names: () => copies.map(({ name }) => name),
      });
      return EXIT_CODES.OK;
    }
    const result = await restoreState(
      context,
      {
        backup: args.backup === undefined ? null : named(args.backup, io.cwd),
        lineage: options.lineage ?? null,
        dryRun: common.dryRun,
      },
      (proposal) => confirm(question(proposal, now())),
    );
    await out.one({
      kind: 'StateChange',
      body: () => ({
        location: context.care.location,
        dryRun: common.dryRun,
        changed: result.changed,
        from: copyBody(result.copy),
        lineage: result.copy.state?.lineage ?? null,
        serial: result.written?.serial ?? null,
        difference: differenceBody(result.difference),
      }),
      text: (style) => resultText(result, common.dryRun, style, now()),
      names: () => [result.copy.name],
    });
    return EXIT_CODES.OK;
  } finally {
    await close();
  }
};

/** A file of this directory is meant by its path. */
function named(backup: string, cwd: string): string {
  const path = resolve(cwd, backup);
  return backup.includes('/') || existsSync(path) ? path : backup;
}

function question(proposal: RestoreProposal, now: Date): Confirmation {
  return {
    about: `${copyTable(proposal.inspection.copies, now, PLAIN)}\n${proposalText(proposal, now)}`,
    question: `Put ${proposal.copy.name} in the place of the state?`,
  };
}

function proposalText({ inspection, copy, difference }: RestoreProposal, now: Date): string {
  const { state, fault } = inspection;
  const age = copy.takenAt === null ? '' : `, ${formatAge(copy.takenAt, now)} old`;
  const what = `${copy.name} is of serial ${copy.state?.serial ?? 0}${age}.`;
  if (state === null)
    return (
      `${what} ${fault === null ? 'There is no state now.' : 'What is there now can not be read, so what would be lost can not be told.'}\n` +
      `${differenceLines(difference).join('\n')}\n${OLD_TOKENS}`
    );
  const lines = differenceLines(difference);
  return (
    `${what} The state now is of serial ${state.serial}. Going back:\n` +
    `${lines.length === 0 ? 'changes nothing but the serial number' : lines.join('\n')}\n` +
    (difference.marksLost.length > 0
      ? `${difference.marksLost.join(', ')} would no longer be marked as fenced: volumes could be attached there again.\n`
      : '') +
    OLD_TOKENS
  );
}

const OLD_TOKENS =
  'Where a storage server knows newer tokens than the backup it refuses to be changed (exit 4) until: rdsctl state rebuild\n';

function resultText(result: RestoreResult, dryRun: boolean, style: Style, now: Date): string {
  const { copy, written, changed } = result;
  if (dryRun) return `${proposalText(result, now)}Nothing was changed.\n`;
  if (!changed || written === null)
    return `the state is whole, and not older than ${copy.name} ${style.dim('(nothing changed)')}\n`;
  return (
    `the state is what ${style.bold(copy.name)} holds, as serial ${written.serial}; what was there is kept beside it\n` +
    `To see whether the storage servers know something newer:  ${style.bold('rdsctl state check --remote')}\n`
  );
}
