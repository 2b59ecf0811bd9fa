import type { Attachment } from '../../attachment/attachment.ts';
import { damaged } from '../faults.ts';
import { BodyMismatch, sealBody } from '../sealed.ts';
import { attachmentText, nodeText } from '../serialise.ts';
import type { StateChange } from '../state.ts';
import { escapeName, nameIn } from './keys.ts';

/** The value of one of a state's keys. */
export interface Entry {
  readonly text: string;
  /** The store's revision that wrote it. */
  readonly modRevision: bigint;
}

/** The values of a state's keys, by what stands in the key after the generation. */
export function entriesOf(body: StateChange): Map<string, string> {
  const entries = new Map<string, string>();
  const tokens = new Map(Object.entries(body.tokens));
  for (const [name, attachment] of Object.entries(body.attachments)) {
    entries.set(volumeEntry(name), volumeText(attachment, tokens.get(name) ?? null));
    tokens.delete(name);
  }
  for (const [name, token] of tokens) entries.set(volumeEntry(name), volumeText(null, token));
  for (const [name, node] of Object.entries(body.nodes))
    entries.set(`nodes/${escapeName(name)}`, nodeText(node));
  return entries;
}

const VOLUMES = 'volumes/';
const NODES = 'nodes/';

function volumeEntry(name: string): string {
  return `${VOLUMES}${escapeName(name)}`;
}

/** The volume that an entry is about; null when it is about none. */
export function volumeIn(entry: string): string | null {
  return entry.startsWith(VOLUMES) ? nameIn(entry.slice(VOLUMES.length)) : null;
}

function volumeText(attachment: Attachment | null, token: number | null): string {
  return `{"attachment":${attachment === null ? 'null' : attachmentText(attachment)},"token":${token ?? 'null'}}`;
}

/**
 * The body that entries stand for. An entry that was part of an earlier one is not parsed again.
 * @param where says where an entry is, for messages
 * @throws RdsctlError STATE_DAMAGED
 */
export function bodyOf(
  entries: Iterable<readonly [entry: string, value: Entry]>,
  where: (entry: string) => string,
): StateChange {
  const attachments: [string, unknown][] = [];
  const tokens: [string, unknown][] = [];
  const nodes: [string, unknown][] = [];
  for (const [entry, found] of entries) {
    const value = parsed.get(found) ?? parse(found.text, entry, where);
    if (typeof value === 'object' && value !== null) parsed.set(found, value);
    const volume = volumeIn(entry);
    const node = entry.startsWith(NODES) ? nameIn(entry.slice(NODES.length)) : null;
    if (node !== null) {
      nodes.push([node, value]);
    } else if (volume !== null && isVolume(value)) {
      if (value.attachment !== null) attachments.push([volume, value.attachment]);
      if (value.token !== null) tokens.push([volume, value.token]);
    } else {
      throw damaged(where(entry), 'it is not as rdsctl writes it');
    }
  }
  try {
    // Not by assignment: a volume may be called as something that every object has.
    return sealBody({
      attachments: Object.fromEntries(attachments),
      tokens: Object.fromEntries(tokens),
      nodes: Object.fromEntries(nodes),
    });
  } catch (error) {
    if (error instanceof BodyMismatch) throw damaged(where(''), error.message, error);
    throw error;
  }
}

function isVolume(value: unknown): value is { attachment: unknown; token: unknown } {
  return (
    typeof value === 'object' &&
    value !== null &&
    Object.keys(value).length === 2 &&
    'attachment' in value &&
    'token' in value
  );
}

/** What was parsed already. A body freezes it. */
const parsed = new WeakMap<Entry, object>();

function parse(text: string, entry: string, where: (entry: string) => string): unknown {
  try {
    return JSON.parse(text);
  } catch (error) {
    throw damaged(where(entry), 'it is not JSON', error);
  }
}
