import type { FenceProof } from '../ports/fence-proofs.ts';

/** What a proof is worth now. */
export type ProofStanding = 'proved' | 'failed' | 'never' | 'outdated';

/** @param version RouterOS version as told now; null = not asked, so that it can't have changed */
export function standingOf(proof: FenceProof | null, version: string | null): ProofStanding {
  if (proof === null) return 'never';
  if (version !== null && version !== proof.version) return 'outdated';
  return proof.proved ? 'proved' : 'failed';
}

/** The same as a sentence. */
export function proofText(rds: string, proof: FenceProof | null, version: string | null): string {
  if (proof === null) return `a fence was never proved on ${rds}`;
  const day = proof.at.slice(0, 10);
  switch (standingOf(proof, version)) {
    case 'outdated':
      return `a fence was ${proof.proved ? 'proved' : 'tried, and failed,'} on ${rds} on ${day} with RouterOS ${short(proof.version)}; it runs ${short(version ?? '')} now`;
    case 'failed':
      return `a fence FAILED on ${rds} on ${day} with RouterOS ${short(proof.version)}: ${proof.failures.join('; ')}`;
    case 'never':
    case 'proved':
      return `a fence was proved on ${rds} on ${day} with RouterOS ${short(proof.version)}: session gone in ${seconds(proof.sessionGoneMs)}`;
  }
}

/** `1.2 s` */
export function seconds(milliseconds: number | null): string {
  return milliseconds === null ? 'unknown time' : `${(milliseconds / 1000).toFixed(1)} s`;
}

/** `7.21.5` of `7.21.5 (stable)`. */
function short(version: string): string {
  return version.split(' ')[0] ?? version;
}
