import { NOTHING, type Explanations } from './explanation.ts';

/** What is told of the command itself: how it was called, what it names, how it ended. */
export const OF_COMMANDS = {
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
} satisfies Explanations;
