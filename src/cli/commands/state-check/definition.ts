import { defineCommand } from '../../command.ts';
import { flag } from '../../specs.ts';

export const stateCheck = defineCommand({
  name: 'state check',
  aliases: [],
  section: 'Setup',
  summary: 'Check the state, its backups, its locks and the audit log.',
  description: `
Checks that the state is whole and of the right lineage, that nothing in it contradicts itself or was left unfinished, that the backups can be used, that no lock was left behind, and that the audit log is as it was written. Everything found is told with what mends it. Changes nothing, takes no lock, and talks to no storage server and no node unless --remote is given.

Exit code 9 when the state can't be used, 8 when it can but something should be looked at, 0 otherwise.`,
  arguments: {},
  options: {
    remote: flag('Compare with the tags on the storage servers, too.'),
  },
  changes: false,
  examples: [
    { run: 'rdsctl state check', about: 'Is the state in order?' },
    { run: 'rdsctl state check --remote -o json', about: 'Does it fit what the storage servers say?' },
  ],
});
