import { RdsctlError } from '../errors/rdsctl-error.ts';
import type { FencedMark } from '../state/state.ts';
import { holds } from '../attachment/transitions.ts';
import { requireNode } from './resolve.ts';
import { checkpoint, type OperationContext } from './context.ts';
import type { NodeView } from './ports/node.ts';

export interface NodeRow {
  readonly node: string;
  readonly transport: 'ssh' | 'local';
  readonly host: string | null;
  readonly reachable: boolean;
  readonly error: RdsctlError | null;
  readonly view: NodeView | null;
  /** The host NQN it connects with: configured, read from it, or remembered. */
  readonly hostNqn: string | null;
  readonly fenced: FencedMark | null;
  /** Volume keys that the state gives it. */
  readonly volumes: readonly string[];
  /** Another node with the same host NQN. */
  readonly twin: string | null;
}

/** At most so many nodes are asked at once. */
const AT_ONCE = 32;

/** The configured nodes with what they say of themselves. Changes nothing. */
export async function nodes(context: OperationContext, only: readonly string[]): Promise<readonly NodeRow[]> {
  const state = await context.manager.state();
  for (const node of only) requireNode(context, node);
  const names = Object.keys(context.config.nodes).filter((node) => only.length === 0 || only.includes(node));
  const rows: NodeRow[] = [];
  for (let from = 0; from < names.length; from += AT_ONCE) {
    rows.push(
      ...(await Promise.all(
        names.slice(from, from + AT_ONCE).map(async (node): Promise<NodeRow> => {
          const configured = context.config.nodes[node];
          const known = state.nodes[node];
          const seen = await asked(context, node);
          return {
            node,
            transport: configured?.transport ?? 'ssh',
            host: configured?.host ?? null,
            reachable: seen.view !== null,
            ...seen,
            hostNqn: configured?.hostNqn ?? seen.view?.hostNqnFile ?? known?.hostNqn ?? null,
            fenced: known?.fenced ?? null,
            volumes: Object.values(state.attachments)
              .filter((attachment) => attachment.phase !== 'fenced' && holds(attachment, node))
              .map(({ volume }) => volume)
              .sort(),
            twin: null,
          };
        }),
      )),
    );
  }
  checkpoint(context);
  return rows.map((row) => ({
    ...row,
    twin:
      rows.find((other) => other.node !== row.node && row.hostNqn !== null && other.hostNqn === row.hostNqn)
        ?.node ?? null,
  }));
}

async function asked(
  context: OperationContext,
  node: string,
): Promise<{ view: NodeView | null; error: RdsctlError | null }> {
  try {
    return { view: await context.node(node).observe({ usesOf: [], signal: context.signal }), error: null };
  } catch (error) {
    if (!(error instanceof RdsctlError)) throw error;
    return { view: null, error };
  }
}
