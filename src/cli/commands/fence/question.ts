import { holds } from '../../../attachment/transitions.ts';
import { saysOfKeepers } from '../../../operations/fence/kept.ts';
import type { OperationContext } from '../../../operations/context.ts';
import type { Confirmation } from '../../command.ts';

/** What a fence would do, for the operator to agree to by typing the node's name. */
export async function fenceQuestion(
  context: OperationContext,
  node: string,
  only: readonly string[],
): Promise<Confirmation> {
  const state = await context.manager.state();
  const held = Object.values(state.attachments)
    .filter((attachment) => holds(attachment, node))
    .filter(
      ({ slot }) => only.length === 0 || only.some((name) => name === slot || name.endsWith(`/${slot}`)),
    );
  const volumes = held.map(({ slot }) => slot);
  const shared = saysOfKeepers(
    context,
    state,
    node,
    held.map((attachment) => ({ key: attachment.volume, slot: attachment.slot, attachment })),
  );
  const what =
    volumes.length === 0 ? 'The state gives it no volume.' : `It loses ${volumes.join(', ')} at once.`;
  return {
    about: `${node} is cut off at the storage servers. ${what}\n${shared.map((sentence) => `${sentence}.\n`).join('')}What it has not written yet is lost; nothing can be attached to it until unfence.`,
    question: `Fence ${node}?`,
    expect: node,
  };
}
