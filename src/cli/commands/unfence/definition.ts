import { defineCommand } from '../../command.ts';
import { flag, required } from '../../specs.ts';

export const unfence = defineCommand({
  name: 'unfence',
  aliases: [],
  section: 'Nodes',
  summary: "Lift a node's fence mark.",
  description: `
Lifts the mark that fence set, after checking on the node that no stale controller and no mount of its old volumes is left.`,
  arguments: {
    node: required('NODE', 'The node, as the configuration names it.', { completes: 'node' }),
  },
  options: {
    force: flag('Skip the check on the node.'),
  },
  changes: true,
  examples: [{ run: 'rdsctl unfence node-2', about: 'Let a repaired node have volumes again' }],
});
