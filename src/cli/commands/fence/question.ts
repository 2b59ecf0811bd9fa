import { holds } from '../../../attachment/transitions.ts';
import type { OperationContext } from '../../../operations/context.ts';
import type { Confirmation } from '../../command.ts';

/** What a fence would do, for the operator to agree to by typing the node's name. */
export async function fenceQuestion(
  context: OperationContext,
  node: string,
  only: readonly string[],
): Promise<Confirmation> {
  const { attachments } = await context.manager.state();
  const volumes = Object.values(attachments)
    .filter((attachment) => holds(attachment, node))
    .map(({ slot }) => slot)
    .filter((slot) => only.length === 0 || only.some((name) => name === slot || name.endsWith(`/${slot}`)));
  const what =
    volumes.length === 0 ? 'The state gives it no volume.' : `It loses ${volumes.join(', ')} at once.`;
  return {
    about: `${node} is cut off at the storage servers. ${what}\nWhat it has not written yet is lost; nothing can be attached to it until unfence.`,
    question: `Fence ${node}?`,
    expect: node,
  };
}
