import { NOTHING, type Explanations } from './explanation.ts';

/** What is told of storage servers and nodes: not reached, not carried out, not proved. */
export const OF_HOSTS = {
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
} satisfies Explanations;
