import type { Reason } from './reasons.ts';

/** What `rdsctl explain` and docs/ERRORS.md say of a reason, beside its line in the catalogue. */
export interface Explanation {
  /** How it comes about, and why rdsctl does not go on. */
  readonly why: string;
  /** What is certain about the volume, the node and the state when it has been told. */
  readonly now: string;
  /** What to do, most likely first. Commands stand in backticks. */
  readonly mend: readonly string[];
}

const NOTHING = 'Nothing was changed.';

/** One for each reason: a reason that is not explained here does not compile. */
export const EXPLANATIONS: { readonly [R in Reason]: Explanation } = {
  INTERNAL: {
    why: 'An assumption in the program did not hold.',
    now: 'Unknown: what was being worked on may be half done. The intent in the state says what it was.',
    mend: [
      '`rdsctl list -o wide` and `rdsctl show VOLUME` tell what things are like.',
      '`rdsctl reconcile` finishes or undoes what was begun.',
      'Report it with the output of the same command with `-vv`.',
    ],
  },
  PARTIAL: {
    why: 'A command for many volumes goes on when one of them fails.',
    now: 'Each volume stands as its own line says; those that are not named as failed are done.',
    mend: ['Mend what the lines name, then run the same command again: what is done already is left alone.'],
  },
  AUDIT_FAILED: {
    why: 'What was done could not be written to the audit log: the disk is full, or the log belongs to another user.',
    now: 'What the message says was done is done and stands in the state; only the line in the log is missing.',
    mend: ['Make room or mend the owner of `audit.jsonl` in the state directory, then `rdsctl state check`.'],
  },
  LOCAL_IO: {
    why: 'The system refused to read or write a file on this host.',
    now: NOTHING,
    mend: ['Mend what the message names: the path, its owner and mode, or the space on its disk.'],
  },
  BAD_ARGUMENT: {
    why: 'The command line can not be understood.',
    now: NOTHING,
    mend: ['`rdsctl COMMAND --help` lists the arguments and options.'],
  },
  BAD_NAME: {
    why: 'Names go into commands for RouterOS and for shells, so only letters, digits and a few signs are let through.',
    now: NOTHING,
    mend: ['Use the slot as `rdsctl volumes` prints it and the node as `rdsctl nodes` does.'],
  },
  BAD_CONFIG: {
    why: 'The configuration has a mistake; the message names file, line and the nearest key that is known.',
    now: NOTHING,
    mend: ['`rdsctl config check` shows every mistake at once.'],
  },
  NO_CONFIG: {
    why: 'None of the places where a configuration may stand has one.',
    now: NOTHING,
    mend: [
      '`rdsctl config init` writes one to start from.',
      '`rdsctl simulate --dir DIR` makes a whole world to try things in.',
    ],
  },
  BAD_MANIFEST: {
    why: 'The file given to apply can not be read, has keys or values that are not known, or names a volume, node or storage server that is not there. All of it is checked before anything is done.',
    now: NOTHING,
    mend: [
      'Each line of the message names file and line, and what to write instead. docs/MANIFEST.md describes the format.',
    ],
  },
  BAD_KEY_FILE: {
    why: 'A private key, or a file with a password or certificate, is missing, can not be read, or holds something else; or others can read a secret in it, which would then be none.',
    now: NOTHING,
    mend: [
      '`chmod 600 FILE`, or name another file: as identityFile, or in the `state` section. `rdsctl config check` looks at all of them.',
    ],
  },
  AMBIGUOUS_VOLUME: {
    why: 'Two storage servers have a disk in a slot of that name.',
    now: NOTHING,
    mend: ['Name the storage server too: `RDS/SLOT`.'],
  },
  AMBIGUOUS_LINEAGE: {
    why: 'The state that was kept here is lost, with its lineage, and the tags on the storage servers are of several states: another admin host manages some of the volumes.',
    now: NOTHING,
    mend: [
      '`rdsctl state rebuild --lineage ID`, with the ID of the state that is lost: never with that of one that is in use elsewhere.',
    ],
  },
  NEEDS_CONFIRMATION: {
    why: 'The command can hurt, and there is no terminal to ask on. rdsctl never waits for an answer that can not come.',
    now: NOTHING,
    mend: ['In scripts that are meant to do it: `--yes`.', '`--dry-run` shows what it would do.'],
  },
  SHARED_NOT_CONFIGURED: {
    why: 'A RouterOS export names one host NQN or lets any host in. Two nodes on one volume mean the second: it has to be allowed for that storage server.',
    now: NOTHING,
    mend: [
      'Set `sharedExport: any` for the storage server, if its storage network is trusted.',
      '`rdsctl move` needs no sharing.',
    ],
  },
  DECLINED: {
    why: 'The question was answered with no, or with another name.',
    now: NOTHING,
    mend: ['Run it again when you are sure.'],
  },

  NO_SUCH_VOLUME: {
    why: 'No configured storage server has a disk in that slot, or the configuration does not let rdsctl touch it (volumes).',
    now: NOTHING,
    mend: ['`rdsctl volumes` lists what there is.'],
  },
  NO_SUCH_NODE: {
    why: 'The configuration does not name the node.',
    now: NOTHING,
    mend: ['`rdsctl nodes` lists those it names.'],
  },
  NO_SUCH_STORAGE_SERVER: {
    why: 'The configuration does not name the storage server.',
    now: NOTHING,
    mend: ['`rdsctl config show` lists those it names.'],
  },

  ATTACHED_ELSEWHERE: {
    why: 'A volume belongs to one node at a time. Another one has it, or may have it: a claim is only dropped when it is proved that nobody can write any more.',
    now: NOTHING,
    mend: [
      '`rdsctl move VOLUME NODE` when the other node is well.',
      '`rdsctl fence NODE` when the other node is dead, hung or cut off; then attach again.',
    ],
  },
  NODE_FENCED: {
    why: 'The node was cut off because it was believed dead. It may hold old connections with writes in their queues, which must be gone before it gets a volume again.',
    now: NOTHING,
    mend: ['`rdsctl unfence NODE` checks the node and lifts the mark.'],
  },
  UNTRACKED_EXPORT: {
    why: 'The storage server offers the volume to somebody, and rdsctl did not do it. Taking it could cut off a user that is not known.',
    now: NOTHING,
    mend: [
      '`rdsctl adopt VOLUME` takes a connection that was made by hand into the state.',
      '`rdsctl attach VOLUME NODE --take-over` when it is certain that nobody uses it.',
    ],
  },
  NOTHING_TO_ADOPT: {
    why: 'Adopting takes over what is exported and connected already. This volume is not exported, or no node has a live controller of it.',
    now: NOTHING,
    mend: [
      'To use it on a node: `rdsctl attach VOLUME NODE`.',
      '`rdsctl tree` shows what is connected where.',
    ],
  },
  WRONG_HOST_NQN: {
    why: 'The connection was made with a host NQN that is not the node’s own (its configuration, else /etc/nvme/hostnqn). The export would be limited to the node’s own, and shut this connection out when it has to reconnect.',
    now: NOTHING,
    mend: [
      'Unmount the volume, disconnect it on the node, then `rdsctl attach VOLUME NODE`.',
      'Or write the host NQN that it uses into the configuration of the node, when it is its alone.',
    ],
  },
  FOREIGN_TAG: {
    why: 'The tag in the disk’s comment was written by another state (another lineage): two admin hosts manage one storage server, or the state directory was made anew.',
    now: NOTHING,
    mend: [
      'Work with the state that manages it: `--state`.',
      'If that state is lost: `rdsctl state rebuild --lineage ID`, with the lineage that the message names.',
    ],
  },
  STALE_STATE: {
    why: 'The storage server has seen a newer fencing token than this state ever gave out. The state is an old copy, for example a restored backup.',
    now: NOTHING,
    mend: ['Work with the newest state.', 'If it is lost: `rdsctl state rebuild`.'],
  },
  OLDER_STATE: {
    why: 'What is kept here is the same state with a higher serial number, or with the same one and another content: changes were made here that the state to be imported does not know.',
    now: NOTHING,
    mend: [
      '`rdsctl state import FILE --older --dry-run` shows what would be lost.',
      'Export the state again from where it was changed last.',
      'Where both were changed: `rdsctl state import FILE --older`, then `rdsctl state rebuild`, which asks the storage servers.',
    ],
  },
  CHANGED_MEANWHILE: {
    why: 'Between looking at the disk and changing it somebody else changed its comment. The storage server compares it in the very script that would change it.',
    now: 'Nothing of the refused step was changed; the message tells what had been done before it.',
    mend: ['`rdsctl show VOLUME` tells who has it now.', 'Run the command again if it is still wanted.'],
  },
  LOST_LOCK: {
    why: 'The lock of the volume was taken over by another host, because this process did not move for longer than a lock may be left alone.',
    now: 'Nothing was sent after the loss was noticed.',
    mend: ['`rdsctl show VOLUME`, then run the command again if it is still wanted.'],
  },
  DUPLICATE_HOST_NQN: {
    why: 'The storage server tells hosts apart by their host NQN. Two nodes with one NQN, or one host ID, are one host to it: cutting one off would not cut off the other.',
    now: NOTHING,
    mend: [
      'Give one of the nodes its own /etc/nvme/hostnqn and hostid while nothing is attached to it; `rdsctl doctor` prints the commands.',
    ],
  },
  NQN_COLLISION: {
    why: 'The node is connected to a subsystem of the very same NQN at another address: two storage servers use one name, and the device could be the wrong disk.',
    now: NOTHING,
    mend: [
      'Give one of the disks another NQN at its storage server (7.21 and later), or detach the other volume first.',
    ],
  },
  SHARE_LIMIT: {
    why: 'A hand-off is between two nodes.',
    now: NOTHING,
    mend: ['`rdsctl detach VOLUME NODE` ends the share of one of them.'],
  },
  STALE_CONTROLLER: {
    why: 'The node holds an old connection of the volume and would send the writes in its queue as soon as it was let in again, over newer data.',
    now: NOTHING,
    mend: [
      'Unmount what is left, then run the command again: old controllers are dropped first.',
      'A reboot of the node ends them for certain.',
    ],
  },
  OPEN_INTENT: {
    why: 'An operation on the volume was cut short, and what it left has to be settled first.',
    now: NOTHING,
    mend: ['`rdsctl reconcile` settles it.', 'Or run the same operation again.'],
  },
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

  CONNECT_FAILED: {
    why: 'No SSH connection to the host came about in time.',
    now: 'The message says what had been done before; without such a word nothing was changed.',
    mend: [
      '`rdsctl doctor` tries every host.',
      '`rdsctl fence NODE` when a node is dead and its volumes are needed elsewhere.',
    ],
  },
  LOGIN_FAILED: {
    why: 'The host answered but did not accept the user or the key.',
    now: NOTHING,
    mend: ['Try it by hand with `ssh USER@HOST`; see user and identityFile in `rdsctl config show`.'],
  },
  HOST_KEY_UNKNOWN: {
    why: 'Nobody has said yet that this key belongs to the host; anybody could answer in its place.',
    now: NOTHING,
    mend: [
      'Compare the fingerprint with the one on the host’s own console, then put it into the configuration as hostKey, or into known_hosts.',
    ],
  },
  HOST_KEY_MISMATCH: {
    why: 'The host shows another key than the one that is known: it was installed anew, or somebody stands in between.',
    now: NOTHING,
    mend: ['Find out which. Only when the host was installed anew, replace the old key.'],
  },
  CONNECTION_LOST: {
    why: 'The connection broke after a command had been sent; it may have been carried out.',
    now: 'Not known; the volume stays claimed, which is the safe side.',
    mend: ['Run the same command again: it looks first.', '`rdsctl reconcile` settles it.'],
  },
  NO_ANSWER: {
    why: 'A command was sent and no answer came in time; it may have been carried out, or may be yet.',
    now: 'Not known; the volume stays claimed, which is the safe side.',
    mend: ['Run the same command again when the host answers.', '`rdsctl reconcile` settles it.'],
  },

  DEVICE_IN_USE: {
    why: 'The block device is mounted, swapped on, held by LVM, MD or dm, or open in a process. Taking it away would lose data that is not written yet.',
    now: NOTHING,
    mend: [
      'End that use on the node: `umount`, `swapoff`, `vgchange -an`, …; then again.',
      '`rdsctl fence NODE` when the node can not be helped.',
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

  REMOTE_ERROR: {
    why: 'The host understood and refused; its own words stand in the message.',
    now: 'The message says what had been done before; without such a word nothing was changed.',
    mend: ['Mend what its words name; `-vv` shows the command.'],
  },
  BAD_ANSWER: {
    why: 'The answer was cut short or is not what was asked for. Nothing is concluded from it.',
    now: 'What was asked may have been done; a volume that was being changed stays claimed.',
    mend: ['Run the same command again.', '`-vvv` shows what came back.'],
  },
  NOT_PERMITTED: {
    why: 'The user on the host lacks a right: on RouterOS a policy of its group, on a node sudo without password.',
    now: 'Nothing of the refused step was changed.',
    mend: ['`rdsctl doctor` names the right that is missing.'],
  },
  UNSUPPORTED_VERSION: {
    why: 'The version of RouterOS or nvme-cli can not do what is needed; the message names the one that can.',
    now: NOTHING,
    mend: ['Upgrade it.'],
  },
  NODE_NOT_READY: {
    why: 'The node lacks nvme-cli, the kernel module nvme-tcp, or an identity of its own.',
    now: NOTHING,
    mend: ['The message prints the command for the node; `rdsctl doctor` finds everything at once.'],
  },
  CONNECT_REFUSED: {
    why: 'The storage server did not let the node in although it was granted the volume; often another host NQN than expected.',
    now: 'The grant was taken back, unless the message says otherwise.',
    mend: [
      '`rdsctl show VOLUME` sets the views side by side.',
      '`rdsctl doctor` checks the node’s identity and the way to port 4420.',
    ],
  },
  NO_DEVICE: {
    why: 'The node is connected, but its kernel made no block device in time.',
    now: 'The grant was taken back, unless the message says otherwise.',
    mend: ['`dmesg` on the node tells why; a longer timeouts.device helps slow nodes.'],
  },

  NOT_VERIFIED: {
    why: 'Nothing counts before it was read back, and reading back did not show it.',
    now: 'Treat the node as still connected. The volume stays claimed.',
    mend: ['Run the same command again.', 'If that stays so, cut the node’s power or its network port.'],
  },
  NOT_DRAINED: {
    why: 'The sessions have ended, but writes that the storage server had begun are not finished. They could land after the next owner’s.',
    now: 'Nobody can connect to the volume, and it was given to nobody.',
    mend: [
      'Run the same command again when the disks are quiet; `fence.drainTimeout` says how long it waits.',
    ],
  },

  TIMED_OUT: {
    why: 'The whole command took longer than --timeout.',
    now: 'The step in hand was finished or undone; the message says what state the volume is in.',
    mend: ['Run it again with more time.'],
  },
  INTERRUPTED: {
    why: 'SIGINT or SIGTERM came.',
    now: 'The step in hand was finished or undone; the message says what state the volume is in.',
    mend: ['Run the same command again, or `rdsctl reconcile`.'],
  },
};
