import { defineCommand } from '../../command.ts';
import { required } from '../../specs.ts';

export const move = defineCommand({
  name: 'move',
  aliases: [],
  section: 'Volumes',
  summary: 'Detach a volume where it is and attach it to another node.',
  description: `
Detaches VOLUME where it is and attaches it to NODE, with one lock held across both. A failure on the way leaves it on neither node or on the first, never on both.`,
  arguments: {
    volume: required('VOLUME', 'The volume: its slot, or RDS/SLOT where several storage servers have it.', {
      completes: 'volume',
    }),
    node: required('NODE', 'The node that it goes to.', { completes: 'node' }),
  },
  options: {},
  changes: true,
  examples: [{ run: 'rdsctl move vol-7 node-2', about: 'Move a volume to node-2' }],
});
