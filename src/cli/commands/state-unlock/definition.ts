import { defineCommand } from '../../command.ts';
import { flag, optional } from '../../specs.ts';

export const stateUnlock = defineCommand({
  name: 'state unlock',
  aliases: [],
  section: 'Setup',
  summary: 'List the locks, and remove those that were left behind.',
  description: `
Without an argument it lists every lock: who holds it, on which host, since when, for which command, and whether that process lives. A lock that a dead process of this host left hinders nobody; --dead removes all of those.

A VOLUME's lock is removed when its holder is known to be dead. One whose holder lives, or is on another host, is only taken away by its ID, after asking: two commands at work on one volume is what locks are there to prevent. A holder that loses its lock finds out before its next change and stops.`,
  arguments: {
    target: optional('VOLUME|ID', 'The lock: its volume, or its ID as listed.', { completes: 'volume' }),
  },
  options: {
    dead: flag('Remove the locks of dead processes of this host.'),
  },
  changes: true,
  examples: [
    { run: 'rdsctl state unlock', about: 'Who works on what?' },
    { run: 'rdsctl state unlock --dead', about: 'Clear what killed commands left' },
  ],
});
