import { show as showVolume } from '../../../operations/show.ts';
import type { Handler } from '../../command.ts';
import { operate } from '../../operating/operate.ts';
import type { show } from './definition.ts';
import { sideBySide } from './side-by-side.ts';
import { showBody } from './views.ts';

/** Shows one volume from all sides. */
export const run: Handler<typeof show> = (command) => {
  const { args, out, io } = command;
  return operate(
    command,
    ({ context, mayTouch }) => showVolume(context, { volume: args.volume }, mayTouch),
    async (result) => {
      const room = io.stdout.isTTY && out.format === 'table' ? io.stdout.columns : undefined;
      const isText = out.format === 'table' || out.format === 'wide';
      const table = isText ? await sideBySide(result, out.style, room) : '';
      await out.one({
        kind: 'Attachment',
        body: () => showBody(result),
        text: () => table,
        names: () => [result.volume.slot],
      });
    },
  );
};
