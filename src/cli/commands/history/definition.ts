import { defineCommand } from '../../command.ts';
import { integer, optional } from '../../specs.ts';

export const history = defineCommand({
  name: 'history',
  aliases: [],
  section: 'Volumes',
  summary: 'Show the audit log: who did what, when, and what came of it.',
  description: `
Shows the newest entries of the audit log, oldest first: when, who, what, and what came of it. With a VOLUME or a NODE only what concerns it. Reads only the log: it takes no lock and talks to no host.`,
  arguments: {
    about: optional('VOLUME|NODE', 'Only entries about this volume (slot or RDS/SLOT) or node.', {
      completes: 'volume',
    }),
  },
  options: {
    limit: integer('N', 'How many entries at most; 0 = all.', { fallback: 50 }),
  },
  changes: false,
  examples: [
    { run: 'rdsctl history vol-7', about: 'What happened to a volume' },
    { run: 'rdsctl history node-2 -o jsonl --limit 0', about: 'Everything about a node, for a script' },
  ],
});
