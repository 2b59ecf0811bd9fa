import { show as showVolume } from '../../../operations/show.ts';
import type { Handler } from '../../command.ts';
import { operate } from '../../operating/operate.ts';
import type { show } from './definition.ts';
import { showBody, showTable } from './views.ts';

/** Shows one volume from all sides. */
export const run: Handler<typeof show> = (command) => {
  const { args, out } = command;
  return operate(
    command,
    ({ context, mayTouch }) => showVolume(context, { volume: args.volume }, mayTouch),
    async (result) => {
      const table = out.format === 'table' || out.format === 'wide' ? await showTable(result, out.style) : '';
      await out.one({
        kind: 'Attachment',
        body: () => showBody(result),
        text: () => table,
        names: () => [result.volume.slot],
      });
    },
  );
};
