import { EXIT_CODES } from '../../../errors/exit-codes.ts';
import { RdsctlError } from '../../../errors/rdsctl-error.ts';
import { EMPTY_STATE, type State } from '../../../state/state.ts';
import { readStateFile } from '../../../state/file/read.ts';
import type { Config } from '../../../config/config.ts';
import type { CommandContext, Handler } from '../../command.ts';
import type { names } from './definition.ts';

/** Prints names for completion: what can not be read is left out, since nobody reads errors there. */
export const run: Handler<typeof names> = async (command) => {
  const config = await orNull(async () => (await command.config()).config);
  const state = (await orNull(() => stateOf(command))) ?? EMPTY_STATE;
  const found = namesOf(command.args.kind, config, state);
  await command.io.stdout.write(
    [...new Set(found)]
      .sort()
      .map((name) => `${name}\n`)
      .join(''),
  );
  return EXIT_CODES.OK;
};

function namesOf(kind: string, config: Config | null, state: State): string[] {
  if (kind === 'node') return [...Object.keys(config?.nodes ?? {}), ...Object.keys(state.nodes)];
  if (kind === 'rds') return Object.keys(config?.storageServers ?? {});
  const named = Object.entries(config?.storageServers ?? {}).flatMap(([rds, { volumes }]) =>
    volumes.filter((glob) => /^[\w.-]+$/.test(glob)).map((slot) => `${rds}/${slot}`),
  );
  const keys = [...new Set([...Object.keys(state.attachments), ...Object.keys(state.tokens), ...named])];
  const slots = keys.map((key) => key.slice(key.indexOf('/') + 1));
  return keys.map((key, index) => {
    const slot = slots[index] ?? key;
    return slots.indexOf(slot) === slots.lastIndexOf(slot) ? slot : key;
  });
}

async function stateOf(command: CommandContext): Promise<State | null> {
  const location = await command.stateLocation();
  // Whoever waits for a completion does not wait for a network.
  return location.kind === 'file' ? (readStateFile(location.directory)?.state ?? null) : null;
}

async function orNull<T>(read: () => Promise<T>): Promise<T | null> {
  try {
    return await read();
  } catch (error) {
    if (!(error instanceof RdsctlError)) throw error;
    return null;
  }
}
