import { RdsctlError } from '../../errors/rdsctl-error.ts';
import type { State } from '../../state/state.ts';
import type { Trail } from '../audited.ts';
import { checkpoint, step, type OperationContext } from '../context.ts';
import type { FirewallView } from '../ports/firewall.ts';
import { formatEntryTag, missingAddresses } from './entries.ts';
import { addressesOf } from './own-addresses.ts';
import { judgeRule } from './rule.ts';

/** What the firewall of one storage server came to for a fenced node. */
export interface FirewallFence {
  readonly rds: string;
  /**
   * `dropped`: its addresses are on the list, read back, and a rule drops what comes from there. `no-rule`: they
   * are on the list, and nothing heeds it. `no-addresses`: none are configured that are the node's alone.
   */
  readonly result: 'dropped' | 'no-rule' | 'no-addresses' | 'failed';
  readonly addresses: readonly string[];
  readonly error: RdsctlError | null;
}

/**
 * Puts a node on the list of fenced nodes of every storage server: the second way to cut it off. It comes first
 * and takes nothing from the first way: whatever fails here is told, and the exports are cut all the same.
 */
export async function blockNode(
  context: OperationContext,
  node: string,
  state: State,
  trail: Trail,
): Promise<readonly FirewallFence[]> {
  if (!context.config.fence.firewall) return [];
  const servers = Object.keys(context.config.storageServers);
  const addresses = ownAddresses(context, node);
  if (addresses.length === 0) {
    context.report({
      type: 'warning',
      message: `fence.firewall is on, but no address is known that is ${node}'s alone (nodes.${node}.addresses): it is cut off by the exports alone`,
    });
    return servers.map((rds) => ({ rds, result: 'no-addresses', addresses, error: null }));
  }
  const comment = formatEntryTag({ node, lineage: state.lineage });
  return step(context, 'firewall', `firewall of ${servers.join(', ')}: drop what ${node} sends`, () =>
    Promise.all(
      servers.map(async (rds): Promise<FirewallFence> => {
        trail.changed(rds, `firewall: block ${addresses.join(' ')}`);
        try {
          const view = await context
            .server(rds)
            .changeFirewall({ kind: 'block', addresses, comment }, { signal: context.grace });
          return blocked(context, rds, node, addresses, view);
        } catch (error) {
          if (!(error instanceof RdsctlError) || context.signal.aborted) throw error;
          warn(context, rds, node, error.message);
          return { rds, result: 'failed', addresses, error };
        }
      }),
    ),
  );
}

/** Addresses that another node has too are told, and left out. */
function ownAddresses({ config, report }: OperationContext, node: string): readonly string[] {
  const { own, shared } = addressesOf(config, node);
  for (const { address, twin } of shared) {
    report({
      type: 'warning',
      message: `${address} is an address of ${twin} too: it is not dropped by the firewall`,
    });
  }
  return own;
}

function blocked(
  context: OperationContext,
  rds: string,
  node: string,
  addresses: readonly string[],
  view: FirewallView,
): FirewallFence {
  const missing = missingAddresses(view.entries, addresses);
  if (missing.length > 0) {
    const error = new RdsctlError('NOT_VERIFIED', {
      message: `${rds} does not show ${missing.join(', ')} on the list of fenced nodes`,
      details: { rds, node, missing },
    });
    warn(context, rds, node, error.message);
    return { rds, result: 'failed', addresses, error };
  }
  const port = context.config.storageServers[rds]?.nvme.port ?? 4420;
  const families = new Set(addresses.map((address) => (address.includes(':') ? 6 : 4)));
  const unheeded = [...families].some((family) => judgeRule(view, family, [port]).state !== 'good');
  if (unheeded) {
    warn(context, rds, node, `no rule drops what comes from that list (rdsctl doctor tells the line)`);
    return { rds, result: 'no-rule', addresses, error: null };
  }
  return { rds, result: 'dropped', addresses, error: null };
}

function warn({ report }: OperationContext, rds: string, node: string, why: string): void {
  report({
    type: 'warning',
    message: `the firewall of ${rds} does not cut ${node} off: ${why}. The exports are cut all the same`,
  });
}

/**
 * Takes a node off the lists again, read back. Storage servers that can't be asked fail it.
 * @returns whether anything was there
 * @throws RdsctlError UNREACHABLE kinds, NOT_VERIFIED
 */
export async function unblockNode(context: OperationContext, node: string, trail: Trail): Promise<boolean> {
  if (!context.config.fence.firewall) return false;
  const servers = Object.keys(context.config.storageServers);
  const { lineage } = await context.manager.state();
  if (lineage === '') return false;
  const comment = formatEntryTag({ node, lineage });
  checkpoint(context);
  const removed = await step(
    context,
    'firewall',
    `firewall of ${servers.join(', ')}: let ${node} through`,
    () => Promise.all(servers.map((rds) => unblockAt(context, rds, node, comment, trail))),
  );
  return removed.includes(true);
}

async function unblockAt(
  context: OperationContext,
  rds: string,
  node: string,
  comment: string,
  trail: Trail,
): Promise<boolean> {
  const server = context.server(rds);
  const isOurs = (entry: { readonly comment: string }): boolean => entry.comment === comment;
  const before = await server.lookAtFirewall({ signal: context.signal });
  if (!before.entries.some(isOurs)) return false;
  trail.changed(rds, `firewall: unblock ${node}`);
  const change = { kind: 'unblock', addresses: [], comment } as const;
  const after = await server.changeFirewall(change, { signal: context.grace });
  if (!after.entries.some(isOurs)) return true;
  throw new RdsctlError('NOT_VERIFIED', {
    message: `${rds} still shows ${node} on the list of fenced nodes`,
    now: `${node} stays fenced.`,
    hints: [
      {
        when: 'Look at it, on the storage server:',
        run: `/ip/firewall/address-list/print where comment~"${node}"`,
      },
    ],
    details: { rds, node },
  });
}

/**
 * Entries of a node that is not fenced are taken away: left behind by a state that was put back, or by a fence
 * that was lifted while the firewall was not asked for. A fence that begins meanwhile marks the node before it
 * blocks it: should the mark be there afterwards, the node is blocked again.
 */
export async function unblockStale(context: OperationContext, node: string, trail: Trail): Promise<boolean> {
  const removed = await unblockNode(context, node, trail);
  const state = await context.manager.state();
  if (removed && (state.nodes[node]?.fenced ?? null) !== null) await blockNode(context, node, state, trail);
  return removed;
}
