import { defineCommand } from '../../command.ts';
import { required } from '../../specs.ts';

export const NAME_KINDS = ['volume', 'node', 'rds'] as const;

/** What the completion scripts ask for names. */
export const names = defineCommand({
  name: '__names',
  aliases: [],
  hidden: true,
  section: 'Setup',
  summary: 'Print names, for completion.',
  description: `
Prints the names of volumes, nodes or storage servers that the configuration and the state know, one a line. It talks to no host, and prints nothing where something can not be read.`,
  arguments: { kind: required('KIND', 'volume, node or rds.', { choices: NAME_KINDS }) },
  options: {},
  changes: false,
  examples: [],
});
