import { NOBODY } from '../attachment/host-nqn.ts';
import type { DiskChange } from '../operations/ports/storage-server.ts';
import { quote } from './quote.ts';

/**
 * The RouterOS lines that rdsctl sends: each is one line for one exec, decides where the data is, and ends
 * with a sentinel that carries a nonce, because the exit status is 0 whatever happened (seen).
 */

/** A value as JSON, printed whole. */
export const JSON_OF = (value: string) =>
  `:put [:serialize to=json value=${value} options=json.no-string-conversion]`;

const DISK_JSON = (where: string) => JSON_OF(`[/disk print detail as-value${where}]`);

/** A part of a line that ends in a sentinel of its own, whatever happens in it. */
export const guarded = (nonce: string, body: string) =>
  `:onerror e in={ :put "BEGIN ${nonce}"; ${body}; :put "OK ${nonce}" } do={ :put ("ERR ${nonce} " . $e) }`;

/** Reads version and disks; `slots` 'all' reads every disk. */
export function lookScript(slots: readonly string[] | 'all', nonce: string): string {
  const where = slots === 'all' ? '' : ` where ${slots.map((slot) => `slot=${quote(slot)}`).join(' or ')}`;
  return guarded(
    nonce,
    `:put [/system/resource/get version]; :put "NEXT ${nonce}"; ${slots !== 'all' && slots.length === 0 ? ':put ""' : DISK_JSON(where)}`,
  );
}

/** Reads the version alone, in words that RouterOS 6 knows, too. */
export const VERSION_SCRIPT = ':put [/system resource get version]';

/** Reads the operations in flight of some disks. */
export function inFlightScript(slots: readonly string[], nonce: string): string {
  const each = slots.map((slot) =>
    JSON_OF(`[/disk monitor-traffic numbers=[/disk find where slot=${quote(slot)}] once as-value]`),
  );
  return guarded(nonce, each.join(`; :put "NEXT ${nonce}"; `));
}

/**
 * Makes several changes, each guarded on its own: look, decide, write, read back. One that fails says why
 * and leaves the others alone.
 */
export function changeScript(changes: readonly DiskChange[], nonce: string): string {
  return changes
    .map((change, index) => {
      const mark = `${nonce}.${index}`;
      return guarded(mark, `${oneChange(change)}; ${DISK_JSON(` where slot=${quote(change.slot)}`)}`);
    })
    .join('; ');
}

function oneChange(change: DiskChange): string {
  const parts = [
    `:local d [/disk find where slot=${quote(change.slot)}]`,
    `:if ([:len $d] != 1) do={ :error "rdsctl: no-such-disk" }`,
    `:local i [:pick $d 0]`,
    `:if ([:tostr [/disk get $i comment]] != ${quote(change.expectComment)}) do={ :error "rdsctl: comment-changed" }`,
  ];
  const exported = `:local x [:tostr [/disk get $i nvme-tcp-export]]`;
  const isOff = `($x = "false") or ($x = "no") or ($x = "")`;
  switch (change.kind) {
    case 'grant':
      parts.push(
        exported,
        `:if (!(${isOff})) do={ :error "rdsctl: exported" }`,
        `/disk set $i comment=${quote(change.comment)} nvme-tcp-server-allow-host-name=${quote(change.allow)}` +
          (change.pinNqn === null ? '' : ` nvme-tcp-server-nqn=${quote(change.pinNqn)}`),
        `/disk set $i nvme-tcp-export=yes`,
      );
      break;
    case 'revoke':
      // The list first: a host in its reconnect loop must find itself shut out when the export is gone.
      parts.push(
        `/disk set $i comment=${quote(change.comment)} nvme-tcp-server-allow-host-name=${quote(NOBODY)}`,
        `/disk set $i nvme-tcp-export=no`,
      );
      break;
    case 'admit':
      parts.push(
        exported,
        `:if (${isOff}) do={ :error "rdsctl: not-exported" }`,
        `/disk set $i comment=${quote(change.comment)} nvme-tcp-server-allow-host-name=${quote(change.allow)}`,
      );
      break;
    case 'toggle':
      parts.push(
        `/disk set $i comment=${quote(change.comment)}`,
        `/disk set $i nvme-tcp-export=${change.exported ? 'yes' : 'no'}`,
      );
      break;
  }
  return parts.join('; ');
}
