import type { RdsctlError } from '../errors/rdsctl-error.ts';
import type { FencedMark, State } from '../state/state.ts';
import { holds } from '../attachment/transitions.ts';
import { requireNode } from './resolve.ts';
import type { OperationContext } from './context.ts';
import type { NodeView } from './ports/node.ts';
import { survey, type Answer } from './survey.ts';

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

/** The configured nodes with what they say of themselves. Changes nothing. */
export async function nodes(context: OperationContext, only: readonly string[]): Promise<readonly NodeRow[]> {
  for (const node of only) requireNode(context, node);
  const names = Object.keys(context.config.nodes).filter((node) => only.length === 0 || only.includes(node));
  const seen = await survey(context, { servers: [], nodes: names });
  const rows = [...seen.nodes].map(([node, answer]) => rowOf(context, seen.state, node, answer));
  return rows.map((row) => ({
    ...row,
    twin:
      rows.find((other) => other.node !== row.node && row.hostNqn !== null && other.hostNqn === row.hostNqn)
        ?.node ?? null,
  }));
}

function rowOf(context: OperationContext, state: State, node: string, answer: Answer<NodeView>): NodeRow {
  const configured = context.config.nodes[node];
  const known = state.nodes[node];
  return {
    node,
    transport: configured?.transport ?? 'ssh',
    host: configured?.host ?? null,
    reachable: answer.view !== null,
    ...answer,
    hostNqn: configured?.hostNqn ?? answer.view?.hostNqnFile ?? known?.hostNqn ?? null,
    fenced: known?.fenced ?? null,
    volumes: Object.values(state.attachments)
      .filter((attachment) => attachment.phase !== 'fenced' && holds(attachment, node))
      .map(({ volume }) => volume)
      .sort(),
    twin: null,
  };
}
