import { defineCommand } from '../../command.ts';
import { optional } from '../../specs.ts';

/** What the fence agent asks for its actions status, monitor, list and validate-all. */
export const fenceStanding = defineCommand({
  name: '__fence-standing',
  aliases: [],
  hidden: true,
  section: 'Nodes',
  summary: 'Print how a node stands, for the fence agent.',
  description: `
With NODE prints "on", or "off" when it is fenced and cut off from everything. Without, asks every storage server and prints the names of the nodes.`,
  arguments: { node: optional('NODE', 'The node.', { completes: 'node' }) },
  options: {},
  changes: false,
  examples: [],
});
