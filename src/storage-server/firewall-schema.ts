import * as v from 'valibot';

import type { Family, FenceEntry, FirewallRule, FirewallView } from '../operations/ports/firewall.ts';

/** Values come typed or as strings, as with disks. */
const Text = v.pipe(
  v.union([v.string(), v.number(), v.boolean()]),
  v.transform((value) => String(value)),
);

const Rule = v.looseObject({
  '.id': v.pipe(v.string(), v.regex(/^\*[0-9A-F]+$/i)),
  action: v.optional(Text, 'accept'),
  protocol: v.optional(Text, ''),
  'dst-port': v.optional(Text, ''),
  'src-address-list': v.optional(Text, ''),
  dynamic: v.optional(v.union([v.boolean(), v.string()]), false),
});

const Entry = v.looseObject({ address: Text, comment: v.optional(v.nullable(Text)) });

/** Properties that do not narrow a rule down: what it does, what is noted, what was counted. */
const NO_MATCHER =
  /^(?:\.id|\.nextid|chain|action|protocol|dst-port|src-address-list|comment|log|log-prefix|bytes|packets|disabled|dynamic|invalid|jump-target|reject-with|address-list|address-list-timeout|limit|dst-limit)$/;

/** Reads the parts of {@link FIREWALL_PARTS}, in their order. @throws Error saying what is wrong */
export function readFirewall(parts: readonly string[]): FirewallView {
  const rules: FirewallRule[] = [];
  const entries: FenceEntry[] = [];
  for (const [index, family] of ([4, 6] as const).entries()) {
    const [raw = '', filter = '', list = ''] = parts.slice(index * 3, index * 3 + 3);
    rules.push(...readRules(raw, 'raw', family), ...readRules(filter, 'filter', family));
    entries.push(...readEntries(list, family));
  }
  return { rules, entries };
}

function readRules(json: string, table: FirewallRule['table'], family: Family): FirewallRule[] {
  return listOf(Rule, json).map((raw) => ({
    id: raw['.id'],
    family,
    table,
    action: raw.action,
    protocol: raw.protocol,
    dstPort: raw['dst-port'],
    srcAddressList: raw['src-address-list'],
    others: Object.entries(raw)
      .filter(([name, value]) => !NO_MATCHER.test(name) && value !== '' && value !== null)
      .map(([name]) => name)
      .sort(),
    dynamic: raw.dynamic === true || raw.dynamic === 'true' || raw.dynamic === 'yes',
  }));
}

function readEntries(json: string, family: Family): FenceEntry[] {
  return listOf(Entry, json).map(({ address, comment }) => ({
    family,
    // One address may be shown with its prefix.
    address: address.replace(family === 4 ? /\/32$/ : /\/128$/, ''),
    comment: comment ?? '',
  }));
}

/** No match is `[]` or an empty string (inferred: both are taken). */
function listOf<S extends v.GenericSchema>(item: S, json: string): v.InferOutput<S>[] {
  const parsed: unknown = json === '' ? '' : JSON.parse(json);
  return parsed === '' ? [] : v.parse(v.array(item), parsed);
}
