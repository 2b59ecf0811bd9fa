import { volumeKey } from '../../attachment/names.ts';
import { RdsctlError } from '../../errors/rdsctl-error.ts';
import type { Inspection } from '../../state/care.ts';
import type { State } from '../../state/state.ts';
import { audited } from '../audited.ts';
import { withoutOthers, type CareContext } from '../care/care-context.ts';
import { compareStates, type StateDifference } from '../care/compare.ts';
import { step, type OperationContext } from '../context.ts';
import { drain, notDrained } from '../drain.ts';
import type { MayTouch } from '../resolve.ts';
import { askHosts, type Survey } from '../survey.ts';
import type { NodeFacts, Rebuilt, ServerFacts } from './facts.ts';
import { chooseLineage, countLineages } from './lineage.ts';
import { rebuildState } from './rebuild-state.ts';

export interface RebuildRequest {
  readonly lineage: string | null;
  /** Keep what a readable state says of storage servers that can't be asked. */
  readonly partial: boolean;
  readonly dryRun: boolean;
}

/** What a rebuild works with: hosts, and the care of the state. */
export interface RebuildContext extends OperationContext, CareContext {
  readonly newLineage: () => string;
}

/** What a rebuild would write. */
export interface RebuildProposal {
  readonly inspection: Inspection;
  readonly rebuilt: Rebuilt;
  readonly difference: StateDifference;
  /** Storage servers that could not be asked. */
  readonly unasked: readonly string[];
}

export interface RebuildResult extends RebuildProposal {
  /** Null when nothing was written. */
  readonly written: State | null;
  readonly changed: boolean;
}

/**
 * Makes the state again from the tags on the storage servers and from what the nodes say.
 * @param ask returns when the operator agrees; not called when there is nothing to do
 * @throws RdsctlError UNREACHABLE kinds, AMBIGUOUS_LINEAGE, NOT_DRAINED, LOCKED, CHANGED_MEANWHILE, STATE_UNWRITABLE
 */
export async function rebuild(
  context: RebuildContext,
  request: RebuildRequest,
  mayTouch: MayTouch,
  ask: (proposal: RebuildProposal) => Promise<void>,
): Promise<RebuildResult> {
  return audited(context, 'rebuild', { volume: null, node: null }, (trail) =>
    withoutOthers(context, request.dryRun, async (holding) => {
      const proposal = await proposeRebuild(context, request, mayTouch);
      const { inspection, rebuilt, difference } = proposal;
      const isThere =
        inspection.fault === null &&
        difference.same &&
        (inspection.state === null || inspection.state.lineage === rebuilt.lineage);
      if (isThere || request.dryRun) return { ...proposal, written: null, changed: false };
      await ask(proposal);
      await proveDrained(context, rebuilt);
      const written = await step(context, 'state', 'state: write what was found', () =>
        context.care.replace({
          fingerprint: inspection.fingerprint,
          lineage: rebuilt.lineage,
          body: rebuilt.body,
          holding,
          signal: context.signal,
        }),
      );
      trail.changed(
        context.care.location,
        `rebuilt as serial ${written.serial} with ${Object.keys(written.attachments).length} attachments`,
      );
      return { ...proposal, written, changed: true };
    }),
  );
}

/** Asks everybody, and works out the state as it should be. Changes nothing. */
export async function proposeRebuild(
  context: RebuildContext,
  request: Pick<RebuildRequest, 'lineage' | 'partial'>,
  mayTouch: MayTouch,
): Promise<RebuildProposal> {
  const inspection = await context.care.inspect();
  const hosts = await step(context, 'ask', 'ask the storage servers and nodes', () => askHosts(context));
  const unasked = refuseUnasked(hosts, request.partial, inspection);
  const servers = serverFacts(context, hosts);
  const disks = [...servers.values()].flatMap((server) => server?.disks ?? []);
  const { asked, known } = { asked: request.lineage, known: inspection.lineage };
  const lineage = chooseLineage({ asked, known, tags: countLineages(disks) }) ?? context.newLineage();
  // What another lineage gave out, or said, is nothing to this one.
  const ours = (state: State | null): State | null => (state?.lineage === lineage ? state : null);
  const present = ours(inspection.state);
  const remembered = inspection.copies.find((copy) => ours(copy.state) !== null)?.state ?? null;
  const rebuilt = rebuildState({
    present,
    remembered,
    lineage,
    floors: await floors(context, [present, ...inspection.copies.map(({ state }) => ours(state))]),
    servers,
    nodes: nodeFacts(context, hosts),
    mayTouch,
    now: context.clock.now().toISOString(),
    by: context.by,
  });
  return { inspection, rebuilt, difference: compareStates(inspection.state, rebuilt.body), unasked };
}

function refuseUnasked(hosts: Omit<Survey, 'state'>, partial: boolean, { state }: Inspection): string[] {
  const failed = [...hosts.servers].flatMap(([rds, { error }]) => (error === null ? [] : [{ rds, error }]));
  const [first] = failed;
  if (first === undefined) return [];
  const names = failed.map(({ rds }) => rds);
  if (partial && state !== null) return names;
  throw first.error.with({
    message: `${first.error.message}${failed.length > 1 ? ` (and so can't ${names.slice(1).join(', ')})` : ''}`,
    now: `Nothing was changed: what ${names.join(', ')} exports can not be known.`,
    hints: [
      ...first.error.hints,
      ...(state === null
        ? []
        : [
            {
              when: `To keep what the state says of ${names.join(', ')}:`,
              run: 'rdsctl state rebuild --partial',
            },
          ]),
    ],
    details: { unasked: names },
  });
}

function serverFacts(
  context: RebuildContext,
  hosts: Omit<Survey, 'state'>,
): ReadonlyMap<string, ServerFacts | null> {
  return new Map(
    [...hosts.servers].map(([rds, { view }]): [string, ServerFacts | null] => [
      rds,
      view === null ? null : { address: context.server(rds).nvmeAddress, disks: view.disks },
    ]),
  );
}

function nodeFacts(context: RebuildContext, hosts: Omit<Survey, 'state'>): ReadonlyMap<string, NodeFacts> {
  return new Map(
    [...hosts.nodes].map(([node, { view }]): [string, NodeFacts] => [
      node,
      { hostNqn: context.config.nodes[node]?.hostNqn ?? null, view },
    ]),
  );
}

/** The highest token of each volume of which there is a trace. */
async function floors(
  context: RebuildContext,
  states: readonly (State | null)[],
): Promise<ReadonlyMap<string, number>> {
  const highest = new Map<string, number>();
  const raise = (key: string, token: number): void => {
    highest.set(key, Math.max(token, highest.get(key) ?? 0));
  };
  for (const state of states)
    for (const [key, token] of Object.entries(state?.tokens ?? {})) raise(key, token);
  try {
    const { whole, tokens } = await context.auditReader.verify();
    // One that was tampered with proves nothing.
    if (whole) for (const [key, token] of tokens) raise(key, token);
  } catch (error) {
    if (!(error instanceof RdsctlError)) throw error;
    context.report({ type: 'warning', message: `${error.message}; the tokens in it are not known` });
  }
  return highest;
}

/**
 * A volume that its tag gives to nobody may have been cut off a moment ago, by a command whose intent is lost
 * with the state: an old write may still land. Without the intent the next attach would not wait for it.
 */
async function proveDrained(context: RebuildContext, { undrained }: Rebuilt): Promise<void> {
  const byServer = new Map<string, string[]>();
  for (const { rds, slot } of undrained) byServer.set(rds, [...(byServer.get(rds) ?? []), slot]);
  for (const [rds, slots] of byServer) {
    await step(
      context,
      'drain',
      `${rds}: nothing in flight for the ${slots.length} volumes that nobody has?`,
      async () => {
        const left = await drain(context, context.server(rds), slots, context.clock.monotonic());
        const [first] = left;
        if (first === undefined) return;
        const [slot, inFlight] = first;
        throw notDrained(rds, slot, inFlight, context.config.fence.drainTimeout / 1000).with({
          message: `${volumeKey(rds, slot)} belongs to nobody, but it is not proved that no old write is in flight for it`,
          now: 'Nothing was changed.',
          hints: [{ when: 'Try again when the disks are quiet:', run: 'rdsctl state rebuild' }],
        });
      },
    );
  }
}
