import { attach as attachVolume } from '../../../operations/attach/attach.ts';
import type { Handler } from '../../command.ts';
import { attachedBody, attachedText } from '../../operating/attached.ts';
import { operate } from '../../operating/operate.ts';
import type { attach } from './definition.ts';

/** Attaches a volume and prints the block device. */
export const run: Handler<typeof attach> = (command) => {
  const { args, options, out } = command;
  return operate(
    command,
    ({ context, mayTouch }) =>
      attachVolume(
        context,
        {
          volume: args.volume,
          node: args.node,
          shared: options.shared ? { handoffMs: options.handoff } : null,
          takeOver: options.takeOver,
        },
        mayTouch,
      ),
    (result) =>
      out.one({
        kind: 'Attachment',
        body: () => attachedBody(result),
        text: (style) => attachedText(result, style, 'attached to'),
        names: () => [result.device],
      }),
  );
};
