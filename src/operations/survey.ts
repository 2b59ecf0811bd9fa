import { Semaphore } from 'async-mutex';

import { RdsctlError } from '../errors/rdsctl-error.ts';
import type { State } from '../state/state.ts';
import { checkpoint, type OperationContext } from './context.ts';
import type { NodeView } from './ports/node.ts';
import type { ServerView } from './ports/storage-server.ts';

/** At most so many hosts are asked at once. */
const HOSTS_AT_ONCE = 32;

/** What one host said, or why it could not be asked: never read the second as "there is nothing". */
export type Answer<View> =
  { readonly view: View; readonly error: null } | { readonly view: null; readonly error: RdsctlError };

/** The three views side by side, as of about one moment. */
export interface Survey {
  /** Read before the hosts were asked. */
  readonly state: State;
  /** By storage server. */
  readonly servers: ReadonlyMap<string, Answer<ServerView>>;
  /** By node. */
  readonly nodes: ReadonlyMap<string, Answer<NodeView>>;
}

export interface SurveyRequest {
  /** The storage servers to ask; left out = all that the configuration names. */
  readonly servers?: readonly string[];
  /** The nodes to ask; left out = all that the configuration names. */
  readonly nodes?: readonly string[];
  /** NQNs whose devices are tested for being in use on each node. */
  readonly usesOf?: readonly string[];
  /** Keeps every connection: commands for other volumes may be at work on them. */
  readonly keep?: boolean;
}

/**
 * Asks storage servers and nodes side by side, one exec each, at most {@link HOSTS_AT_ONCE} at a time, which is
 * also how many nodes are connected at once.
 * A host that can not be asked is part of the answer.
 * @throws RdsctlError STATE_* and what the command was interrupted with
 */
export async function survey(context: OperationContext, request: SurveyRequest = {}): Promise<Survey> {
  const state = await context.manager.state();
  return { state, ...(await askHosts(context, request)) };
}

/** The same without the state, for when there is none that can be read. */
export async function askHosts(
  context: OperationContext,
  request: SurveyRequest = {},
): Promise<Omit<Survey, 'state'>> {
  const servers = request.servers ?? Object.keys(context.config.storageServers);
  const nodes = request.nodes ?? Object.keys(context.config.nodes);
  const { signal } = context;
  const slots = new Semaphore(HOSTS_AT_ONCE);
  // A fleet's connections would all stand until the command ends: a node that has nothing to repair is done with.
  const isFleet = nodes.length > HOSTS_AT_ONCE && request.keep !== true;
  const [seenServers, seenNodes] = await Promise.all([
    askEach(slots, servers, (name) => context.server(name).look('all', { signal })),
    askEach(slots, nodes, async (name) => {
      const node = context.node(name);
      try {
        return await node.observe({ usesOf: request.usesOf ?? [], signal });
      } finally {
        if (isFleet) await node.close();
      }
    }),
  ]);
  checkpoint(context);
  return { servers: seenServers, nodes: seenNodes };
}

async function askEach<View>(
  slots: Semaphore,
  names: readonly string[],
  ask: (name: string) => Promise<View>,
): Promise<ReadonlyMap<string, Answer<View>>> {
  const answers = await Promise.all(
    names.map((name) =>
      slots.runExclusive(async (): Promise<[string, Answer<View>]> => {
        try {
          return [name, { view: await ask(name), error: null }];
        } catch (error) {
          if (!(error instanceof RdsctlError)) throw error;
          return [name, { view: null, error }];
        }
      }),
    ),
  );
  return new Map(answers);
}
