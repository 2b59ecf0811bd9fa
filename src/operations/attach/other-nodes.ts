import type { VolumeId } from '../../attachment/transitions.ts';
import { RdsctlError, type Hint } from '../../errors/rdsctl-error.ts';
import { step, type OperationContext } from '../context.ts';
import { subsystemOf } from '../seen.ts';

export interface OtherNodes {
  /** Those that hold a controller of it, live or not. */
  readonly using: readonly string[];
  readonly unasked: readonly { readonly node: string; readonly error: RdsctlError }[];
}

/** Asks all nodes but these whether they hold a controller. */
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
    const using: string[] = [];
    const unasked: { node: string; error: RdsctlError }[] = [];
    const asked = await Promise.all(
      names.map(async (node) => {
        try {
          const view = await context.node(node).observe({ usesOf: [], signal });
          return { node, holds: (subsystemOf(view, nqn)?.controllers.length ?? 0) > 0 };
        } catch (error) {
          if (!(error instanceof RdsctlError)) throw error;
          return { node, error };
        }
      }),
    );
    for (const answer of asked) {
      if ('error' in answer) unasked.push({ node: answer.node, error: answer.error });
      else if (answer.holds) using.push(answer.node);
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
