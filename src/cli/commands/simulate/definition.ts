import { defineCommand } from '../../command.ts';
import { choice, integer, rest, text } from '../../specs.ts';

export const simulate = defineCommand({
  name: 'simulate',
  aliases: [],
  section: 'Setup',
  summary: 'Run a simulated storage server and nodes, to rehearse.',
  description: `
Runs a simulated storage server and nodes on loopback. Writes DIR/config.yaml with keys and known hosts, prints a line with "ready" when everything answers, and runs until SIGTERM or SIGINT. With a COMMAND after "--" it runs that with RDSCTL_CONFIG set, and ends with its exit code.

"simulate parse [FILE|-]" starts nothing: it prints what a RouterOS device prints for :parse of that script, the tree or the error, and ends with 0 or 1.`,
  arguments: {
    command: rest('COMMAND', 'After "--": what to run against the simulation.'),
  },
  options: {
    dir: text('DIR', 'Where its files are put: configuration, keys, nodes.', { completes: 'directory' }),
    nodes: integer('N', 'How many nodes.', { fallback: 3 }),
    volumes: integer('N', 'How many volumes on each storage server.', { fallback: 8 }),
    storageServers: integer('N', 'How many storage servers: rds1, rds2, ….', { fallback: 1 }),
    firstNode: integer('N', 'The number of the first node, where several simulations make one fleet.', {
      fallback: 1,
    }),
    firstStorageServer: integer('N', 'The number of the first storage server, likewise.', { fallback: 1 }),
    routeros: text('VERSION', 'The RouterOS version that is simulated.'),
    events: text('FILE', 'Write what truly happens, one JSON object a line.', { completes: 'file' }),
    quirk: choice(
      'QUIRK',
      ['sessions-outlive-export', 'list-ignored'],
      'In what the storage server falls short: a fence can not work then.',
    ),
    faults: text('FILE', 'Faults to play, as YAML; read again when it changes.', { completes: 'file' }),
  },
  changes: false,
  runsUntilSignal: true,
  examples: [
    {
      run: 'rdsctl simulate --dir ./sim',
      about: 'Rehearse in another terminal with --config ./sim/config.yaml',
    },
    { run: 'rdsctl simulate parse script.rsc', about: 'See how RouterOS understands a script' },
    { run: 'rdsctl simulate --dir ./sim -- rdsctl attach vol-1 node-1', about: 'Run one command against it' },
  ],
});
