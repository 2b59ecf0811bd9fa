import { defineCommand } from '../../command.ts';
import { required } from '../../specs.ts';

export const show = defineCommand({
  name: 'show',
  aliases: [],
  section: 'Volumes',
  summary: 'Show one volume as the state, the storage server and the node see it.',
  description: `
Shows VOLUME in three views side by side: what the state remembers, what the storage server says, and what the node that has it says. Changes nothing.`,
  arguments: {
    volume: required('VOLUME', 'The volume: its slot, or RDS/SLOT where several storage servers have it.', {
      completes: 'volume',
    }),
  },
  options: {},
  changes: false,
  examples: [{ run: 'rdsctl show vol-7', about: 'Look at one volume from all sides' }],
});
