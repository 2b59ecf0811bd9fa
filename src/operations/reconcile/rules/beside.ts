import type { Rule } from './rule.ts';

/** Not a matter of combinations: whatever else holds, two would write. */
export const MOUNTED: Rule = {
  kind: 'mounted-by-server',
  when: {},
  meaning: 'mount-filesystem=yes: RouterOS mounts the file system of {volume} too, and damages it',
  repair: null,
  command: '/disk set [find where slot="{slot}"] mount-filesystem=no   # on {rds}',
};

/**
 * The node has a new device of the volume, and a file system is still mounted from the one before: after a restart of
 * the storage server, say, when the namespace came back with another identity.
 */
export const DEAD_MOUNT: Rule = {
  kind: 'dead-mount',
  when: {},
  meaning: 'on {node} {mounts}: whoever uses it gets errors, also when {volume} is connected again',
  repair: null,
  command: '{umount}   # on {node}, then mount {device} there',
};

/** A claim of hosts unknown is there only until their sessions are ended, and that is drained. */
export const WITHDRAWN: Rule = {
  kind: 'leftover-export',
  when: {},
  meaning: 'ending what was left of an export of {volume} was begun, and is not proved to be drained',
  repair: 'withdraw',
  command: 'rdsctl reconcile',
};

/** The same; but it was exported again by hand, and is not taken away unasked. */
export const EXPORTED_AGAIN: Rule = {
  ...WITHDRAWN,
  kind: 'untracked-export',
  meaning: 'ending what was left of an export of {volume} was begun, but it is exported again',
  repair: null,
  command: '/disk set [find where slot="{slot}"] nvme-tcp-export=no   # on {rds}',
};
