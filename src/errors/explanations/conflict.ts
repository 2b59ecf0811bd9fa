import { NOTHING, type Explanations } from './explanation.ts';

/** What is refused because of who has a volume, or uses it. */
export const OF_CONFLICTS = {
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
  DEVICE_IN_USE: {
    why: 'The block device is mounted, swapped on, held by LVM, MD or dm, or open in a process. Taking it away would lose data that is not written yet.',
    now: NOTHING,
    mend: [
      'End that use on the node: `umount`, `swapoff`, `vgchange -an`, …; then again.',
      '`rdsctl fence NODE` when the node can not be helped.',
    ],
  },
} satisfies Explanations;
