import { defineCommand } from '../../command.ts';
import { required } from '../../specs.ts';

export const explain = defineCommand({
  name: 'explain',
  aliases: [],
  section: 'Setup',
  summary: 'Explain an error: why, what is certain, what to do.',
  description: `
Explains an error by its reason (ATTACHED_ELSEWHERE, as -o json tells it), or everything that ends with an exit code, by its name (CONFLICT) or its number (4).`,
  arguments: {
    code: required('CODE', 'A reason, or the name or number of an exit code.', { completes: 'reason' }),
  },
  options: {},
  changes: false,
  examples: [
    { run: 'rdsctl explain ATTACHED_ELSEWHERE', about: 'One reason' },
    { run: 'rdsctl explain 11', about: 'Everything that ends with exit code 11' },
  ],
});
