import { FENCE_LIST, type Family, type FirewallRule, type FirewallView } from '../ports/firewall.ts';

/** Whether packets of fenced nodes are dropped. */
export type RuleVerdict =
  | { readonly state: 'good'; readonly rule: FirewallRule }
  /** There is a rule, but another one stands before it that may let the packets through. */
  | { readonly state: 'behind'; readonly rule: FirewallRule; readonly before: FirewallRule }
  | { readonly state: 'missing' };

/** Judges the rules of one IP version for these TCP ports of NVMe targets. */
export function judgeRule(view: FirewallView, family: Family, ports: readonly number[]): RuleVerdict {
  const rules = view.rules.filter((rule) => rule.family === family);
  let behind: RuleVerdict | null = null;
  for (const rule of rules) {
    if (!dropsFenced(rule) || !ports.every((port) => coversPort(rule, port))) continue;
    const earlier = rules.slice(0, rules.indexOf(rule)).filter(({ table }) => table === rule.table);
    const before = earlier.find((other) => mayLetThrough(other, ports));
    if (before === undefined) return { state: 'good', rule };
    behind ??= { state: 'behind', rule, before };
  }
  return behind ?? { state: 'missing' };
}

function dropsFenced({ action, protocol, srcAddressList, others }: FirewallRule): boolean {
  return action === 'drop' && isTcp(protocol) && srcAddressList === FENCE_LIST && others.length === 0;
}

/** Anything that ends the walk through the rules otherwise than by a drop; when in doubt it does. */
function mayLetThrough(rule: FirewallRule, ports: readonly number[]): boolean {
  const passes = ['drop', 'reject', 'tarpit', 'log', 'passthrough'].includes(rule.action);
  if (passes || /^add-/.test(rule.action) || !isTcp(rule.protocol)) return false;
  return ports.some((port) => coversPort(rule, port));
}

function isTcp(protocol: string): boolean {
  return protocol === '' || protocol === 'tcp' || protocol === '6';
}

function coversPort({ dstPort }: FirewallRule, port: number): boolean {
  if (dstPort === '') return true;
  return dstPort.split(',').some((part) => {
    const [from = NaN, to = from] = part.split('-').map(Number);
    return from <= port && port <= to;
  });
}

/** The line that makes the rule, before all others. */
export function addRuleLine(view: FirewallView, family: Family, ports: readonly number[]): string {
  const first = firstRaw(view, family);
  const place = first === null ? '' : ` place-before=${first.id}`;
  return `${menu(family)}/add chain=prerouting protocol=tcp dst-port=${[...ports].join(',')} src-address-list=${FENCE_LIST} action=drop comment="nodes that rdsctl fenced"${place}`;
}

/** The line that moves a rule that stands too late; a rule of another table is made anew instead. */
export function moveRuleLine(view: FirewallView, rule: FirewallRule, ports: readonly number[]): string {
  const first = firstRaw(view, rule.family);
  if (rule.table !== 'raw' || first === null) return addRuleLine(view, rule.family, ports);
  return `${menu(rule.family)}/move numbers=${rule.id} destination=${first.id}`;
}

/** Nothing can be put before a rule that RouterOS made itself. */
function firstRaw(view: FirewallView, family: Family): FirewallRule | null {
  return view.rules.find((rule) => rule.family === family && rule.table === 'raw' && !rule.dynamic) ?? null;
}

function menu(family: Family): string {
  return `${family === 4 ? '/ip' : '/ipv6'}/firewall/raw`;
}
