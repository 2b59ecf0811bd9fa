import { askStorageServers, fenceStanding as standingOf } from '../../../operations/fence/standing.ts';
import type { Handler } from '../../command.ts';
import { operate } from '../../operating/operate.ts';
import type { fenceStanding } from './definition.ts';

/** Prints how a node stands; or asks all storage servers. */
export const run: Handler<typeof fenceStanding> = (command) => {
  const { node } = command.args;
  return operate(
    command,
    async ({ context, config }) => {
      if (node !== undefined) return standingOf(context, node);
      await askStorageServers(context);
      return Object.keys(config.nodes).join('\n');
    },
    (text) => command.out.raw(`${text}\n`),
  );
};
