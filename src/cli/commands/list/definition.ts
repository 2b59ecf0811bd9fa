import { PHASES } from '../../../attachment/phase.ts';
import { defineCommand } from '../../command.ts';
import { TABLE_OPTIONS } from '../../output/table-options.ts';
import { duration, flag, list as many } from '../../specs.ts';

export const list = defineCommand({
  name: 'list',
  aliases: ['ls'],
  section: 'Volumes',
  summary: 'List the attachments.',
  description: `
Lists the attachments that the state remembers. Reads only the state: it takes no lock, waits for nobody and talks to no storage server and no node. Filters of one kind add up, filters of different kinds narrow the list down.`,
  arguments: {},
  options: {
    node: many('NODE', 'Only those of this node; may be repeated.', { completes: 'node' }),
    volume: many('GLOB', 'Only volumes whose slot or RDS/SLOT matches; may be repeated.', {
      completes: 'volume',
    }),
    phase: many('PHASE', `Only those in this phase: ${PHASES.join(', ')}; may be repeated.`, {
      completes: 'phase',
      choices: PHASES,
    }),
    rds: many('RDS', 'Only those of this storage server; may be repeated.', { completes: 'rds' }),
    ...TABLE_OPTIONS,
    watch: flag(
      'Go on until interrupted: redraw on a terminal, else one JSON document a line at each change.',
    ),
    interval: duration('With --watch: how often to look where the kernel tells of no changes (default 2s).'),
  },
  changes: false,
  runsUntilSignal: 'watch',
  examples: [
    { run: 'rdsctl list --node node-3', about: 'What node-3 has' },
    { run: "rdsctl list --volume 'db-*' -o wide", about: 'Everything about the volumes of the databases' },
    { run: 'rdsctl list --watch', about: 'Follow what happens' },
    { run: 'rdsctl list --sort -age --columns volume,node,age', about: 'The newest first, in three columns' },
    { run: 'rdsctl list --phase fenced -o name', about: 'Volumes that were fenced, for a script' },
  ],
});
