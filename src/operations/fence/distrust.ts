import { RdsctlError } from '../../errors/rdsctl-error.ts';
import type { OperationContext } from '../context.ts';
import { failedEntry, type Cut } from './cut.ts';
import { noteOf } from './proof-notes.ts';
import type { Target } from './targets.ts';

/** By storage server: what the proof found that a fence does not do there, with the RouterOS that runs now. */
export type Distrusted = ReadonlyMap<string, string>;

/** The storage servers on which a proof showed that a fence does NOT work: reading back means nothing there. */
export async function distrustedServers(
  context: OperationContext,
  versions: ReadonlyMap<string, string>,
): Promise<Distrusted> {
  const servers = Object.keys(context.config.storageServers);
  const notes = await Promise.all(servers.map((rds) => noteOf(context, rds, versions.get(rds) ?? null)));
  return new Map(notes.flatMap(({ rds, standing, text }) => (standing === 'failed' ? [[rds, text]] : [])));
}

/** A cut that was read back counts only where reading back is known to mean something. */
export function believed(cut: Cut, targets: readonly Target[], distrusted: Distrusted): Cut {
  const { volume } = cut;
  const why = distrusted.get(volume.rds);
  const target = targets.find(({ key }) => key === volume.volume);
  if (why === undefined || target === undefined || volume.result !== 'fenced') return cut;
  const error = new RdsctlError('NOT_VERIFIED', {
    message: `${volume.slot} reads back as cut off, but ${why}`,
    hints: [
      {
        when: 'After another RouterOS was installed, or to try once more whether it works, then fence again:',
        run: 'rdsctl doctor --prove-fence VOLUME NODE',
      },
    ],
    details: { volume: volume.volume, outcome: 'unknown' },
  });
  return { ...cut, volume: failedEntry(target, error) };
}
