import { RdsctlError } from '../../errors/rdsctl-error.ts';
import { audited } from '../audited.ts';
import { checkpoint, step, type OperationContext } from '../context.ts';
import { lockOptionsConnecting } from '../locking.ts';
import type { FenceProof } from '../ports/fence-proofs.ts';
import { requireNode, resolveVolume, type MayTouch } from '../resolve.ts';
import { putBack } from './put-back.ts';
import { attachSubject, type Subject } from './subject.ts';
import { tryEverything, type Findings } from './trials.ts';
import { judgeFindings, notProved } from './verdict.ts';

export interface ProofResult {
  readonly proof: FenceProof;
  readonly changed: true;
  /** Null when it is proved; the command ends with it otherwise. */
  readonly failure: RdsctlError | null;
}

/**
 * Shows on a scratch volume what a fence does on its storage server: attaches it, reads from it, and tries the
 * list alone, the export alone, and both as a fence does; then whether the node gets in again. The node is never
 * marked as fenced: its other volumes are not touched. Puts everything back and keeps what was found.
 * @throws RdsctlError what an attach refuses (nothing was changed then); what went wrong on the way, with what
 *   could and could not be put back
 */
export async function proveFence(
  context: OperationContext,
  request: { readonly volume: string; readonly node: string },
  mayTouch: MayTouch,
): Promise<ProofResult> {
  return audited(context, 'prove-fence', request, async (trail) => {
    const node = requireNode(context, request.node);
    const volume = await resolveVolume(context, request.volume, mayTouch);
    trail.volume = volume.key;
    const hosts = [context.server(volume.rds), context.node(node)];
    return context.locks.withLock(volume.key, lockOptionsConnecting(context, hosts), async (lock) => {
      const subject = await attachSubject(context, volume, node, lock, trail);
      const findings = await tried(subject);
      const failures = judgeFindings(findings);
      const proof = proofOf(subject, findings, failures);
      await step(context, 'keep', `keep the proof of ${volume.rds}`, () => context.proofs.write(proof));
      return { proof, changed: true, failure: failures.length === 0 ? null : notProved(proof) };
    });
  });
}

/** The trials, and everything put back whatever comes of them. */
async function tried(subject: Subject): Promise<Findings> {
  let findings: Findings;
  try {
    checkpoint(subject.context);
    findings = await tryEverything(subject);
  } catch (error) {
    const left = await putBack(subject).then(
      () => null,
      (reason: unknown) => (reason instanceof Error ? reason : new Error(String(reason))),
    );
    throw error instanceof RdsctlError ? broken(subject, error, left) : error;
  }
  try {
    await putBack(subject);
  } catch (error) {
    if (!(error instanceof RdsctlError)) throw error;
    throw broken(subject, error, error);
  }
  return findings;
}

/** What went wrong, and what state things are in now. */
function broken({ volume, node }: Subject, error: RdsctlError, left: Error | null): RdsctlError {
  const { key, slot } = volume;
  if (left === null) {
    return error.with({
      now: `Nothing is proved. ${slot} was put back: it is not attached, not exported, and nothing is connected.`,
      hints: [...error.hints, { when: 'To try again:', run: `rdsctl doctor --prove-fence ${slot} ${node}` }],
    });
  }
  const why = left === error ? '' : `: ${left.message}`;
  return error.with({
    now: `Nothing is proved, and ${slot} could not be put back${why}. It stays claimed for ${node}; no other node gets it.`,
    hints: [
      { when: 'See what holds:', run: `rdsctl show ${key}` },
      { when: `When ${node} and ${volume.rds} answer again:`, run: `rdsctl detach ${key}` },
      { when: 'If that is refused as unfinished:', run: `rdsctl fence ${node} --volume ${key}` },
    ],
  });
}

function proofOf(
  { context, volume, node, view, version }: Subject,
  found: Findings,
  failures: readonly string[],
): FenceProof {
  return {
    rds: volume.rds,
    at: context.clock.now().toISOString(),
    version,
    volume: volume.key,
    node,
    kernel: view.kernel,
    nvmeCli: view.nvmeCli ?? '',
    proved: failures.length === 0,
    failures,
    sessionGoneMs: found.fence.goneMs,
    readsFailedMs: found.fence.readsFailedMs,
    reconnectRefused: found.reconnectRefused,
    listHonoured: found.listHonoured,
    listAloneCuts: found.listAloneCuts,
    exportOffMs: found.exportOff.goneMs,
    backWithoutList: found.backWithoutList,
  };
}
