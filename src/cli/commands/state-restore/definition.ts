import { defineCommand } from '../../command.ts';
import { flag, optional, text } from '../../specs.ts';

export const stateRestore = defineCommand({
  name: 'state restore',
  aliases: [],
  section: 'Setup',
  summary: 'Go back to a backup of the state.',
  description: `
Puts a backup in the place of the state: the newest good one, or the one that is named by its file name, its serial number or a path. What would be lost and gained is shown before it asks. What is there now is kept as a backup, also when it is damaged.

A backup that is older than the last change has old fencing tokens, and the storage servers refuse to be changed by it (exit 4) where they know newer ones: run "rdsctl state rebuild" afterwards. It is also what to run when no backup is left.`,
  arguments: {
    backup: optional('BACKUP', 'Its name, its serial number, or a file.', { completes: 'file' }),
  },
  options: {
    list: flag('Only list the backups, newest first.'),
    lineage: text('ID', 'Put a state of this lineage here, although another one belongs here.'),
  },
  changes: true,
  examples: [
    { run: 'rdsctl state restore --list', about: 'See what there is to go back to' },
    { run: 'rdsctl state restore', about: 'Go back to the newest good backup' },
    { run: 'rdsctl state restore 41 --dry-run', about: 'See what going back to serial 41 would change' },
  ],
});
