import { FENCE_LIST, type FirewallChange } from '../operations/ports/firewall.ts';
import { quote } from './quote.ts';
import { guarded, JSON_OF } from './scripts.ts';

/**
 * What of a firewall decides about packets to the NVMe target: rules of raw prerouting and filter input, in
 * order, and the fence's address list; each for IPv4 and IPv6. Only what is enabled: flags are asked for, not
 * printed, since how `as-value` prints them is not known.
 */
export const FIREWALL_PARTS: readonly string[] = ['/ip', '/ipv6'].flatMap((ip) => [
  JSON_OF(`[${ip}/firewall/raw/print detail as-value where chain="prerouting" disabled=no]`),
  JSON_OF(`[${ip}/firewall/filter/print detail as-value where chain="input" disabled=no]`),
  JSON_OF(`[${ip}/firewall/address-list/print detail as-value where list=${quote(FENCE_LIST)} disabled=no]`),
]);

/** Reads it. */
export function firewallScript(nonce: string): string {
  return guarded(nonce, FIREWALL_PARTS.join(`; :put "NEXT ${nonce}"; `));
}

/**
 * Changes the list, a guarded part for each address so that one that is refused (it is there already) leaves the
 * others alone, then reads it back under the mark `.end`: only that counts.
 */
export function firewallChangeScript(change: FirewallChange, nonce: string): string {
  const list = quote(FENCE_LIST);
  const ours = (ip: string) =>
    `[/${ip}/firewall/address-list/find where list=${list} comment=${quote(change.comment)}]`;
  const parts =
    change.kind === 'unblock'
      ? ['ip', 'ipv6'].map((ip) => `/${ip}/firewall/address-list/remove ${ours(ip)}`)
      : [
          ...['ip', 'ipv6'].map((ip) => `/${ip}/firewall/address-list/enable ${ours(ip)}`),
          ...change.addresses.map(
            (address) =>
              `/${address.includes(':') ? 'ipv6' : 'ip'}/firewall/address-list/add list=${list} address=${quote(address)} comment=${quote(change.comment)}`,
          ),
        ];
  return [
    ...parts.map((part, index) => guarded(`${nonce}.${index}`, part)),
    firewallScript(`${nonce}.end`),
  ].join('; ');
}
