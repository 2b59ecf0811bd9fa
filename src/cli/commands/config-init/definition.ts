import { defineCommand } from '../../command.ts';
import { flag, optional } from '../../specs.ts';

export const configInit = defineCommand({
  name: 'config init',
  aliases: [],
  section: 'Setup',
  summary: 'Write a commented starter file.',
  description: `
Writes a configuration file to start from, with every key explained. An existing file is left alone unless --force is given.`,
  arguments: {
    file: optional('FILE', 'Where to write it; else --config, else the first place that is looked in.', {
      completes: 'file',
    }),
  },
  options: {
    force: flag('Overwrite an existing file.', { short: 'f' }),
  },
  changes: true,
  examples: [{ run: 'rdsctl config init', about: 'Make a first configuration' }],
});
