import { volumeKey } from '../../attachment/names.ts';
import type { VolumeId } from '../../attachment/transitions.ts';
import { isReason, RdsctlError } from '../../errors/rdsctl-error.ts';
import type { OperationContext } from '../context.ts';
import { survey } from '../survey.ts';
import { isForWantOfAnswers, judge, type Adoptable } from './judge.ts';

export interface Candidates {
  readonly adoptable: readonly Adoptable[];
  /** Exported beside the state, but not to be adopted as things are, and why. */
  readonly refused: readonly { readonly volume: VolumeId; readonly error: RdsctlError }[];
  /** Exported beside the state; whether it could be adopted is not known, since a node could not be asked. */
  readonly unsure: readonly { readonly volume: VolumeId; readonly error: RdsctlError }[];
  /** Storage servers that could not be asked. */
  readonly unasked: readonly { readonly rds: string; readonly error: RdsctlError }[];
}

/** Everything that is exported and connected and that the state does not have as attached. Changes nothing. */
export async function adoptCandidates(context: OperationContext): Promise<Candidates> {
  const { state, servers, nodes } = await survey(context);
  const adoptable: Adoptable[] = [];
  const refused: { volume: VolumeId; error: RdsctlError }[] = [];
  const unsure: typeof refused = [];
  const unasked: { rds: string; error: RdsctlError }[] = [];
  for (const [rds, { view, error }] of servers) {
    if (view === null) unasked.push({ rds, error });
    for (const disk of view?.disks ?? []) {
      const volume = { key: volumeKey(rds, disk.slot), rds, slot: disk.slot };
      const phase = state.attachments[volume.key]?.phase;
      if (!disk.exported || phase === 'attached') continue;
      try {
        adoptable.push(judge(context, volume, { state, disk, nodes }));
      } catch (refusal) {
        if (!(refusal instanceof RdsctlError)) throw refusal;
        if (isReason(refusal, 'NOTHING_TO_ADOPT')) continue;
        (isForWantOfAnswers(refusal) ? unsure : refused).push({ volume, error: refusal });
      }
    }
  }
  return { adoptable, refused, unsure, unasked };
}
