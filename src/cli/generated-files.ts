import { completionScript } from './completion/script.ts';
import { errorsDocument } from './explain/errors-document.ts';

/** The files of the repository that are made from the definitions of the commands, by path. */
export function generatedFiles(): ReadonlyMap<string, string> {
  return new Map([
    ['completions/rdsctl.bash', completionScript('bash')],
    ['completions/_rdsctl', completionScript('zsh')],
    ['completions/rdsctl.fish', completionScript('fish')],
    ['docs/ERRORS.md', errorsDocument()],
  ]);
}
