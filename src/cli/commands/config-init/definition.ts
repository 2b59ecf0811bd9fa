import { defineCommand } from '../../command.ts';
import { flag, list, optional } from '../../specs.ts';

export const configInit = defineCommand({
  name: 'config init',
  aliases: [],
  section: 'Setup',
  summary: 'Write a first configuration: asks, reaches out, explains every key.',
  description: `
Writes a configuration file with every key explained. On a terminal it asks for the storage servers and nodes; else --rds and --node name them, and without either a starter file is written that names made-up ones.

Each of them is reached before anything is written. A host key that no known_hosts file has is shown with its fingerprint, and goes into the file when you say that it is right (or with --yes). RouterOS's version is checked; each node's host NQN is read into the file, and nodes that can't be told apart are warned of. --offline reaches nothing.

An existing file is left alone unless --force is given.`,
  arguments: {
    file: optional('FILE', 'Where to write it; else --config, else the first place that is looked in.', {
      completes: 'file',
    }),
  },
  options: {
    rds: list('[NAME=][USER@]HOST[:PORT]', 'A storage server, as SSH reaches it; may be repeated.'),
    nvmeAddress: list(
      '[NAME=]ADDRESS',
      'Where nodes reach the NVMe/TCP target of a storage server, when that is another address.',
    ),
    node: list('[NAME=][USER@]HOST[:PORT]', 'A node; "local" as HOST is this very host; may be repeated.'),
    identityFile: list(
      '[NAME=]FILE',
      'Private key for one of them, or for all others; else the SSH agent and ~/.ssh/config.',
      { completes: 'file' },
    ),
    offline: flag('Reach nothing: write what is given.'),
    force: flag('Overwrite an existing file.', { short: 'f' }),
  },
  changes: true,
  examples: [
    { run: 'rdsctl config init', about: 'Be asked' },
    {
      run: 'rdsctl config init --rds rds1=10.42.68.1 --nvme-address 10.77.0.1 --node node-1=root@10.42.67.11 --identity-file ~/.ssh/rdsctl',
      about: 'The same without questions, but for the host keys',
    },
  ],
});
