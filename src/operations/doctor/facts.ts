import type { Config } from '../../config/config.ts';
import type { State } from '../../state/state.ts';
import type { FenceProof } from '../ports/fence-proofs.ts';
import type { HereFacts } from '../ports/here.ts';
import type { NodeDiagnosis } from '../ports/node-diagnosis.ts';
import type { ServerDiagnosis } from '../ports/storage-server-diagnosis.ts';
import type { RdsctlError } from '../../errors/rdsctl-error.ts';
import type { Answer } from '../survey.ts';

/** What a host said, and this host's time when it did (milliseconds since the epoch). */
export type Asked<View> = Answer<View> & { readonly at: number };

/** Everything that is judged. */
export interface DoctorFacts {
  readonly config: Config;
  readonly state: Answer<State>;
  readonly here: HereFacts;
  readonly servers: ReadonlyMap<string, Asked<ServerDiagnosis>>;
  readonly nodes: ReadonlyMap<string, Asked<NodeDiagnosis>>;
  /** By storage server: the last proof that a fence works there, or why it could not be read. */
  readonly proofs: ReadonlyMap<string, FenceProof | null | RdsctlError>;
}
