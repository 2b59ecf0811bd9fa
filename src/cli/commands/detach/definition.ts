import { defineCommand } from '../../command.ts';
import { optional, required } from '../../specs.ts';

export const detach = defineCommand({
  name: 'detach',
  aliases: [],
  section: 'Volumes',
  summary: 'Disconnect a volume from its node and withdraw the export.',
  description: `
Disconnects VOLUME on the node that has it and withdraws the export. When it is not attached nothing is changed and it succeeds. When the device is still mounted or held on the node it is refused with exit code 7 and what holds it. When the node can not be reached nothing is changed: a dead node is cut off with fence.`,
  arguments: {
    volume: required('VOLUME', 'The volume: its slot, or RDS/SLOT where several storage servers have it.', {
      completes: 'volume',
    }),
    node: optional('NODE', 'Only from this node: where it is not on it, nothing is changed.', {
      completes: 'node',
    }),
  },
  options: {},
  changes: true,
  examples: [
    { run: 'rdsctl detach vol-7', about: 'Detach a volume from wherever it is' },
    { run: 'rdsctl detach vol-7 node-3', about: 'Detach it only if it is on node-3' },
  ],
});
