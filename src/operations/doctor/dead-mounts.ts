import { describeDeadMounts, umountLine } from '../dead-mounts.ts';
import type { NodeView } from '../ports/node.ts';
import { checksOf, type Check } from './check.ts';

/** File systems that are still mounted from a device of ours that is gone. @param nqns of our volumes */
export function checkDeadMounts(node: string, { subsystems }: NodeView, nqns: ReadonlySet<string>): Check[] {
  const { warning } = checksOf(node);
  return subsystems.flatMap(({ nqn, deadMounts = [] }) =>
    deadMounts.length === 0 || !nqns.has(nqn)
      ? []
      : [
          warning(
            'node.dead-mount',
            [...new Set(deadMounts.map(({ mount }) => mount))].join(', '),
            `${describeDeadMounts(deadMounts)} (${nqn})`,
            'Whoever uses it gets errors, also while a new device of the volume works.',
            umountLine(deadMounts),
          ),
        ],
  );
}
