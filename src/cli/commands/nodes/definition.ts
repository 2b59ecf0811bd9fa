import { defineCommand } from '../../command.ts';
import { TABLE_OPTIONS } from '../../output/table-options.ts';
import { rest } from '../../specs.ts';

export const nodes = defineCommand({
  name: 'nodes',
  aliases: [],
  section: 'Nodes',
  summary: 'List the nodes and what they are fit for.',
  description: `
Asks the nodes, all at the same time: whether they answer, their host NQN, their nvme-cli, and whether they are fenced.`,
  arguments: {
    nodes: rest('NODE', 'Only these nodes.', { completes: 'node' }),
  },
  options: TABLE_OPTIONS,
  changes: false,
  examples: [{ run: 'rdsctl nodes', about: 'See which nodes answer' }],
});
