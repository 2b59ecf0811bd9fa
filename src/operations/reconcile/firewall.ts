import { RdsctlError } from '../../errors/rdsctl-error.ts';
import { checkpoint, step, type OperationContext } from '../context.ts';
import { missingEntries, staleEntries } from '../firewall/entries.ts';
import { removalOf } from '../firewall/removal.ts';
import type { FenceEntry } from '../ports/firewall.ts';
import type { State } from '../../state/state.ts';
import type { DriftReport } from './report.ts';
import type { Views } from './views.ts';

/** A kind of drift that is about a node and a storage server's firewall: none of them is mended unasked. */
interface FirewallRule {
  readonly kind: string;
  /** A sentence about `{addresses}`, `{node}` and `{rds}`. */
  readonly meaning: string;
  readonly command: string;
  /** Why it is left to the operator. */
  readonly why: string;
}

const STALE: FirewallRule = {
  kind: 'stale-firewall-entry',
  meaning: '{addresses} of {node} is on the list of fenced nodes at {rds}, but {node} is not fenced',
  command: 'rdsctl unfence {node}',
  why: 'a state that was put back from an old copy does not know of a later fence: the node would be let through',
};

const MISSING: FirewallRule = {
  kind: 'missing-firewall-entry',
  meaning:
    '{node} is fenced, but {addresses} is not on the list of fenced nodes at {rds}: the exports alone cut it off',
  command: 'rdsctl fence {node}',
  why: 'a node that was fenced off some volumes only (`fence --volume`) would lose all others, untracked ones too; one that still has tracked volumes is not reported',
};

/** The kinds of this drift, for the document of the rules. */
export const FIREWALL_RULES: readonly FirewallRule[] = [STALE, MISSING];

/**
 * Compares the state with the list of fenced nodes of each storage server that could be asked, when
 * `fence.firewall` is on. Only what holds for the state before the look and after it is drift: a fence marks the
 * node before it adds the entry, and `unfence` goes the other way.
 * @returns by storage server; one whose firewall could not be looked at is a failure, not "in sync"
 * @throws RdsctlError STATE_*; what the command was interrupted with
 */
export async function firewallDrift(context: OperationContext, before: Views): Promise<DriftReport[]> {
  if (!context.config.fence.firewall || before.servers.size === 0) return [];
  const servers = [...before.servers.keys()];
  checkpoint(context);
  const looks = await step(context, 'firewall', `look at the firewall of ${servers.join(', ')}`, () =>
    Promise.all(servers.map((rds) => lookAt(context, rds))),
  );
  checkpoint(context);
  const after = await context.manager.state();
  return looks.flatMap((look) =>
    'drift' in look
      ? [look.drift]
      : [
          ...staleDrift(context, look, [before.state, after]),
          ...missingDrift(context, look, [before.state, after]),
        ],
  );
}

/** The list of one storage server. */
interface Look {
  readonly rds: string;
  readonly entries: readonly FenceEntry[];
}

async function lookAt(
  context: OperationContext,
  rds: string,
): Promise<Look | { readonly drift: DriftReport }> {
  try {
    const { entries } = await context.server(rds).lookAtFirewall({ signal: context.signal });
    return { rds, entries };
  } catch (error) {
    if (!(error instanceof RdsctlError) || context.signal.aborted) throw error;
    const meaning = `the firewall of ${rds} could not be looked at: ${error.message}`;
    const command = `rdsctl doctor -q`;
    return {
      drift: {
        ...about(rds, null),
        kind: 'not-seen',
        meaning,
        command,
        details: {},
        result: 'failed',
        error,
      },
    };
  }
}

type BeforeAndAfter = readonly [State, State];

function staleDrift(
  context: OperationContext,
  { rds, entries }: Look,
  states: BeforeAndAfter,
): DriftReport[] {
  const [before, after] = states.map((state) => staleEntries(entries, state));
  const stale = (after ?? []).filter(({ entry }) => before?.some((other) => other.entry === entry));
  return [...new Set(stale.map(({ node }) => node))].map((node) => {
    const those = stale.filter((one) => one.node === node).map(({ entry }) => entry);
    const addresses = those.map(({ address }) => address);
    const command = removalOf(rds, node, those, { config: context.config, state: states[1] });
    return { ...reported(STALE, rds, node, addresses), command };
  });
}

function missingDrift(
  context: OperationContext,
  { rds, entries }: Look,
  states: BeforeAndAfter,
): DriftReport[] {
  const [before, after] = states.map((state) => missingEntries(entries, state, context.config));
  return (after ?? [])
    .filter(({ node }) => before?.some((other) => other.node === node))
    .map(({ node, addresses }) => reported(MISSING, rds, node, addresses));
}

function reported(
  { kind, meaning, command }: FirewallRule,
  rds: string,
  node: string,
  addresses: readonly string[],
): DriftReport {
  const words: Readonly<Record<string, string>> = { rds, node, addresses: addresses.join(', ') };
  const filled = (text: string): string =>
    text.replace(/\{(\w+)\}/g, (whole, name: string) => words[name] ?? whole);
  return {
    ...about(rds, node),
    kind,
    meaning: filled(meaning),
    command: filled(command),
    details: { addresses },
    result: 'left',
    error: null,
  };
}

function about(rds: string, node: string | null) {
  return { volume: null, rds, node, repair: null } as const;
}
