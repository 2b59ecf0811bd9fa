import { RdsctlError } from '../../errors/rdsctl-error.ts';
import type { FenceProof } from '../ports/fence-proofs.ts';
import { proofText, standingOf } from '../prove-fence/standing.ts';
import { checksOf, HERE, type Check } from './check.ts';

/** Whether a fence was ever proved on this storage server. @param version as it tells it now; null = not asked */
export function checkProof(
  rds: string,
  proof: FenceProof | null | RdsctlError,
  version: string | null,
): Check[] {
  const { error, warning, unknown, ok } = checksOf(rds);
  const [id, subject] = ['fence.proof', 'fence'];
  if (proof instanceof RdsctlError) return [unknown(id, subject, `could not be checked: ${proof.message}`)];
  const standing = standingOf(proof, version);
  const text = proofText(rds, proof, version);
  if (standing === 'proved') return [ok(id, subject, text)];
  const why =
    'What RouterOS does inside is partly inferred: a proof on a scratch volume shows what this one really does.';
  const run = 'rdsctl doctor --prove-fence VOLUME NODE';
  return [(standing === 'failed' ? error : warning)(id, subject, text, why, run, HERE)];
}
