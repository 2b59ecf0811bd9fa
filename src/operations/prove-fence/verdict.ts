import { RdsctlError } from '../../errors/rdsctl-error.ts';
import type { FenceProof } from '../ports/fence-proofs.ts';
import type { Findings } from './trials.ts';

/** What speaks against a fence on this storage server, one sentence each; empty = it is proved. Pure. */
export function judgeFindings(found: Findings): string[] {
  const failures: string[] = [];
  if (found.fence.goneMs === null) {
    failures.push('the session lived on after the fence: the node could still read and write');
  } else if (found.fence.readsWentOn) {
    failures.push('reads still came back after the session had ended');
  }
  if (!found.reconnectRefused) failures.push('the node got in again after the fence');
  if (!found.listHonoured) {
    failures.push(
      'a host that is not on the list was let in: nvme-tcp-server-allow-host-name keeps nobody out',
    );
  }
  if (found.exportOff.goneMs === null) failures.push('switching the export off does not end the session');
  return failures;
}

/** The error that the command ends with. */
export function notProved({ rds, version, failures, node, volume }: FenceProof): RdsctlError {
  return new RdsctlError('NOT_VERIFIED', {
    message: `a fence does NOT work on ${rds} (RouterOS ${version}): ${failures.join('; ')}`,
    now: `On ${rds} a node that was fenced must be treated as still connected: cut its power before its volumes go elsewhere. The scratch volume was put back.`,
    hints: [
      {
        when: 'Have a second way to cut nodes off (fence.firewall: true); the rule is told by:',
        run: 'rdsctl doctor',
      },
      {
        when: 'After another version of RouterOS was installed, prove it again:',
        run: `rdsctl doctor --prove-fence ${volume} ${node}`,
      },
    ],
    details: { rds, version, failures },
  });
}
