import type { Attachment } from '../../attachment/attachment.ts';
import type { StateDifference } from '../../operations/care/compare.ts';

/** What would be another, one line each; empty when nothing would. */
export function differenceLines(difference: StateDifference): string[] {
  const { gained, lost, changed, olderTokens, marksGained, marksLost } = difference;
  const lines = [
    ...lost.map((one) => `- ${one.volume} ${words(one)}`),
    ...gained.map((one) => `+ ${one.volume} ${words(one)}`),
    ...changed.map(({ before, after }) =>
      words(before) === words(after)
        ? `~ ${after.volume} ${words(after)} (details only)`
        : `~ ${after.volume} ${words(before)} -> ${words(after)}`,
    ),
    ...marksLost.map((node) => `- ${node} is marked as fenced`),
    ...marksGained.map((node) => `+ ${node} is marked as fenced`),
    ...olderTokens.map(({ volume, before, after }) => `! ${volume} token ${before} -> ${after} (older)`),
  ];
  return lines.length === 0 && !difference.same ? ['~ tokens, or what is remembered of nodes'] : lines;
}

function words({ phase, holders, intent }: Attachment): string {
  const who = holders.map(({ node }) => node).join(' and ');
  return `${phase === 'fenced' ? 'fenced off' : phase === 'attached' ? 'attached to' : `${phase} on`} ${who}${intent === null ? '' : ' (unfinished)'}`;
}

/** The same for machines. */
export function differenceBody(difference: StateDifference): object {
  const { gained, lost, changed, olderTokens, marksGained, marksLost } = difference;
  const entry = ({ volume, phase, holders, token }: Attachment): object => ({
    volume,
    phase,
    nodes: holders.map(({ node }) => node),
    fencingToken: token,
  });
  return {
    gained: gained.map(entry),
    lost: lost.map(entry),
    changed: changed.map(({ before, after }) => ({ before: entry(before), after: entry(after) })),
    olderTokens,
    fenceMarksLost: marksLost,
    fenceMarksGained: marksGained,
  };
}
