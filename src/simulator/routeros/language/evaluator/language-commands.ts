/** The commands of the language itself. */

import { CONTROL_COMMANDS } from './control-commands.ts';
import type { LanguageCommand } from './interpreter.ts';
import { TEXT_COMMANDS } from './text-commands.ts';
import { VALUE_COMMANDS } from './value-commands.ts';
import { VARIABLE_COMMANDS } from './variable-commands.ts';

/** All commands of the language that can be run, by name. */
export const LANGUAGE_COMMANDS: ReadonlyMap<string, LanguageCommand> = new Map([
  ...Object.entries(CONTROL_COMMANDS),
  ...Object.entries(TEXT_COMMANDS),
  ...Object.entries(VALUE_COMMANDS),
  ...Object.entries(VARIABLE_COMMANDS),
]);
