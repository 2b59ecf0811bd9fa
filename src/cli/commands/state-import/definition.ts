import { defineCommand } from '../../command.ts';
import { flag, required, text } from '../../specs.ts';

export const stateImport = defineCommand({
  name: 'state import',
  aliases: [],
  section: 'Setup',
  summary: 'Put an exported state in the place of the state.',
  description: `
Puts a state that "state export" or "state backup" wrote in the place of the one that is kept here, in a directory or in etcd. Lineage, serial number, fencing tokens and fence marks are kept: to the storage servers it is the same state as before.

A state that is empty is filled at once. Where something is kept already, what would be lost and gained is shown before it asks, and what is there now is kept as a backup, also when it is damaged. Refused are a state of another lineage than belongs here (exit 9, see --lineage), one that is older than what is here (exit 4, see --older), and a file that is damaged or was written by a newer rdsctl (exit 9).

Afterwards the state is in two places. Take the old one out of use at once: the first of the two that changes a volume is the only one that the storage server still listens to for it, and the other is refused (exit 4).`,
  arguments: {
    file: required('FILE', 'The exported state; - for standard input.', { completes: 'file' }),
  },
  options: {
    lineage: text('ID', 'Put a state of this lineage here, although another one belongs here.'),
    older: flag('Put it here although what is here is newer; see also "rdsctl state rebuild".'),
  },
  changes: true,
  examples: [
    { run: 'rdsctl state import /root/rdsctl-state.json --dry-run', about: 'See what it would change' },
    {
      run: 'rdsctl --state etcds://etcd1,etcd2,etcd3 state export - | rdsctl --state /var/lib/rdsctl state import - --yes',
      about: 'Move the state from etcd back to this host',
    },
  ],
});
