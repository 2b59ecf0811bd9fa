import { defineCommand } from '../../command.ts';
import { required } from '../../specs.ts';

export const SHELLS = ['bash', 'zsh', 'fish'] as const;

export const completion = defineCommand({
  name: 'completion',
  aliases: [],
  section: 'Setup',
  summary: 'Print the completion script of a shell.',
  description: `
Prints what makes the shell complete commands, options, their values, and the names of volumes, nodes and storage servers, which are read from the configuration and the state, never over the network. The packages install these scripts already.`,
  arguments: { shell: required('SHELL', 'bash, zsh or fish.', { choices: SHELLS }) },
  options: {},
  changes: false,
  examples: [
    { run: 'source <(rdsctl completion bash)', about: 'In this bash, or in ~/.bashrc for every one' },
    { run: 'rdsctl completion zsh > ~/.zfunc/_rdsctl', about: 'For zsh, in a directory of its fpath' },
    { run: 'rdsctl completion fish > ~/.config/fish/completions/rdsctl.fish', about: 'For fish' },
  ],
});
