import { defineCommand } from '../../command.ts';
import { TABLE_OPTIONS } from '../../output/table-options.ts';
import { list } from '../../specs.ts';

export const volumes = defineCommand({
  name: 'volumes',
  aliases: [],
  section: 'Volumes',
  summary: 'List what the storage servers hold.',
  description: `
Asks the storage servers for their volumes, with sizes, exports and who has them.`,
  arguments: {},
  options: {
    rds: list('RDS', 'Only this storage server; may be repeated.', { completes: 'rds' }),
    volume: list('GLOB', 'Only volumes whose slot or RDS/SLOT matches; may be repeated.', {
      completes: 'volume',
    }),
    ...TABLE_OPTIONS,
  },
  changes: false,
  examples: [{ run: 'rdsctl volumes', about: 'Everything that could be attached' }],
});
