import { defineCommand } from '../../command.ts';
import { text } from '../../specs.ts';

export const reconcile = defineCommand({
  name: 'reconcile',
  aliases: [],
  section: 'Nodes',
  summary: 'Compare state, storage servers and nodes; repair what is safe to repair.',
  description: `
Asks every storage server and every node once and compares what they say with the state. What can be repaired without hurting anybody is repaired: operations that were cut short are finished or undone, volumes are connected again after a restart of a node or a storage server, exports that were forgotten are made again, dead controllers are dropped, sharing whose time is over is ended. Everything else is reported with the command to run next.

Made for cron: it says nothing when all is in sync, leaves volumes alone that another command works on, and ends at once when another reconcile is at work (--lock-timeout waits for it). With --dry-run nothing is changed and drift is exit code 8. Otherwise a repair that failed is exit code 1; drift that is for the operator is printed with exit code 0.`,
  arguments: {},
  options: {
    metricsFile: text('FILE', 'Write metrics in the Prometheus text format there, for node_exporter.', {
      completes: 'file',
    }),
  },
  changes: true,
  examples: [
    { run: 'rdsctl reconcile', about: 'From cron, every few minutes' },
    {
      run: 'rdsctl reconcile --metrics-file /var/lib/prometheus/node-exporter/rdsctl.prom',
      about: 'With metrics for Prometheus, written as a whole',
    },
    { run: 'rdsctl reconcile --dry-run -o json', about: 'Only look, for monitoring: exit code 8 on drift' },
  ],
});
