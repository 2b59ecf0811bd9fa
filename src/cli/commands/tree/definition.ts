import { defineCommand } from '../../command.ts';
import { list } from '../../specs.ts';

export const tree = defineCommand({
  name: 'tree',
  aliases: [],
  section: 'Volumes',
  summary: 'Draw storage servers, volumes, nodes, devices and mount points.',
  description: `
Asks all storage servers and nodes and draws what belongs to what: storage server, volume, node, device, and what the device is used by. Where the state, the storage server and a node differ it is marked. A host that can not be asked is shown as such; below it stands what the state remembers. Changes nothing.`,
  arguments: {},
  options: {
    rds: list('RDS', 'Only this storage server; may be repeated.', { completes: 'rds' }),
    node: list('NODE', 'Only volumes that this node has or is connected to; may be repeated.', {
      completes: 'node',
    }),
    volume: list('GLOB', 'Only volumes whose slot or RDS/SLOT matches; may be repeated.', {
      completes: 'volume',
    }),
  },
  changes: false,
  examples: [
    { run: 'rdsctl tree', about: 'Everything' },
    { run: 'rdsctl tree --node node-3', about: 'What node-3 has, down to the mount points' },
  ],
});
