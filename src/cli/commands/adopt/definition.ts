import { defineCommand } from '../../command.ts';
import { rest } from '../../specs.ts';

export const adopt = defineCommand({
  name: 'adopt',
  aliases: [],
  section: 'Volumes',
  summary: 'Take connections made by hand, or by another tool, into the state.',
  description: `
Takes volumes that are exported and connected beside the state into it, without disturbing them: the export is limited to the host NQN of the node that is connected, and tagged, while it stays on. Without VOLUME it shows what can be adopted and asks.

Refused with exit code 4: a volume that two nodes are connected to; one of which it can not be told who uses it, because a node does not answer; one that another rdsctl state manages; a node that is fenced, shares its host NQN with another, or is connected under another host NQN than its own.`,
  arguments: {
    volumes: rest('VOLUME', 'The volumes: slots, or RDS/SLOT; none = whatever can be adopted.', {
      completes: 'volume',
    }),
  },
  options: {},
  changes: true,
  examples: [
    { run: 'rdsctl adopt', about: 'See what is connected beside the state, and adopt it' },
    { run: 'rdsctl adopt vol-7', about: 'Adopt one' },
  ],
});
