import { EXIT_CODES } from '../../../errors/exit-codes.ts';
import { RdsctlError } from '../../../errors/rdsctl-error.ts';
import type { Handler } from '../../command.ts';
import { completionScript } from '../../completion/script.ts';
import { SHELLS, type completion } from './definition.ts';

/** Prints the completion script of a shell. */
export const run: Handler<typeof completion> = async ({ args, io }) => {
  const shell = SHELLS.find((one) => one === args.shell);
  if (shell === undefined) {
    throw new RdsctlError('BAD_ARGUMENT', {
      message: `there is no completion for ${JSON.stringify(args.shell)}, only for ${SHELLS.join(', ')}`,
      hints: [{ when: 'For example:', run: 'source <(rdsctl completion bash)' }],
    });
  }
  await io.stdout.write(completionScript(shell));
  return EXIT_CODES.OK;
};
