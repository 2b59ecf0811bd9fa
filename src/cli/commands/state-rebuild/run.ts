import { EXIT_CODES } from '../../../errors/exit-codes.ts';
import { rebuild, type RebuildProposal, type RebuildResult } from '../../../operations/rebuild/rebuild.ts';
import type { Confirmation, Handler } from '../../command.ts';
import { openRebuilding } from '../../operating/rebuilding.ts';
import { findingText } from '../../output/finding-text.ts';
import { differenceBody, differenceLines } from '../../output/state-difference.ts';
import { PLAIN, type Style } from '../../output/style.ts';
import type { stateRebuild } from './definition.ts';

/** Makes the state again from the storage servers and nodes. */
export const run: Handler<typeof stateRebuild> = async (command) => {
  const { common, confirm, options, out } = command;
  const { context, mayTouch, close } = await openRebuilding(command);
  try {
    const result = await rebuild(
      context,
      { lineage: options.lineage ?? null, partial: options.partial, dryRun: common.dryRun },
      mayTouch,
      (proposal) => confirm(question(proposal, options.lineage)),
    );
    const { rebuilt, difference, unasked } = result;
    await out.one({
      kind: 'StateChange',
      body: () => ({
        location: context.care.location,
        dryRun: common.dryRun,
        changed: result.changed,
        from: null,
        lineage: rebuilt.lineage,
        serial: result.written?.serial ?? null,
        difference: differenceBody(difference),
        unasked,
        findings: rebuilt.findings.map(({ level, where, what, fix }) => ({ level, where, what, fix })),
      }),
      text: (style) => resultText(result, common.dryRun, style),
      names: () => Object.keys(rebuilt.body.attachments).sort(),
    });
    return EXIT_CODES.OK;
  } finally {
    await close();
  }
};

function question(proposal: RebuildProposal, asked: string | undefined): Confirmation {
  const count = Object.keys(proposal.rebuilt.body.attachments).length;
  return {
    about:
      proposalText(proposal, PLAIN) +
      (asked === undefined
        ? ''
        : `No other rdsctl state may be in use with lineage ${asked}: two would overrule each other.\n`),
    question: `Write this state (${count === 1 ? '1 attachment' : `${count} attachments`})?`,
  };
}

function proposalText({ inspection, rebuilt, difference }: RebuildProposal, style: Style): string {
  const { state, fault } = inspection;
  const now =
    state !== null
      ? `The state now is of serial ${state.serial}. A rebuild would change:`
      : `${fault === null ? 'There is no state now' : `The state now can not be used (${fault.message})`}. It would be made from the storage servers:`;
  const lines = differenceLines(difference);
  return (
    `${now}\n${lines.length === 0 ? 'nothing' : lines.join('\n')}\n` +
    rebuilt.findings.map((finding) => findingText(finding, style)).join('')
  );
}

function resultText(result: RebuildResult, dryRun: boolean, style: Style): string {
  const { rebuilt, written } = result;
  const findings = rebuilt.findings.map((finding) => findingText(finding, style)).join('');
  if (dryRun) return `${proposalText(result, style)}Nothing was changed.\n`;
  if (written === null)
    return `${findings}the state is as the storage servers say ${style.dim('(nothing changed)')}\n`;
  const count = Object.keys(written.attachments).length;
  return `${findings}${style.good('rebuilt')}: ${count === 1 ? '1 attachment' : `${count} attachments`}, serial ${written.serial}; what was there is kept beside it\n`;
}
