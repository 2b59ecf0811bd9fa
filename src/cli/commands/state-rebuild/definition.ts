import { defineCommand } from '../../command.ts';
import { flag, text } from '../../specs.ts';

export const stateRebuild = defineCommand({
  name: 'state rebuild',
  aliases: [],
  section: 'Setup',
  summary: 'Make a lost or outdated state again from the storage servers.',
  description: `
Makes the state again from the tags that rdsctl keeps on the storage servers, and from what the nodes say: who has which volume, and the fencing tokens. Shows what it would write, and asks. What is there now is kept as a backup, also when it is damaged. Nothing is changed at a storage server or a node.

A state that can be read is only overruled where a storage server knows a newer token. A node that does not answer keeps what the storage server says it has. Whether a node was fenced stands in the state alone: marks are taken over from the state or its newest good backup, and are lost where there is neither; fence such nodes again. Connections without a tag are left out: see "rdsctl adopt".

Refused (exit 6) when a storage server can't be asked; with --partial what a readable state says of it is kept.`,
  arguments: {},
  options: {
    lineage: text('ID', 'Take over the tags of this lineage: no other rdsctl state may use it any more.'),
    partial: flag("Keep what the state says of storage servers that can't be asked."),
  },
  changes: true,
  examples: [
    { run: 'rdsctl state rebuild --dry-run', about: 'See what it would write' },
    { run: 'rdsctl state rebuild', about: 'Make a lost state again' },
  ],
});
