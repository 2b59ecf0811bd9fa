import { COMMANDS } from './commands/index.ts';
import { reconcileDocument } from './commands/reconcile/rules-document.ts';
import { completionScript } from './completion/script.ts';
import { errorsDocument } from './explain/errors-document.ts';
import { manual } from './manual/pages.ts';

/**
 * The files of the repository that are made from the definitions of the commands and from documents, by path.
 * @param read gives a document of the repository
 */
export function generatedFiles(read: (path: string) => string): ReadonlyMap<string, string> {
  return new Map([
    ['completions/rdsctl.bash', completionScript('bash')],
    ['completions/_rdsctl', completionScript('zsh')],
    ['completions/rdsctl.fish', completionScript('fish')],
    ['docs/ERRORS.md', errorsDocument()],
    ...manual(COMMANDS, read),
    ['docs/RECONCILE.md', reconcileDocument()],
  ]);
}
