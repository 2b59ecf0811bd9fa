import { unfence as unfenceNode } from '../../../operations/unfence.ts';
import type { Handler } from '../../command.ts';
import { operate } from '../../operating/operate.ts';
import type { unfence } from './definition.ts';

/** Lifts a node's fence mark. */
export const run: Handler<typeof unfence> = (command) => {
  const { args, options, out } = command;
  return operate(
    command,
    ({ context }) => unfenceNode(context, { node: args.node, force: options.force }),
    (result) =>
      out.one({
        kind: 'FenceReport',
        body: () => ({
          node: result.node,
          fenced: false,
          since: result.mark?.since ?? null,
          changed: result.changed,
          released: result.released,
        }),
        text: (style) =>
          result.mark === null && result.changed
            ? `${style.bold(result.node)} was not fenced, but still on the list of a firewall: it is off it now\n`
            : result.changed
              ? `${style.bold(result.node)} is no longer fenced: volumes can be attached to it again\n`
              : `${result.node} is not fenced ${style.dim('(nothing changed)')}\n`,
        names: () => [result.node],
      }),
  );
};
