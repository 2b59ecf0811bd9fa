import { defineCommand } from '../../command.ts';
import { flag, text } from '../../specs.ts';

export const apply = defineCommand({
  name: 'apply',
  aliases: [],
  section: 'Volumes',
  summary: 'Make the attachments be what a manifest says.',
  description: `
Reads a manifest (YAML or JSON), shows what has to be attached (+), moved (~) and, with --prune, detached (-), asks, and does it, many volumes at a time. One that fails does not stop the others; then it ends with exit code 1. Nothing to do: success.

A manifest that is not right, or names what is not there, is refused with exit code 2 and the line of each mistake, before anything is changed. What "rdsctl list -o yaml" writes is a manifest.`,
  arguments: {},
  options: {
    file: text('FILE', 'The manifest; - for standard input.', { short: 'f', completes: 'file' }),
    prune: flag('Detach the attachments that the manifest does not name.'),
  },
  changes: true,
  examples: [
    { run: 'rdsctl apply -f attachments.yaml', about: 'Show the plan, ask, do it' },
    {
      run: 'rdsctl apply -f attachments.yaml --prune --dry-run',
      about: 'See each command that it would run',
    },
    { run: 'rdsctl list -o yaml > saved.yaml; rdsctl apply -f saved.yaml', about: 'Put back what was' },
  ],
});
