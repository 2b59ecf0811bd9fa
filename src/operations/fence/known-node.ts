import { checkName } from '../../attachment/names.ts';
import type { State } from '../../state/state.ts';
import type { OperationContext } from '../context.ts';
import { requireNodeAlone } from '../resolve.ts';

/**
 * A node that the configuration names, or that the state remembers: one that was taken out of the
 * configuration must be fenceable all the same.
 * @throws RdsctlError BAD_NAME, NO_SUCH_NODE
 */
export function knownNode(context: OperationContext, state: State, name: string): string {
  checkName('node', name);
  if (Object.hasOwn(state.nodes, name)) return name;
  return requireNodeAlone(context, state, name);
}
