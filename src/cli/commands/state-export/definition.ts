import { defineCommand } from '../../command.ts';
import { required } from '../../specs.ts';

export const stateExport = defineCommand({
  name: 'state export',
  aliases: [],
  section: 'Setup',
  summary: 'Write the whole state to a file or to standard output.',
  description: `
Writes the state, from wherever it is kept, as a state file: whole, with its lineage, serial number, tokens and a checksum. "state import" puts it in the place of a state that is kept elsewhere. A FILE that is there already is only replaced with --yes; - is standard output. Takes no lock and changes nothing: what commands that are at work change afterwards is not in it.`,
  arguments: {
    file: required('FILE', 'Where to; - for standard output.', { completes: 'file' }),
  },
  options: {},
  changes: true,
  examples: [
    { run: 'rdsctl state export /root/rdsctl-state.json', about: 'To a file that only its owner may read' },
    {
      run: 'rdsctl --state /var/lib/rdsctl state export - | rdsctl --state etcds://etcd1,etcd2,etcd3 state import -',
      about: 'Move the state from this host into etcd',
    },
  ],
});
