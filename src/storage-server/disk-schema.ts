import * as v from 'valibot';

import type { Disk } from '../operations/ports/storage-server.ts';
import { atLeast } from './version.ts';

/**
 * A disk as `/disk print detail as-value` gives it through `:serialize`. Properties that were never set are
 * absent (seen); types are RouterOS's: booleans, integers, strings. Booleans and numbers are also taken as
 * strings, since other versions may print them so.
 */
const Flag = v.union([
  v.boolean(),
  v.pipe(
    v.picklist(['yes', 'no', 'true', 'false', '']),
    v.transform((text) => text === 'yes' || text === 'true'),
  ),
]);
const Count = v.union([
  v.pipe(v.number(), v.integer(), v.minValue(0)),
  v.pipe(
    v.string(),
    v.regex(/^\d[\d ]*$/),
    v.transform((text) => Number(text.replaceAll(' ', ''))),
  ),
]);
const Text = v.pipe(
  v.union([v.string(), v.number(), v.boolean()]),
  v.transform(String),
  // What can't be sent back could never be compared there. (Lone surrogates: with u whole pairs do not match.)
  v.check((text) => !/[\0\ud800-\udfff]/u.test(text), 'not a text of bytes'),
  v.transform(asBytes),
);

/**
 * One character per byte. A serialiser that writes characters (`\u20ac`) has decoded UTF-8, so that is what the
 * bytes are. Where that guess is wrong, the storage server's own comparison refuses the change.
 */
function asBytes(text: string): string {
  return /[^\0-\xff]/.test(text) ? Buffer.from(text, 'utf8').toString('latin1') : text;
}

const RawDisk = v.looseObject({
  slot: Text,
  type: v.optional(Text, ''),
  size: v.optional(v.nullable(v.union([Count, v.literal('')]))),
  comment: v.optional(v.nullable(Text)),
  'nvme-tcp-export': v.optional(Flag, false),
  'nvme-tcp-server-port': v.optional(Count, 4420),
  'nvme-tcp-server-nqn': v.optional(v.nullable(Text)),
  'nvme-tcp-server-allow-host-name': v.optional(v.nullable(Text)),
  'mount-filesystem': v.optional(v.nullable(Flag)),
});

/**
 * The subsystem NQN of a disk that has none configured: the slot name before 7.21 (manual), a name under
 * MikroTik's domain from 7.21 on (inferred).
 */
export function defaultNqn(slot: string, version: string): string {
  return atLeast(version, 7, 21) ? `nqn.2000-02.com.mikrotik:${slot}` : slot;
}

/**
 * Reads the JSON of a disk list. No match is `[]` or an empty string (inferred: both are taken).
 * @throws Error saying what is wrong, for the caller to put the server's name to.
 */
export function readDisks(json: string, version: string): Disk[] {
  if (json === '') return [];
  const parsed: unknown = JSON.parse(json);
  if (parsed === '') return [];
  const raw = v.parse(v.array(RawDisk), parsed);
  return raw.map((disk) => {
    const nqn = disk['nvme-tcp-server-nqn'] ?? '';
    return {
      slot: disk.slot,
      type: disk.type,
      sizeBytes: typeof disk.size === 'number' ? disk.size : null,
      comment: disk.comment ?? '',
      exported: disk['nvme-tcp-export'],
      port: disk['nvme-tcp-server-port'],
      nqn: nqn === '' ? defaultNqn(disk.slot, version) : nqn,
      nqnIsSet: nqn !== '',
      allow: disk['nvme-tcp-server-allow-host-name'] ?? '',
      mountFilesystem: disk['mount-filesystem'] ?? null,
    };
  });
}

const Traffic = v.looseObject({ 'in-flight-ops': Count });

/**
 * Reads one answer of `/disk monitor-traffic … once as-value`: one object, or a list of one.
 * @throws Error when it is neither.
 */
export function readInFlight(json: string): number {
  const parsed: unknown = JSON.parse(json);
  return v.parse(Traffic, Array.isArray(parsed) ? parsed[0] : parsed)['in-flight-ops'];
}
