import { RdsctlError } from '../errors/rdsctl-error.ts';

/**
 * The host NQN that no host has. An export that nobody may use is limited to it: an empty list would mean
 * "any host" (see `nvme-tcp-server-allow-host-name`).
 */
export const NOBODY = 'nqn.2026-11.io.rdsctl:nobody';

/**
 * NVMe Base Specification, "NVMe Qualified Names": `nqn.yyyy-mm.reverse-domain[:name]`, at most 223 bytes.
 * Narrowed to the characters that nvme-cli and RouterOS take without quoting trouble.
 */
const NQN = /^nqn\.\d{4}-\d{2}\.[A-Za-z0-9][A-Za-z0-9._-]*(?::[A-Za-z0-9._:+-]+)?$/;

const UUID = /^[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i;

/** Whether the text is a well-formed NQN that a host may have. */
export function isHostNqn(text: string): boolean {
  return text.length <= 223 && NQN.test(text) && text !== NOBODY;
}

/**
 * Whether the text can be a subsystem NQN as a storage server tells it: an NQN, or (RouterOS before 7.21) the
 * bare slot name.
 */
export function isSubsystemNqn(text: string): boolean {
  return text.length <= 223 && (NQN.test(text) || /^[A-Za-z0-9][A-Za-z0-9._-]{0,62}$/.test(text));
}

/** A node's identity towards NVMe targets: both are always passed to nvme-cli. */
export interface HostIdentity {
  readonly hostNqn: string;
  readonly hostId: string;
}

/** What is known of a node's identity, and from where. */
export interface IdentitySources {
  readonly node: string;
  /** From the configuration; null when left out. */
  readonly configured: string | null;
  /** Content of /etc/nvme/hostnqn and /etc/nvme/hostid; null when missing or empty. */
  readonly hostNqnFile: string | null;
  readonly hostIdFile: string | null;
}

/**
 * Decides the identity a node connects with. The configured host NQN wins; a host ID that is not there is
 * taken from a host NQN of the uuid form, never made up.
 * @throws RdsctlError NODE_NOT_READY with the fix.
 */
export function hostIdentity(from: IdentitySources): HostIdentity {
  const hostNqn = from.configured ?? from.hostNqnFile;
  if (hostNqn === null) {
    throw new RdsctlError('NODE_NOT_READY', {
      message: `${from.node} has no host NQN: /etc/nvme/hostnqn is missing or empty`,
      now: 'Nothing was changed.',
      hints: [{ when: `Make one, on ${from.node}:`, run: 'nvme gen-hostnqn > /etc/nvme/hostnqn' }],
      details: { node: from.node },
    });
  }
  if (!isHostNqn(hostNqn)) {
    throw new RdsctlError('NODE_NOT_READY', {
      message: `${from.node} has a host NQN that is not well-formed: ${JSON.stringify(hostNqn.slice(0, 230))}`,
      now: 'Nothing was changed.',
      hints: [{ when: `Make a good one, on ${from.node}:`, run: 'nvme gen-hostnqn > /etc/nvme/hostnqn' }],
      details: { node: from.node },
    });
  }
  const hostId = from.hostIdFile ?? hostNqn.split(':uuid:')[1] ?? '';
  if (!UUID.test(hostId)) {
    throw new RdsctlError('NODE_NOT_READY', {
      message: `${from.node} has no valid host ID in /etc/nvme/hostid, and its host NQN holds none`,
      now: 'Nothing was changed.',
      hints: [
        {
          when: `Make one, on ${from.node}:`,
          run: 'sed "s/.*:uuid://" /etc/nvme/hostnqn > /etc/nvme/hostid',
        },
      ],
      details: { node: from.node },
    });
  }
  return { hostNqn, hostId };
}
