import type { RdsctlError } from '../../errors/rdsctl-error.ts';
import { checksOf, type Check } from './check.ts';

const WHY: Partial<Record<RdsctlError['reason'], string>> = {
  HOST_KEY_UNKNOWN: 'Without its host key nobody can tell it from an impostor: nothing is sent to it.',
  HOST_KEY_MISMATCH: 'It was set up anew, or somebody poses as it: nothing is sent to it.',
  LOGIN_FAILED: 'Nothing can be attached, detached or fenced there.',
  NOT_PERMITTED: 'The login can not do what an attach needs.',
};

/** What could not be looked at because of that, by kind of host. */
const UNCHECKED = {
  'storage server': 'RouterOS version, package, policies, clock, exports and firewall',
  node: 'nvme-cli, kernel module, host NQN, clock, controllers and what connects by itself',
} as const;

/** A host that was asked, or that could not be. What was not seen is told as such, never taken as fine. */
export function checkReach(
  kind: keyof typeof UNCHECKED,
  host: string,
  peer: string,
  error: RdsctlError | null,
): Check[] {
  const { error: bad, unknown, ok } = checksOf(host);
  if (error === null) return [ok('host.login', peer, 'answers: host key and login are in order')];
  const [hint] = error.hints;
  const onServer = kind === 'storage server' && hint?.run.startsWith('/') === true;
  const onNode = kind === 'node' && hint !== undefined && !/^(?:rdsctl|ssh)/.test(hint.run);
  const why =
    WHY[error.reason] ??
    (kind === 'node'
      ? 'Nothing can be attached to it or detached from it; if it is dead, fence it.'
      : 'None of its volumes can be attached, detached or fenced.');
  const run = hint?.run ?? `ssh ${peer}`;
  return [
    bad('host.login', peer, error.message, why, run, onServer || onNode ? host : 'here'),
    unknown('host.unchecked', peer, `could not be checked: ${UNCHECKED[kind]}`),
  ];
}
