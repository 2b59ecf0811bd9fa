import { EXIT_CODES } from '../../../errors/exit-codes.ts';
import { importState, type ImportProposal, type ImportResult } from '../../../operations/care/import.ts';
import type { State } from '../../../state/state.ts';
import type { Confirmation, Handler } from '../../command.ts';
import { openCare } from '../../operating/care.ts';
import { differenceBody, differenceLines } from '../../output/state-difference.ts';
import type { Style } from '../../output/style.ts';
import type { stateImport } from './definition.ts';
import { readExport } from './read-export.ts';

/** Puts an exported state in the place of the state. */
export const run: Handler<typeof stateImport> = async (command) => {
  const { args, common, confirm, options, out } = command;
  const { state, from } = await readExport(args.file, command);
  const { context, close } = await openCare(command);
  const { location } = context.care;
  try {
    const result = await importState(
      context,
      { state, from, lineage: options.lineage ?? null, older: options.older, dryRun: common.dryRun },
      (proposal) => confirm(question(proposal, state, from, location)),
    );
    await out.one({
      kind: 'StateChange',
      body: () => ({
        location,
        dryRun: common.dryRun,
        changed: result.changed,
        from: { location: from, lineage: state.lineage, serial: state.serial },
        lineage: state.lineage,
        serial: result.written?.serial ?? null,
        difference: differenceBody(result.difference),
      }),
      text: (style) => resultText(result, { state, from, location, dryRun: common.dryRun, style }),
      names: () => [location],
    });
    return EXIT_CODES.OK;
  } finally {
    await close();
  }
};

function question(proposal: ImportProposal, state: State, from: string, location: string): Confirmation {
  return {
    about: proposalText(proposal, state, from),
    question: `Put it in the place of the state at ${location}?`,
  };
}

function proposalText({ inspection, difference }: ImportProposal, imported: State, from: string): string {
  const { state, fault } = inspection;
  const head = `${from} holds serial ${imported.serial} of lineage ${imported.lineage}.`;
  const lines = differenceLines(difference);
  const changes = `${lines.length === 0 ? 'nothing but the serial number' : lines.join('\n')}\n`;
  if (state === null)
    return `${head} ${fault === null ? 'There is no state here yet.' : 'What is here can not be used, so what would be lost can not be told.'} It would bring:\n${changes}`;
  const other = state.lineage === imported.lineage ? '' : `, of another lineage (${state.lineage})`;
  return (
    `${head} The state here is of serial ${state.serial}${other}. It would change:\n${changes}` +
    (difference.marksLost.length > 0
      ? `${difference.marksLost.join(', ')} would no longer be marked as fenced: volumes could be attached there again.\n`
      : '') +
    (difference.olderTokens.length > 0
      ? 'Storage servers that know newer tokens refuse to be changed (exit 4) until: rdsctl state rebuild\n'
      : '')
  );
}

function resultText(
  result: ImportResult,
  told: {
    readonly state: State;
    readonly from: string;
    readonly location: string;
    readonly dryRun: boolean;
    readonly style: Style;
  },
): string {
  const { written, inspection } = result;
  const { state, from, location, dryRun, style } = told;
  if (written !== null)
    return (
      `${location} ${style.good('holds')} what was in ${from}: serial ${written.serial}, ${attachments(written)}` +
      `${inspection.state === null && inspection.fault === null ? '' : '; what was there is kept beside it'}\n` +
      `Take the other copy out of use now: who uses it is refused where this one has changed something.\n`
    );
  const isThere = inspection.state?.lineage === state.lineage && result.difference.same;
  if (isThere && inspection.state.serial >= state.serial)
    return `${location} holds that state already ${style.dim('(nothing changed)')}\n`;
  return dryRun ? `${proposalText(result, state, from)}Nothing was changed.\n` : '';
}

function attachments(state: State): string {
  const count = Object.keys(state.attachments).length;
  return count === 1 ? '1 attachment' : `${count} attachments`;
}
