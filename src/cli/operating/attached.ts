import type { AttachResult } from '../../operations/attach/request.ts';
import { attachmentBody } from '../output/attachment-document.ts';
import type { Style } from '../output/style.ts';

/** The document of a volume that was attached just now: the device is the one read back on that node. */
export function attachedBody(result: AttachResult): object {
  return { ...attachmentBody(result.attachment, { changed: result.changed }), device: result.device };
}

/** One line for a person. */
export function attachedText(result: AttachResult, style: Style, verb: string): string {
  const { attachment, node, device, changed } = result;
  const note = changed ? '' : style.dim(' (it was already; nothing changed)');
  return `${attachment.slot} is ${verb} ${node} as ${style.bold(device)}${note}\n`;
}
