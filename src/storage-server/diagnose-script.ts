import { FIREWALL_PARTS } from './firewall-scripts.ts';
import { quote } from './quote.ts';
import { guarded, JSON_OF } from './scripts.ts';

/** A slot that no disk has: a change of it changes nothing, but is refused to a login that may not write. */
const NO_SLOT = 'rdsctl-doctor.no-such-slot';

/** What is asked, by name. Each part fails alone. */
export const DIAGNOSE_PARTS = {
  version: [':put [/system/resource/get version]'],
  packages: [JSON_OF('[/system/package/print as-value where disabled=no]')],
  disks: [JSON_OF('[/disk print detail as-value]')],
  clock: [JSON_OF('[/system/clock/print as-value]')],
  firewall: FIREWALL_PARTS,
  write: [`/disk set [/disk find where slot=${quote(NO_SLOT)}] comment=""`],
  inFlight: [
    `:local d [/disk find]; :if ([:len $d] = 0) do={ :put "none" } else={ ${JSON_OF('[/disk monitor-traffic numbers=[:pick $d 0] once as-value]')} }`,
  ],
} as const satisfies Record<string, readonly string[]>;

export type DiagnosePart = keyof typeof DIAGNOSE_PARTS | 'group';

/** The parts' names in the order of the line. */
export const DIAGNOSE_ORDER: readonly DiagnosePart[] = [
  ...(Object.keys(DIAGNOSE_PARTS) as (keyof typeof DIAGNOSE_PARTS)[]),
  'group',
];

/** One line for the wanted parts; each answers under the mark `nonce.NAME`. */
export function diagnoseScript(parts: readonly DiagnosePart[], user: string, nonce: string): string {
  const bodies = (part: DiagnosePart): readonly string[] =>
    part === 'group'
      ? [`:put [/user/get [/user/find where name=${quote(user)}] group]`]
      : DIAGNOSE_PARTS[part];
  return parts
    .map((part) => guarded(`${nonce}.${part}`, bodies(part).join(`; :put "NEXT ${nonce}.${part}"; `)))
    .join('; ');
}
