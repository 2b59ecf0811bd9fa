import { Semaphore } from 'async-mutex';

import { RdsctlError } from '../../errors/rdsctl-error.ts';
import { checkpoint, type OperationContext } from '../context.ts';
import type { HereFacts } from '../ports/here.ts';
import type { FenceProof } from '../ports/fence-proofs.ts';
import type { Check } from './check.ts';
import { withDeadline } from './deadline.ts';
import type { Asked } from './facts.ts';
import { judge } from './judge.ts';

/** At most so many hosts of a kind are asked at once. */
const HOSTS_AT_ONCE = 32;

export interface DoctorReport {
  readonly checks: readonly Check[];
  /** Nothing is wrong: no error. Warnings, and what could not be checked, are told but do not count. */
  readonly healthy: boolean;
}

/**
 * Asks this host, every storage server and every node side by side, each once and within its own deadline, and
 * judges what they said. What can't be asked is a finding; the rest goes on. Changes nothing.
 * @throws RdsctlError only what the command was interrupted with
 */
export async function doctor(
  context: OperationContext,
  lookHere: () => Promise<HereFacts>,
): Promise<DoctorReport> {
  const { config } = context;
  const { connect, command } = config.timeouts;
  // A node that needs its connection first, then one exec.
  const limit = connect + command;
  const [here, state, servers, nodes, proofs] = await Promise.all([
    lookHere(),
    answered(() => context.manager.state()),
    askEach(context, Object.keys(config.storageServers), limit, (name, signal) =>
      context.server(name).diagnose({ signal }),
    ),
    askEach(context, Object.keys(config.nodes), limit, (name, signal) =>
      context.node(name).diagnose({ signal }),
    ),
    proofsOf(context),
  ]);
  checkpoint(context);
  const checks = judge({ config, here, state, servers, nodes, proofs });
  return { checks, healthy: !checks.some(({ severity }) => severity === 'error') };
}

async function askEach<View>(
  context: OperationContext,
  names: readonly string[],
  limit: number,
  ask: (name: string, signal: AbortSignal) => Promise<View>,
): Promise<ReadonlyMap<string, Asked<View>>> {
  const slots = new Semaphore(HOSTS_AT_ONCE);
  return new Map(
    await Promise.all(
      names.map(async (name): Promise<[string, Asked<View>]> => {
        const answer = await answered(() =>
          slots.runExclusive(() => withDeadline(name, limit, context.signal, (signal) => ask(name, signal))),
        );
        return [name, { ...answer, at: context.clock.now().getTime() }];
      }),
    ),
  );
}

async function answered<T>(
  ask: () => Promise<T>,
): Promise<{ view: T; error: null } | { view: null; error: RdsctlError }> {
  try {
    return { view: await ask(), error: null };
  } catch (error) {
    if (!(error instanceof RdsctlError)) throw error;
    return { view: null, error };
  }
}

async function proofsOf(
  context: OperationContext,
): Promise<ReadonlyMap<string, FenceProof | null | RdsctlError>> {
  return new Map(
    await Promise.all(
      Object.keys(context.config.storageServers).map(async (rds) => {
        const { view, error } = await answered(() => context.proofs.read(rds));
        return [rds, error ?? view] as const;
      }),
    ),
  );
}
