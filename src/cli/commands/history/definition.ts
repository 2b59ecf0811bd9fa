import { defineCommand } from '../../command.ts';
import { integer, list, optional, text } from '../../specs.ts';

const RESULTS = ['ok', 'unchanged', 'refused', 'failed', 'interrupted'] as const;

export const history = defineCommand({
  name: 'history',
  aliases: [],
  section: 'Volumes',
  summary: 'Show the audit log: who did what, when, and what came of it.',
  description: `
Shows the newest entries of the audit log, oldest first: when, who, what, and what came of it. With a VOLUME or a NODE only what concerns it. -o wide adds where from, the command line, the fencing token and every change that was sent to a host. Reads only the log: it takes no lock and talks to no host.

Filters of one kind add up, filters of different kinds narrow down. TIME is a duration (90m, 12h, 7d: so long ago), a day (2026-11-20), or a time (2026-11-20T14:03Z); without Z or an offset it is UTC.`,
  arguments: {
    about: optional('VOLUME|NODE', 'Only entries about this volume (slot or RDS/SLOT) or node.', {
      completes: 'volume',
    }),
  },
  options: {
    event: list('EVENT', 'Only these: attach, detach, move, fence, …; may be repeated.'),
    result: list('RESULT', `Only those that ended so: ${RESULTS.join(', ')}; may be repeated.`, {
      choices: RESULTS,
    }),
    by: list('USER', 'Only what this user did (also before sudo, or from this address); may be repeated.'),
    since: text('TIME', 'Only entries that are not older.'),
    until: text('TIME', 'Only entries that are older.'),
    limit: integer('N', 'How many entries at most; 0 = all.', { fallback: 50 }),
  },
  changes: false,
  examples: [
    { run: 'rdsctl history vol-7', about: 'What happened to a volume' },
    { run: 'rdsctl history --since 12h --result failed --result refused', about: 'What went wrong tonight' },
    { run: 'rdsctl history node-2 -o jsonl --limit 0', about: 'Everything about a node, for a script' },
  ],
});
