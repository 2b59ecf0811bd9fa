import { volumeKey } from '../../attachment/names.ts';
import { holds } from '../../attachment/transitions.ts';
import type { Config } from '../../config/config.ts';
import type { State } from '../../state/state.ts';
import type { NodeDiagnosis } from '../ports/node-diagnosis.ts';
import type { Disk } from '../ports/storage-server.ts';
import { sameAddress } from '../seen.ts';
import { checksOf, type Check } from './check.ts';

/** Controllers of volumes that are not attached to this node: by a fence, an accident, or by hand. */
export function checkLeftovers(
  node: string,
  { controllers }: NodeDiagnosis,
  config: Config,
  state: State | null,
  disks: ReadonlyMap<string, readonly Disk[]>,
): Check[] {
  const { error, warning, unknown } = checksOf(node);
  const ours = controllers.flatMap((controller) => {
    const rds = Object.entries(config.storageServers).find(([, { nvme }]) =>
      sameAddress(nvme.address, controller.address),
    )?.[0];
    return rds === undefined ? [] : [{ ...controller, rds }];
  });
  if (state === null) {
    return ours.length === 0
      ? []
      : [unknown('node.leftover', 'controllers', 'could not be checked: the state can not be read')];
  }
  return ours.flatMap(({ name, nqn, state: is, rds }) => {
    const slot = disks.get(rds)?.find((disk) => disk.nqn === nqn)?.slot;
    const attachment =
      slot === undefined
        ? Object.values(state.attachments).find((each) => each.rds === rds && each.nqn === nqn)
        : state.attachments[volumeKey(rds, slot)];
    if (attachment !== undefined && attachment.phase !== 'fenced' && holds(attachment, node)) return [];
    const elsewhere =
      attachment === undefined || attachment.phase === 'fenced' ? null : attachment.holders[0].node;
    const what = slot ?? attachment?.slot ?? nqn;
    const told = `a controller of ${what} that is not attached here (${is})`;
    if (is === 'live' && elsewhere !== null) {
      return [
        error(
          'node.leftover',
          name,
          `${told}; it is attached to ${elsewhere}`,
          'Two nodes can write to it.',
          `rdsctl show ${rds}/${what}`,
          'here',
        ),
      ];
    }
    return [
      warning(
        'node.leftover',
        name,
        told,
        is === 'live'
          ? 'It is in use past the state: it can be neither moved nor fenced safely.'
          : 'It retries, and would replay its queued writes if it were let in again.',
        is === 'live' ? `rdsctl adopt ${rds}/${what}` : `echo 1 > /sys/class/nvme/${name}/delete_controller`,
        is === 'live' ? 'here' : node,
      ),
    ];
  });
}
