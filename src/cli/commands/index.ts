import type { CommandDefinition } from '../command.ts';
import { adopt } from './adopt/definition.ts';
import { apply } from './apply/definition.ts';
import { attach } from './attach/definition.ts';
import { completion } from './completion/definition.ts';
import { configCheck } from './config-check/definition.ts';
import { configInit } from './config-init/definition.ts';
import { configShow } from './config-show/definition.ts';
import { detach } from './detach/definition.ts';
import { drain } from './drain/definition.ts';
import { explain } from './explain/definition.ts';
import { doctor } from './doctor/definition.ts';
import { fence } from './fence/definition.ts';
import { fenceStanding } from './fence-standing/definition.ts';
import { history } from './history/definition.ts';
import { list } from './list/definition.ts';
import { move } from './move/definition.ts';
import { names } from './names/definition.ts';
import { nodes } from './nodes/definition.ts';
import { reconcile } from './reconcile/definition.ts';
import { show } from './show/definition.ts';
import { simulate } from './simulate/definition.ts';
import { tree } from './tree/definition.ts';
import { stateBackup } from './state-backup/definition.ts';
import { stateCheck } from './state-check/definition.ts';
import { stateExport } from './state-export/definition.ts';
import { stateImport } from './state-import/definition.ts';
import { stateRebuild } from './state-rebuild/definition.ts';
import { stateRestore } from './state-restore/definition.ts';
import { stateUnlock } from './state-unlock/definition.ts';
import { unfence } from './unfence/definition.ts';
import { volumes } from './volumes/definition.ts';

/** Every command's definition, by the name of its handler, in the order of the overview. */
export const DEFINITIONS = {
  attach,
  detach,
  move,
  adopt,
  apply,
  list,
  history,
  show,
  tree,
  volumes,
  drain,
  fence,
  unfence,
  nodes,
  reconcile,
  stateCheck,
  stateBackup,
  stateExport,
  stateImport,
  stateRestore,
  stateRebuild,
  stateUnlock,
  doctor,
  configInit,
  configCheck,
  configShow,
  simulate,
  explain,
  completion,
  names,
  fenceStanding,
} as const;

/** The name that a command's handler is found by. */
export type CommandKey = keyof typeof DEFINITIONS;

/** Every command. */
export const COMMANDS: readonly CommandDefinition[] = Object.values(DEFINITIONS);

/** Finds a command by its name or an alias. */
export function findDefinition(name: string): CommandDefinition | undefined {
  return COMMANDS.find((one) => one.name === name || one.aliases.includes(name));
}
