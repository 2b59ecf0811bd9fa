import { defineCommand } from '../../command.ts';
import { optional } from '../../specs.ts';

export const stateBackup = defineCommand({
  name: 'state backup',
  aliases: [],
  section: 'Setup',
  summary: 'Make a copy of the state.',
  description: `
Makes a whole copy of the state that only its owner may read: to FILE, or among the backups beside the state. Unlike the backups that each change of a state in a directory makes by itself, it stays until somebody removes it. A FILE that is there already is only replaced with --yes.`,
  arguments: {
    file: optional('FILE', 'Where to; left out: beside the other backups.', { completes: 'file' }),
  },
  options: {},
  changes: true,
  examples: [
    { run: 'rdsctl state backup', about: 'Before something risky' },
    { run: 'rdsctl state backup /mnt/backup/rdsctl-state.json --yes', about: 'From cron, to another disk' },
  ],
});
