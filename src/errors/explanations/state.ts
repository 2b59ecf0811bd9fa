import { NOTHING, type Explanations } from './explanation.ts';

/** What is told of the state, and of its locks. */
export const OF_STATES = {
  FOREIGN_LINEAGE: {
    why: 'The state file in the directory is not the one that was kept there: it was replaced.',
    now: NOTHING,
    mend: [
      'Put the right file back, or `rdsctl state restore`.',
      'If the other one is meant to be here: `rdsctl state restore FILE --lineage ID`.',
    ],
  },

  LOCKED: {
    why: 'One command at a time works on a volume. The message names who holds the lock: user, host, process, command, since when.',
    now: NOTHING,
    mend: [
      'Wait for it, or longer: `--lock-timeout 5m`.',
      '`rdsctl state unlock` shows locks, and whether their holders still live.',
    ],
  },

  STATE_UNREADABLE: {
    why: 'The system refused to read the state.',
    now: NOTHING,
    mend: ['Mend its owner and mode, or run rdsctl as the right user.'],
  },
  STATE_DAMAGED: {
    why: 'The checksum does not match, or the file is cut short. rdsctl never starts with an empty state instead: it would forget who has which volume.',
    now: NOTHING,
    mend: [
      '`rdsctl state check` tells what is wrong.',
      '`rdsctl state restore` goes back to a good backup.',
      '`rdsctl state rebuild` asks the storage servers and nodes.',
    ],
  },
  STATE_NEWER: {
    why: 'A newer rdsctl wrote it, and this one does not know what it means.',
    now: NOTHING,
    mend: ['Use the newer rdsctl.'],
  },
  STATE_UNREACHABLE: {
    why: 'Not one endpoint of the cluster answered in time, or those that did have no leader. The message says of each why: nothing listens, a certificate has run out, the wrong scheme.',
    now: 'Nothing was changed, but for what the message says had been done before.',
    mend: [
      '`etcdctl endpoint health` with the same endpoints and certificates tells how the members are.',
      '`rdsctl config show` shows which endpoints and files are used.',
    ],
  },
  STATE_LOGIN_FAILED: {
    why: 'The user or the password is wrong, the cluster wants a user and none is given, or its role may not read and write the keys under the prefix.',
    now: NOTHING,
    mend: [
      'Mend `state.user` and the file that `state.passwordFile` names.',
      '`etcdctl role grant-permission ROLE --prefix=true readwrite PREFIX/` lets a role read and write the keys.',
    ],
  },
  STATE_OUTCOME_UNKNOWN: {
    why: 'A change was sent to etcd, no answer came, and no member could be asked what became of it.',
    now: 'Not known: the state is the old one or the new one, whole either way.',
    mend: [
      '`rdsctl list` when the cluster answers again: it tells which.',
      'Then the same command again, or `rdsctl reconcile`.',
    ],
  },
  STATE_UNWRITABLE: {
    why: 'The new state could not be written: the disk is full, read-only or broken, or the directory belongs to another user.',
    now: 'The old state is whole. The message says what had been done before.',
    mend: ['Mend the disk, then run the same command again or `rdsctl reconcile`.'],
  },
} satisfies Explanations;
