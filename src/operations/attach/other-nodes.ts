import type { VolumeId } from '../../attachment/transitions.ts';
import type { Hint, RdsctlError } from '../../errors/rdsctl-error.ts';
import { step, type OperationContext } from '../context.ts';
import { subsystemOf } from '../seen.ts';
import { askHosts } from '../survey.ts';

export interface OtherNodes {
  /** Those that hold a controller of it, live or not. */
  readonly using: readonly string[];
  readonly unasked: readonly { readonly node: string; readonly error: RdsctlError }[];
}

/**
 * Asks all nodes but these whether they hold a controller.
 * @param signal what it may be interrupted by
 * @throws RdsctlError what it was interrupted with
 */
export async function askOtherNodes(
  context: OperationContext,
  id: string,
  volume: VolumeId,
  nqn: string,
  but: readonly string[],
  signal: AbortSignal = context.signal,
): Promise<OtherNodes> {
  const names = Object.keys(context.config.nodes).filter((name) => !but.includes(name));
  return step(context, id, `ask ${names.length} other nodes who uses ${volume.slot}`, async () => {
    const { nodes } = await askHosts({ ...context, signal }, { servers: [], nodes: names, keep: true });
    const using: string[] = [];
    const unasked: { node: string; error: RdsctlError }[] = [];
    for (const [node, { view, error }] of nodes) {
      if (view === null) unasked.push({ node, error });
      else if ((subsystemOf(view, nqn)?.controllers.length ?? 0) > 0) using.push(node);
    }
    return { using, unasked };
  });
}

export function inWords(unasked: OtherNodes['unasked']): string {
  return unasked.map(({ node, error }) => `${node} (${error.message})`).join('; ');
}

export function disconnectOn(node: string, nqn: string): Hint {
  return {
    when: `If it is not to have it, end that use and disconnect it, on ${node}:`,
    run: `nvme disconnect -n ${nqn}`,
  };
}
