/**
 * Menus and commands of RouterOS 7 that the parser accepts beside those of a version's command dump.
 *
 * General knowledge of the RouterOS command tree (manual), on a plain x86 installation: menus of optional packages
 * (containers, ZeroTier, IoT, User Manager, wireless) are left out, as the corpus shows them to be unknown there.
 * Their arguments are mostly not listed: any name is accepted then.
 */

/** One menu: a list of items, a single set of settings, or (without `single`) only a place for other menus. */
export interface KnownMenu {
  readonly path: string;
  readonly single?: boolean;
  /** Commands beside those that all such menus have. */
  readonly commands: readonly string[];
}

/** Commands that menus with items have. */
export const LIST_COMMANDS: readonly string[] =
  'add comment disable edit enable export find get move print remove reset set unset'.split(' ');

/** Commands that menus with one set of settings have. */
export const SINGLE_COMMANDS: readonly string[] = 'edit export get print reset set'.split(' ');

/** Menus with items, with their own commands after a colon; a semicolon or a line end stands between two menus. */
const LISTS = `
certificate: create-certificate-request enable-ssl-certificate export-certificate import issued-revoke sign
certificate/crl; certificate/scep-server; disk; environment; file: copy read sync
interface: blink monitor-traffic reset-counters; interface/6to4
interface/bonding: monitor monitor-slaves; interface/bridge: monitor; interface/bridge/filter
interface/bridge/host; interface/bridge/mdb; interface/bridge/msti; interface/bridge/nat
interface/bridge/port: monitor; interface/bridge/vlan; interface/detect-internet/state
interface/dot1x/client; interface/dot1x/server; interface/eoip; interface/eoipv6
interface/ethernet: blink monitor reset-counters reset-mac-address; interface/ethernet/switch
interface/ethernet/switch/port; interface/ethernet/switch/rule; interface/gre; interface/gre6
interface/ipip; interface/ipipv6; interface/l2tp-client: monitor; interface/l2tp-ether
interface/l2tp-server; interface/list; interface/list/member
interface/lte: at-chat cell-monitor firmware-upgrade monitor scan show-capabilities; interface/lte/apn
interface/macsec; interface/macvlan; interface/mesh; interface/mesh/port; interface/ovpn-client: monitor
interface/ovpn-server; interface/ovpn-server/server; interface/ppp-client: at-chat info monitor
interface/ppp-server; interface/pppoe-client: monitor; interface/pppoe-server
interface/pppoe-server/server; interface/pptp-client: monitor; interface/pptp-server
interface/sstp-client: monitor; interface/sstp-server; interface/veth; interface/vlan
interface/vpls: monitor; interface/vrrp; interface/vxlan; interface/vxlan/vteps
interface/wifi: monitor scan sniffer spectral-scan; interface/wifi/access-list; interface/wifi/channel
interface/wifi/configuration; interface/wifi/datapath; interface/wifi/provisioning
interface/wifi/radio: provision; interface/wifi/registration-table; interface/wifi/security
interface/wifi/steering; interface/wifiwave2: monitor scan; interface/wireguard
interface/wireguard/peers; ip/address; ip/arp; ip/dhcp-client: release renew; ip/dhcp-client/option
ip/dhcp-relay; ip/dhcp-server: setup; ip/dhcp-server/alert
ip/dhcp-server/lease: check-status make-static send-reconfigure; ip/dhcp-server/matcher
ip/dhcp-server/network; ip/dhcp-server/option; ip/dhcp-server/option/sets; ip/dns/adlist: reload
ip/dns/cache: flush; ip/dns/cache/all; ip/dns/forwarders; ip/dns/static; ip/firewall/address-list
ip/firewall/connection; ip/firewall/filter; ip/firewall/layer7-protocol
ip/firewall/mangle: reset-counters reset-counters-all; ip/firewall/nat: reset-counters reset-counters-all
ip/firewall/raw; ip/firewall/service-port; ip/hotspot: reset-html setup; ip/hotspot/active: login
ip/hotspot/cookie; ip/hotspot/host: make-binding; ip/hotspot/ip-binding; ip/hotspot/profile
ip/hotspot/service-port; ip/hotspot/user: reset-counters; ip/hotspot/user/profile
ip/hotspot/walled-garden; ip/hotspot/walled-garden/ip; ip/ipsec/active-peers: kill-connections
ip/ipsec/identity; ip/ipsec/installed-sa: flush; ip/ipsec/key; ip/ipsec/mode-config; ip/ipsec/peer
ip/ipsec/policy; ip/ipsec/policy/group; ip/ipsec/profile; ip/ipsec/proposal; ip/kid-control: pause resume
ip/kid-control/device: reset-counters; ip/nat-pmp/interfaces; ip/neighbor; ip/packing; ip/pool
ip/pool/used; ip/proxy/access; ip/proxy/cache; ip/proxy/connections; ip/proxy/direct; ip/route: check
ip/route/rule; ip/service; ip/smb/shares; ip/smb/users; ip/socks/access; ip/socks/connections
ip/socks/users; ip/tftp; ip/traffic-flow/target; ip/upnp/interfaces; ip/vrf; ipv6/address
ipv6/dhcp-client: release renew; ipv6/dhcp-client/option; ipv6/dhcp-relay; ipv6/dhcp-server
ipv6/dhcp-server/binding: make-static; ipv6/dhcp-server/option; ipv6/firewall/address-list
ipv6/firewall/connection; ipv6/firewall/filter; ipv6/firewall/mangle; ipv6/firewall/nat
ipv6/firewall/raw; ipv6/nd; ipv6/nd/prefix; ipv6/neighbor; ipv6/pool; ipv6/pool/used; ipv6/route: check
mpls/forwarding-table; mpls/interface; mpls/ldp; mpls/ldp/interface; mpls/ldp/neighbor; port
port/remote-access; ppp/active; ppp/profile; ppp/secret; queue/interface
queue/simple: reset-counters reset-counters-all; queue/tree: reset-counters reset-counters-all
queue/type; radius: monitor reset-counters; routing/bfd/configuration; routing/bfd/session
routing/bgp/advertisements; routing/bgp/connection; routing/bgp/session: clear refresh resend stop
routing/bgp/template; routing/bgp/vpn; routing/filter/chain; routing/filter/community-list
routing/filter/num-list; routing/filter/rule; routing/filter/select-rule; routing/id
routing/igmp-proxy/interface; routing/igmp-proxy/mfc; routing/isis/instance; routing/nexthop
routing/ospf/area; routing/ospf/area/range; routing/ospf/instance; routing/ospf/interface
routing/ospf/interface-template; routing/ospf/lsa; routing/ospf/neighbor; routing/ospf/static-neighbor
routing/pimsm/instance; routing/rip/instance; routing/route: check; routing/rpki; routing/rule
routing/table; snmp/community; special-login; system/console; system/health; system/history; system/leds
system/logging; system/logging/action; system/ntp/client/servers; system/ntp/key
system/package: apply-changes downgrade uninstall; system/resource/cpu; system/resource/irq
system/resource/pci; system/resource/usb; system/scheduler; system/script: run; system/script/environment
system/script/job; system/ups: monitor rtc-cal; tool/calea; tool/graphing/interface; tool/graphing/queue
tool/graphing/resource; tool/mac-server/sessions; tool/netwatch; tool/sms/inbox; tool/sniffer/connection
tool/sniffer/host; tool/sniffer/packet; tool/sniffer/protocol; tool/traffic-generator/packet-template
tool/traffic-generator/port; tool/traffic-generator/stream; tool/traffic-monitor; user: expire-password
user/active: request-logout; user/group; user/ssh-keys: import regenerate; user/ssh-keys/private: import
`;

/** Menus with one set of settings. */
const SINGLES = `
certificate/settings; console/settings; interface/bridge/port-controller; interface/bridge/settings
interface/detect-internet; interface/l2tp-server/server; interface/lte/settings
interface/pptp-server/server; interface/sstp-server/server; interface/wifi/cap; interface/wifi/capsman
ip/cloud: force-update; ip/cloud/advanced; ip/dhcp-server/config; ip/dns: flush
ip/firewall/connection/tracking; ip/ipsec/settings; ip/ipsec/statistics; ip/nat-pmp
ip/neighbor/discovery-settings; ip/proxy: clear-cache reset-html; ip/settings; ip/smb; ip/socks
ip/ssh: export-host-key import-host-key regenerate-host-key; ip/tftp/settings; ip/traffic-flow
ip/traffic-flow/ipfix; ip/upnp; ipv6/nd/prefix/default; ipv6/settings; mpls/settings; ppp/aaa
radius/incoming; routing/igmp-proxy; routing/settings; snmp: send-trap; system/clock; system/clock/manual
system/console/screen; system/device-mode: update; system/identity; system/license: generate-new-id renew
system/note; system/ntp/client; system/ntp/server; system/package/local-update
system/package/update: cancel check-for-updates download install; system/resource: monitor
system/watchdog; tool/bandwidth-server; tool/e-mail: send; tool/mac-server; tool/mac-server/mac-winbox
tool/mac-server/ping; tool/romon; tool/sms: send; tool/sniffer: quick save start stop
tool/traffic-generator: inject quick start stop; user/aaa; user/settings
`;

/** Menus that only hold commands. */
const PLACES = `
console: clear-history inspect; log
system: check-disk check-installation reboot reset-configuration serial-terminal shell shutdown ssh ssh-exec sup-output telnet
system/backup: load save; system/backup/cloud: download-file remove-file upload-file
system/default-configuration: print; terminal: ask cuu inkey style
tool: bandwidth-test dns-update fetch flood-ping ip-scan mac-scan mac-telnet ping ping-speed profile snmp-get snmp-walk speed-test torch traceroute wol
`;

function read(text: string, single: boolean | undefined): KnownMenu[] {
  return text
    .split(/\n|; /)
    .filter((line) => line !== '')
    .map((line) => {
      const [path = '', commands = ''] = line.split(':');
      const own = commands.split(' ').filter((command) => command !== '');
      return single === undefined ? { path, commands: own } : { path, single, commands: own };
    });
}

/** The known menus. */
export const KNOWN_MENUS: readonly KnownMenu[] = [
  ...read(LISTS, false),
  ...read(SINGLES, true),
  ...read(PLACES, undefined),
];

/** Commands of the root that a dump of the storage menus does not hold. */
export const KNOWN_COMMANDS: readonly string[] = (
  'beep convert export grep import jobname password ping quit range redo resolve rndnum rndstr time tocrlf ' +
  'toid toip toip6 tolf tonsec totime undo'
).split(' ');

/** Arguments of commands whose use in the corpus shows that the device checks them (from the manual's list). */
export const KNOWN_ARGUMENTS: Readonly<Record<string, readonly string[]>> = {
  '/interface/pppoe-client':
    'ac-name add-default-route allow comment copy-from default-route-distance dial-on-demand disabled host-uniq interface keepalive-timeout max-mru max-mtu mrru name numbers password profile service-name use-peer-dns user'.split(
      ' ',
    ),
};
