import { defineCommand } from '../../command.ts';
import { duration, flag, required } from '../../specs.ts';

export const attach = defineCommand({
  name: 'attach',
  aliases: [],
  section: 'Volumes',
  summary: 'Make a volume usable on a node, and on no other.',
  description: `
Makes VOLUME usable on NODE and on no other node, and prints the block device. Attaching it to the same node again changes nothing and succeeds. A volume that is attached to another node is refused with exit code 4: use move, or fence when that node is dead.

A volume that is exported without a tag of rdsctl may be in use by hands unknown: all nodes are asked first, and it is refused when one of them has it or can not be asked.`,
  arguments: {
    volume: required('VOLUME', 'The volume: its slot, or RDS/SLOT where several storage servers have it.', {
      completes: 'volume',
    }),
    node: required('NODE', 'The node, as the configuration names it.', { completes: 'node' }),
  },
  options: {
    shared: flag('Admit it as a second node, for a live migration; needs sharedExport: any.'),
    handoff: duration('With --shared: how long both nodes may hold the volume.', { fallback: 300_000 }),
    takeOver: flag('Take an untracked export although some node could not be asked.'),
  },
  changes: true,
  examples: [
    { run: 'rdsctl attach vol-7 node-3', about: 'Attach a volume' },
    { run: 'DEV=$(rdsctl attach vol-7 node-3 -o name)', about: 'Attach it in a script, for the device' },
    { run: 'rdsctl attach vol-7 node-3 --dry-run', about: 'See what would be done' },
  ],
});
