import { RdsctlError } from '../../errors/rdsctl-error.ts';
import type { OperationContext } from '../context.ts';
import { proofText, standingOf } from '../prove-fence/standing.ts';
import type { FencedVolume, ProofNote } from './report.ts';

/**
 * What is known of fences on the storage servers of these volumes; where none was proved, or another version of
 * RouterOS runs now, that is said aloud. Nothing depends on it.
 */
export async function proofNotes(
  context: OperationContext,
  volumes: readonly FencedVolume[],
  versions: ReadonlyMap<string, string>,
): Promise<readonly ProofNote[]> {
  const servers = [...new Set(volumes.map(({ rds }) => rds))];
  const notes = await Promise.all(servers.map((rds) => noteOf(context, rds, versions.get(rds) ?? null)));
  for (const { standing, text } of notes) {
    if (standing === 'proved') continue;
    const more =
      standing === 'failed'
        ? 'treat the node as still connected: cut its power'
        : 'to prove it on a scratch volume: rdsctl doctor --prove-fence VOLUME NODE';
    context.report({ type: 'warning', message: `${text}; ${more}` });
  }
  return notes;
}

/** What is known of fences on one storage server. @param version RouterOS as told now; null = not asked */
export async function noteOf(
  context: OperationContext,
  rds: string,
  version: string | null,
): Promise<ProofNote> {
  try {
    const proof = await context.proofs.read(rds);
    return { rds, standing: standingOf(proof, version), text: proofText(rds, proof, version) };
  } catch (error) {
    if (!(error instanceof RdsctlError)) throw error;
    return {
      rds,
      standing: 'never',
      text: `whether a fence was proved on ${rds} can not be told: ${error.message}`,
    };
  }
}
