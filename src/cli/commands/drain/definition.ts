import { defineCommand } from '../../command.ts';
import { required } from '../../specs.ts';

export const drain = defineCommand({
  name: 'drain',
  aliases: [],
  section: 'Nodes',
  summary: 'Detach every volume of a node, for example before maintenance.',
  description: `
Detaches every volume that NODE has, several at a time, and reports each. A volume that is in use stays where it is, with what uses it; the others go on. When any stayed it ends with exit code 1: the node is not free yet. With nothing attached it succeeds and changes nothing.

Connections of NODE to the storage servers that the state does not know are told and left alone. NODE is not marked: what is attached to it later is attached. A node that does not answer is cut off with fence.`,
  arguments: {
    node: required('NODE', 'The node, as the configuration names it.', { completes: 'node' }),
  },
  options: {},
  changes: true,
  examples: [
    { run: 'rdsctl drain node-2 --reason "kernel update"', about: 'Before a reboot' },
    { run: 'rdsctl drain node-2 --dry-run', about: 'See what would stay, and why' },
  ],
});
