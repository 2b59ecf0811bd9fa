import type { ErrorCode } from './exit-codes.ts';

/**
 * Every reason for which rdsctl refuses or fails, with the exit code family it belongs to and what it
 * means in one sentence. An error names one of these; messages add the volume, the node and the facts.
 */
export const REASONS = {
  INTERNAL: { code: 'FAILED', about: 'Something happened that rdsctl did not expect: a defect in rdsctl.' },
  PARTIAL: { code: 'FAILED', about: 'Part of a bulk operation failed; the rest was done.' },
  AUDIT_FAILED: { code: 'FAILED', about: 'The audit log could not be written.' },
  LOCAL_IO: { code: 'FAILED', about: 'A file of this host could not be read or written.' },

  BAD_ARGUMENT: { code: 'USAGE', about: 'An argument or option is not valid.' },
  BAD_NAME: { code: 'USAGE', about: 'A name has characters that names may not have.' },
  BAD_CONFIG: { code: 'USAGE', about: 'The configuration file is not valid.' },
  NO_CONFIG: { code: 'USAGE', about: 'There is no configuration file.' },
  BAD_MANIFEST: { code: 'USAGE', about: 'The manifest of attachments is not valid.' },
  BAD_KEY_FILE: { code: 'USAGE', about: 'A key file is missing, unreadable or readable by others.' },
  AMBIGUOUS_VOLUME: { code: 'USAGE', about: 'Several storage servers have a volume of that name.' },
  AMBIGUOUS_LINEAGE: { code: 'USAGE', about: 'Tags of several lineages were found, and none was named.' },
  NEEDS_CONFIRMATION: {
    code: 'USAGE',
    about: 'A confirmation is needed and there is no terminal to ask on.',
  },
  SHARED_NOT_CONFIGURED: { code: 'USAGE', about: 'Sharing needs sharedExport: any for the storage server.' },
  DECLINED: { code: 'FAILED', about: 'The operator answered no.' },

  NO_SUCH_VOLUME: { code: 'NOT_FOUND', about: 'No storage server has the volume.' },
  NO_SUCH_NODE: { code: 'NOT_FOUND', about: 'The configuration names no such node.' },
  NO_SUCH_STORAGE_SERVER: { code: 'NOT_FOUND', about: 'The configuration names no such storage server.' },

  ATTACHED_ELSEWHERE: { code: 'CONFLICT', about: 'The volume is attached to another node.' },
  NODE_FENCED: { code: 'CONFLICT', about: 'The node is fenced.' },
  UNTRACKED_EXPORT: { code: 'CONFLICT', about: 'The volume is exported by hands unknown.' },
  NOTHING_TO_ADOPT: { code: 'CONFLICT', about: 'The volume is not exported, or no node is connected to it.' },
  WRONG_HOST_NQN: { code: 'CONFLICT', about: 'The node is connected under another host NQN than its own.' },
  FOREIGN_TAG: { code: 'CONFLICT', about: 'Another rdsctl state manages the volume.' },
  STALE_STATE: { code: 'CONFLICT', about: 'The storage server knows a newer fencing token than this state.' },
  OLDER_STATE: { code: 'CONFLICT', about: 'The state to be imported is older than the one that is there.' },
  CHANGED_MEANWHILE: { code: 'CONFLICT', about: 'The volume was changed at the storage server meanwhile.' },
  LOST_LOCK: { code: 'CONFLICT', about: 'The lock was lost to somebody else.' },
  DUPLICATE_HOST_NQN: { code: 'CONFLICT', about: 'Two nodes have the same host NQN or host ID.' },
  NQN_COLLISION: { code: 'CONFLICT', about: 'The node holds a controller of that NQN at another address.' },
  SHARE_LIMIT: { code: 'CONFLICT', about: 'A volume can be shared by two nodes at most.' },
  STALE_CONTROLLER: { code: 'CONFLICT', about: 'The node still holds a controller of the volume.' },
  OPEN_INTENT: { code: 'CONFLICT', about: 'An earlier operation on the volume was not finished.' },
  FOREIGN_LINEAGE: { code: 'STATE', about: 'The state file is of another lineage.' },

  LOCKED: { code: 'BUSY', about: 'Another command holds the lock.' },

  CONNECT_FAILED: { code: 'UNREACHABLE', about: 'The host can not be reached.' },
  LOGIN_FAILED: { code: 'UNREACHABLE', about: 'The host does not accept the login.' },
  HOST_KEY_UNKNOWN: { code: 'UNREACHABLE', about: 'The host key is not known.' },
  HOST_KEY_MISMATCH: { code: 'UNREACHABLE', about: 'The host key is not the expected one.' },
  CONNECTION_LOST: {
    code: 'UNREACHABLE',
    about: 'The connection was lost; what was asked may have happened.',
  },
  NO_ANSWER: {
    code: 'UNREACHABLE',
    about: 'The host did not answer in time; what was asked may have happened.',
  },

  DEVICE_IN_USE: { code: 'IN_USE', about: 'The device is in use on the node.' },

  STATE_UNREADABLE: { code: 'STATE', about: 'The state can not be read.' },
  STATE_DAMAGED: { code: 'STATE', about: 'The state is damaged.' },
  STATE_NEWER: { code: 'STATE', about: 'The state was written by a newer rdsctl.' },
  STATE_UNREACHABLE: {
    code: 'UNREACHABLE',
    about: 'The etcd cluster that keeps the state can not be reached.',
  },
  STATE_LOGIN_FAILED: {
    code: 'UNREACHABLE',
    about: 'The etcd cluster that keeps the state does not accept the user, or the user lacks a permission.',
  },
  STATE_OUTCOME_UNKNOWN: {
    code: 'UNREACHABLE',
    about: 'The state may or may not have been changed: the etcd cluster did not answer.',
  },
  STATE_UNWRITABLE: { code: 'STATE', about: 'The state can not be written.' },

  REMOTE_ERROR: { code: 'REMOTE', about: 'The host answered with an error.' },
  BAD_ANSWER: { code: 'REMOTE', about: 'The host answered something that can not be understood.' },
  NOT_PERMITTED: { code: 'REMOTE', about: 'The login lacks a permission.' },
  UNSUPPORTED_VERSION: { code: 'REMOTE', about: 'The version of RouterOS or nvme-cli can not do this.' },
  NODE_NOT_READY: { code: 'REMOTE', about: 'The node lacks something that an attach needs.' },
  CONNECT_REFUSED: { code: 'REMOTE', about: 'The NVMe target refused the node.' },
  NO_DEVICE: { code: 'REMOTE', about: 'The node connected but no block device appeared.' },

  NOT_VERIFIED: { code: 'UNVERIFIED', about: 'A change was made but reading it back did not show it.' },
  NOT_DRAINED: { code: 'UNVERIFIED', about: 'I/O is still in flight at the storage server.' },

  TIMED_OUT: { code: 'TIMEOUT', about: 'The time given with --timeout ran out.' },
  INTERRUPTED: { code: 'SIGNAL', about: 'The command was interrupted.' },
} as const satisfies Record<string, { code: ErrorCode; about: string }>;

/** A reason's name, as it stands in an error document's `reason`. */
export type Reason = keyof typeof REASONS;
