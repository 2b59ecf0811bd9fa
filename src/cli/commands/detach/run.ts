import { detach as detachVolume, type DetachResult } from '../../../operations/detach/detach.ts';
import type { Handler } from '../../command.ts';
import { detachedBody } from '../../operating/detached.ts';
import { operate } from '../../operating/operate.ts';
import type { Style } from '../../output/style.ts';
import type { detach } from './definition.ts';

/** Detaches a volume. */
export const run: Handler<typeof detach> = (command) => {
  const { args, out } = command;
  return operate(
    command,
    ({ context, mayTouch }) =>
      detachVolume(context, { volume: args.volume, node: args.node ?? null }, mayTouch),
    (result) =>
      out.one({
        kind: 'Attachment',
        body: () => detachedBody(result),
        text: (style) => detachedText(result, args.node ?? null, style),
        names: () => [result.volume.slot],
      }),
  );
};

function detachedText(
  { volume, before, after, changed }: DetachResult,
  node: string | null,
  style: Style,
): string {
  const { slot } = volume;
  const names = (holders: readonly { node: string }[] | undefined): string =>
    (holders ?? []).map((holder) => holder.node).join(' and ');
  if (!changed) {
    return before === null
      ? `${slot} is not attached ${style.dim('(nothing changed)')}\n`
      : `${slot} is not attached to ${node ?? ''}, but to ${names(before.holders)} ${style.dim('(nothing changed)')}\n`;
  }
  const left = before?.holders.filter((holder) => !after?.holders.some((one) => one.node === holder.node));
  const kept = after === null ? '' : `; ${names(after.holders)} keeps it`;
  return `${slot} is detached from ${names(left)}${kept}\n`;
}
