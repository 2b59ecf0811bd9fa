import type { CommandContext, CommandDefinition, Handler } from '../command.ts';
import { DEFINITIONS, type CommandKey } from './index.ts';

/** Each command's handler, loaded when it is used; the types check it against the definition. */
const LOADERS: { [K in CommandKey]: () => Promise<{ run: Handler<(typeof DEFINITIONS)[K]> }> } = {
  attach: () => import('./attach/run.ts'),
  detach: () => import('./detach/run.ts'),
  move: () => import('./move/run.ts'),
  adopt: () => import('./adopt/run.ts'),
  apply: () => import('./apply/run.ts'),
  list: () => import('./list/run.ts'),
  show: () => import('./show/run.ts'),
  tree: () => import('./tree/run.ts'),
  history: () => import('./history/run.ts'),
  volumes: () => import('./volumes/run.ts'),
  drain: () => import('./drain/run.ts'),
  fence: () => import('./fence/run.ts'),
  unfence: () => import('./unfence/run.ts'),
  nodes: () => import('./nodes/run.ts'),
  reconcile: () => import('./reconcile/run.ts'),
  stateCheck: () => import('./state-check/run.ts'),
  stateBackup: () => import('./state-backup/run.ts'),
  stateExport: () => import('./state-export/run.ts'),
  stateImport: () => import('./state-import/run.ts'),
  stateRestore: () => import('./state-restore/run.ts'),
  stateRebuild: () => import('./state-rebuild/run.ts'),
  stateUnlock: () => import('./state-unlock/run.ts'),
  doctor: () => import('./doctor/run.ts'),
  configInit: () => import('./config-init/run.ts'),
  configCheck: () => import('./config-check/run.ts'),
  configShow: () => import('./config-show/run.ts'),
  simulate: () => import('./simulate/run.ts'),
  explain: () => import('./explain/run.ts'),
  completion: () => import('./completion/run.ts'),
  names: () => import('./names/run.ts'),
  fenceStanding: () => import('./fence-standing/run.ts'),
};

/** Loads and runs the handler of a command. */
export async function runHandler(definition: CommandDefinition, context: CommandContext): Promise<number> {
  const key = (Object.keys(DEFINITIONS) as CommandKey[]).find((name) => DEFINITIONS[name] === definition);
  if (key === undefined) throw new Error(`no handler for ${definition.name}`);
  const { run } = await LOADERS[key]();
  // The context was made from this very definition, which the loader's type is tied to.
  return (run as unknown as Handler<CommandDefinition>)(context);
}
