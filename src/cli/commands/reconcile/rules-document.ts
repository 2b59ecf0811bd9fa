import { UNKNOWN_HOST } from '../../../attachment/names.ts';
import { FIREWALL_RULES } from '../../../operations/reconcile/firewall.ts';
import { RULES } from '../../../operations/reconcile/rules.ts';
import {
  DEAD_MOUNT,
  EXPORTED_AGAIN,
  MOUNTED,
  WITHDRAWN,
} from '../../../operations/reconcile/rules/beside.ts';
import type { Repair } from '../../../operations/reconcile/rules/rule.ts';
import { DIMENSIONS, matches, STRANGER_DIMENSIONS } from '../../../operations/reconcile/situation.ts';
import { STRANGER_RULES } from '../../../operations/reconcile/stranger-rules.ts';

/** A rule of either table. */
interface AnyRule {
  readonly kind: string | null;
  readonly when: Readonly<Record<string, readonly string[] | undefined>>;
  readonly meaning: string;
  readonly repair: Repair | null;
  readonly command: string;
}

const INTRODUCTION = `# Reconcile

Made from the rules in \`src/operations/reconcile/\` by \`npm run generate\`.

\`rdsctl reconcile\` asks every storage server and every node once, side by side, and holds what they say against the
state. What can be repaired without hurting anybody is repaired; the rest is reported with the command to run next.
It is made for cron:

    */5 * * * *  root  rdsctl reconcile --timeout 4m

- All in sync: it says nothing and ends with 0. Whatever it says is worth a mail: what it repaired, what is left for
  you, what failed. Exit code 1: a repair failed. Exit code 6: no storage server could be asked.
- \`--dry-run\` changes nothing, takes no lock and ends with 8 when there is drift. \`-o json\` prints a complete
  \`ReconcileReport\`, in sync or not.
- One at a time: a second one ends at once with 0 and says who is at it (\`--lock-timeout 5m\` waits instead).
- A volume that another command works on is left alone, and counted in \`skipped\`.
- Hosts that could not be asked are named; nothing is concluded about what was not seen, the rest is done.
- Each volume is looked at again under its lock, and again after each repair; a repair that does not show is a failed
  one. Every repair stands in \`rdsctl history\` as \`reconcile\`, with the kind of drift.

## What is done unasked, and why it can't hurt

| repair         | what it does                                                                                      |
| -------------- | ------------------------------------------------------------------------------------------------- |
| \`attach\`       | what \`attach\` of that node does; an export that is on for its owner is never toggled              |
| \`release\`      | what \`detach\` of that node does; a device in use is left alone, another holder is not disturbed   |
| \`fence\`        | what \`fence\` of that node does to this volume: an order that was given is carried out             |
| \`admit\`        | the owner alone is put on the list of his export, which stays on; the tag gets the next token     |
| \`withdraw\`     | an export that nobody has, with nobody admitted, is ended; so is a name left in the tag           |
| \`drop\`         | a node drops dead controllers that the storage server refuses, unless the device is in use        |
| \`drop-cut-off\` | the same on a fenced node, whatever it says of use: it was cut off, and would replay its writes   |

**An attach that was cut short** is undone when it was the node's first, since nobody was told that it succeeded: a
volume must not appear on a node that somebody gave up on, and then be refused to the next. It is finished when the
device is in use already, or when the node had the volume before (then undoing would take away what it works with).
The second half of a move that was cut short is such an attach: the volume is on neither node then. **A detach** is
finished unless the device is in use. **A fence** is always finished. A node that can't be asked leaves attach and
detach open: fence it.

**Sharing whose time is over**: the node that uses the device keeps it; where that does not decide, the one that is
connected; else the newer one. Both use it: it is for you, since either cut would hurt.

## Every combination

Each volume is one value of each of these:

`;

/** docs/RECONCILE.md: the rules as they are, and how many combinations each of them decides. */
export function reconcileDocument(): string {
  return [
    INTRODUCTION,
    dimensions(DIMENSIONS),
    '\nThe first rule that matches counts; what a rule does not name may be anything. "Decides" is the number of\n',
    'combinations that come to it; together they are all.\n\n',
    table(RULES, DIMENSIONS),
    '\n## Controllers where they should not be\n\n',
    'On nodes that the state does not give the volume to, or that were fenced:\n\n',
    dimensions(STRANGER_DIMENSIONS),
    '\n',
    table(STRANGER_RULES, STRANGER_DIMENSIONS),
    '\n## Besides\n\n',
    `\`${MOUNTED.kind ?? ''}\`: ${MOUNTED.meaning}. It is only reported: \`${MOUNTED.command}\`.\n\n`,
    `\`${DEAD_MOUNT.kind ?? ''}\`: ${DEAD_MOUNT.meaning}. \`mounts\` says what is mounted from which device that is gone; \`details\` has it\n`,
    'as data. A storage server that was restarted may give a namespace another identity: the node drops the device, and what\n',
    'is mounted stays on it while a new one is connected. Looked for on the nodes that have the volume. It is only reported,\n',
    `since who uses it must be ended first: \`${DEAD_MOUNT.command}\`.\n`,
    ENDING,
    ...[WITHDRAWN, EXPORTED_AGAIN].map(
      ({ kind, meaning, repair, command }) =>
        `| \`${kind ?? ''}\` | ${meaning} | ${repair === null ? 'no: reported' : `yes: \`${repair}\``} | \`${command}\` |\n`,
    ),
    FIREWALLS,
    ...FIREWALL_RULES.map(
      ({ kind, meaning, command, why }) => `| \`${kind}\` | ${meaning} | \`${command}\` | ${why} |\n`,
    ),
  ].join('');
}

const ENDING = `
## Exports of hosts unknown

While a leftover export is withdrawn, the state has its volume for \`${UNKNOWN_HOST}\` hosts, until it is proved that nothing
of theirs is in flight any more. Until then nobody is granted it.

| drift | meaning | repaired unasked | by hand |
| --- | --- | --- | --- |
`;

const FIREWALLS = `
## The list of fenced nodes

With \`fence.firewall: true\` the firewall of each storage server that could be asked is looked at as well, once. This
drift is about a node and a storage server: \`volume\` is null. It is only reported. A firewall that could not be looked
at is \`not-seen\`, and a failure.

| drift | meaning | by hand | why not unasked |
| --- | --- | --- | --- |
`;

type AnyDimensions = Readonly<Record<string, readonly string[]>>;

/** What the values of a dimension mean. */
const ABOUT: Readonly<Record<string, string>> = {
  state:
    "what the state says; attaching: by the node's first attach, reattaching: the node had it, or an attach of it was begun, before; shared-over: shared, and the time for that is over",
  tag: "the storage server's tag; owner: names exactly the nodes of the state, older: so, but with an older token, part: only some of them, nobody: none, other: one that the state knows nothing of; newer: a newer token; gone: no such disk",
  export: 'whom the export lets in; owner: exactly the node of the state, nobody: on, but no host may',
  session:
    "the controller on that node; dead: not live, may come back, no-device: live without a usable block device, elsewhere: of that NQN at another address, renamed: none live, and the node's host NQN is another now",
  inUse: 'whether the device is in use there; of a shared volume: on both nodes',
  fenced: 'whether that node is fenced; cut: this volume was, or is to be, taken from it, left: only others',
  others: 'whether another node has a live controller of it; unseen: none seen, not all asked',
  managed: 'whether rdsctl manages the volume: the state or our own tag knows it',
  held: 'whether the state gives it to another node',
};

function dimensions(all: AnyDimensions): string {
  return Object.entries(all)
    .map(
      ([name, values]) =>
        `- ${name}: ${values.map((value) => `\`${value}\``).join(', ')} (${ABOUT[name] ?? ''})\n`,
    )
    .join('');
}

function table(rules: readonly AnyRule[], all: AnyDimensions): string {
  const decides = counts(rules, all);
  const rows = rules.map(({ kind, when, meaning, repair, command }, index) => [
    Object.entries(when)
      .map(([name, values]) => `${name}: ${(values ?? []).join(', ')}`)
      .join('; ') || 'anything else',
    kind === null ? 'none' : `\`${kind}\``,
    meaning,
    kind === null ? '' : repair === null ? 'no: reported' : `yes: \`${repair}\``,
    command === '' ? '' : `\`${command}\``,
    String(decides[index] ?? 0),
  ]);
  const line = (cells: readonly string[]): string => `| ${cells.join(' | ')} |\n`;
  const heading = ['when', 'drift', 'meaning', 'repaired unasked', 'by hand', 'decides'];
  return [line(heading), line(heading.map(() => '---')), ...rows.map(line)].join('');
}

/** How many combinations come to each rule. */
function counts(rules: readonly AnyRule[], all: AnyDimensions): number[] {
  const found = rules.map(() => 0);
  const names = Object.keys(all);
  const situation: Record<string, string> = {};
  const each = (depth: number): void => {
    const name = names[depth];
    if (name !== undefined) {
      for (const value of all[name] ?? []) {
        situation[name] = value;
        each(depth + 1);
      }
      return;
    }
    const index = rules.findIndex(({ when }) => matches<Record<string, string>>(when, situation));
    if (index >= 0) found[index] = (found[index] ?? 0) + 1;
  };
  each(0);
  return found;
}
