import { COMMANDS } from '../commands/index.ts';
import { bashCompletion } from './bash.ts';
import { fishCompletion } from './fish.ts';
import { completionModel } from './model.ts';
import { zshCompletion } from './zsh.ts';

const SCRIPTS = { bash: bashCompletion, zsh: zshCompletion, fish: fishCompletion };

/** The completion script of a shell, for every command there is. */
export function completionScript(shell: keyof typeof SCRIPTS): string {
  return SCRIPTS[shell](completionModel(COMMANDS));
}
