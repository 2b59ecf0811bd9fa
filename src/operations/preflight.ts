import { RdsctlError } from '../errors/rdsctl-error.ts';
import type { OperationContext } from './context.ts';
import type { NodeView } from './ports/node.ts';

/** A clock that is further off than this confuses logs and certificates: said, not refused. */
const CLOCK_SKEW_MS = 300_000;

/**
 * Whether a node has what an attach needs.
 * @throws RdsctlError NODE_NOT_READY with the fix
 */
export function preflight(context: OperationContext, node: string, view: NodeView): void {
  if (view.nvmeCli === null) {
    throw notReady(node, 'nvme-cli is not installed there', 'apt-get install nvme-cli');
  }
  if (!view.nvmeTcp) {
    throw notReady(
      node,
      `its kernel (${view.kernel}) has no nvme-tcp module`,
      'apt-get install linux-image-amd64',
    );
  }
  const skew = view.clock - context.clock.now().getTime();
  if (Math.abs(skew) > CLOCK_SKEW_MS) {
    const minutes = Math.round(Math.abs(skew) / 60_000);
    context.report({
      type: 'warning',
      message: `the clock of ${node} is ${minutes} minutes ${skew > 0 ? 'ahead of' : 'behind'} this host's`,
    });
  }
}

function notReady(node: string, what: string, fix: string): RdsctlError {
  return new RdsctlError('NODE_NOT_READY', {
    message: `${node} can not attach volumes: ${what}`,
    now: 'Nothing was changed.',
    hints: [{ when: `On ${node}:`, run: fix }],
    details: { node },
  });
}
