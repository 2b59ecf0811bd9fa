import { defineCommand } from '../../command.ts';

export const configShow = defineCommand({
  name: 'config show',
  aliases: [],
  section: 'Setup',
  summary: 'Show the effective configuration and where each value came from.',
  description: `
Shows the configuration as rdsctl uses it, with every default filled in, and where each value came from: a flag, a variable, a line of the file, or the default.`,
  arguments: {},
  options: {},
  changes: false,
  examples: [{ run: 'rdsctl config show -o yaml', about: 'The effective configuration, for a script' }],
});
