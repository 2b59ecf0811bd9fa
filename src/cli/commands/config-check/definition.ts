import { defineCommand } from '../../command.ts';

export const configCheck = defineCommand({
  name: 'config check',
  aliases: [],
  section: 'Setup',
  summary: 'Check the configuration file.',
  description: `
Checks the configuration file and tells everything that is wrong with it, with line and fix; and whether the key files are there and readable by nobody else. Talks to no host. Exit code 2 when something is wrong.`,
  arguments: {},
  options: {},
  changes: false,
  examples: [
    { run: 'rdsctl config check --config ./new.yaml', about: 'Check a file before it is put in place' },
  ],
});
