import { move as moveVolume } from '../../../operations/move.ts';
import type { Handler } from '../../command.ts';
import { attachedBody, attachedText } from '../../operating/attached.ts';
import { operate } from '../../operating/operate.ts';
import type { move } from './definition.ts';

/** Moves a volume and prints the block device. */
export const run: Handler<typeof move> = (command) => {
  const { args, out } = command;
  return operate(
    command,
    ({ context, mayTouch }) => moveVolume(context, { volume: args.volume, node: args.node }, mayTouch),
    (result) =>
      out.one({
        kind: 'Attachment',
        body: () => ({ ...attachedBody(result), from: result.from }),
        text: (style) => {
          const from = result.from.filter((node) => node !== result.node);
          const verb = from.length === 0 ? 'attached to' : `moved from ${from.join(' and ')} to`;
          return attachedText(result, style, verb);
        },
        names: () => [result.device],
      }),
  );
};
