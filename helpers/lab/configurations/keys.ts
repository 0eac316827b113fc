import type { LabConfiguration } from "./lab-configuration.ts";

const MTU = "com.docker.network.driver.mtu";
/** A prefix of the documentation range (RFC 3849), as every operator's own prefix stands there. */
const PREFIX = "2001:db8:1::/64";
/** Before 27.0 dockerd filters IPv6 only with both keys. */
const FILTERED_V6 = { experimental: true, ip6tables: true };

/** Every networking key alone, and the pairs that interact. */
export const OF_KEYS: readonly LabConfiguration[] = [
  // Where the default bridge lies.
  { name: "bip", daemonJson: { bip: "10.154.50.1/24" }, why: "docker0 has to leave 172.17.0.0/16" },
  {
    name: "bip-inside",
    daemonJson: { bip: "10.154.50.129/24" },
    why: "the lower addresses of the subnet belong to machines",
  },
  {
    name: "bip-and-fixed-cidr",
    daemonJson: { bip: "192.168.101.5/24", "fixed-cidr": "192.168.101.128/25" },
    why: "containers get the upper half of a subnet that others use as well",
  },
  { name: "fixed-cidr", daemonJson: { "fixed-cidr": "10.155.0.0/20" }, why: "docker0 by its range of addresses alone" },
  {
    name: "bip-and-pools",
    daemonJson: { bip: "10.154.50.1/24", "default-address-pools": [{ base: "10.203.0.0/16", size: 26 }] },
    why: "everything of Docker in ranges that the network's administrator gave",
  },
  {
    name: "default-gateway",
    daemonJson: { bridge: "br-own", "default-gateway": "10.157.0.254" },
    // A router on the bridge, which hands everything on to the host: without one such containers could answer nobody.
    prepare: [
      "ip link add br-own address 02:64:6e:63:00:01 type bridge && ip addr add 10.157.0.1/24 dev br-own && ip link set br-own up",
      "ip netns add gate && ip link add gate0 type veth peer name eth0 netns gate",
      "ip link set gate0 master br-own up && ip -n gate link set lo up && ip -n gate link set eth0 up",
      "ip -n gate addr add 10.157.0.254/24 dev eth0 && ip -n gate route add default via 10.157.0.1",
      "ip netns exec gate sh -c 'echo 1 >/proc/sys/net/ipv4/ip_forward'",
      "ip netns exec gate sh -c 'for s in all eth0; do echo 0 >/proc/sys/net/ipv4/conf/$s/send_redirects; done'",
    ],
    why: "containers leave through a firewall that stands on the bridge",
  },
  {
    name: "own-bridge",
    // With a hardware address of its own, as whoever manages networks gives it: else it takes that of its lowest port,
    // another one with each container that comes or goes, and the containers' answers are lost meanwhile.
    daemonJson: { bridge: "br-own" },
    prepare: [
      "ip link add br-own address 02:64:6e:63:00:01 type bridge",
      "ip addr add 10.156.0.1/22 dev br-own",
      "ip link set br-own up",
    ],
    why: "the bridge belongs to the host's network configuration, with a NIC or VMs on it",
  },
  { name: "no-bridge", daemonJson: { bridge: "none" }, why: "only user-defined networks are wanted" },

  // Names.
  {
    name: "dns",
    daemonJson: { dns: ["9.9.9.9", "149.112.112.112"] },
    why: "resolvers that the host itself does not use",
  },
  {
    name: "dns-opts",
    daemonJson: { "dns-opts": ["timeout:1", "attempts:3"] },
    why: "quicker failover between resolvers",
  },
  { name: "dns-ndots", daemonJson: { "dns-opts": ["ndots:2"] }, why: "short names of a company's domains" },
  { name: "dns-search", daemonJson: { "dns-search": ["corp.example"] }, why: "short names of a company's domain" },
  { name: "no-search", daemonJson: { "dns-search": ["."] }, why: "the host's search domains must not leak in" },
  {
    name: "host-gateway-ip",
    daemonJson: { "host-gateway-ip": "10.154.50.77" },
    why: "host.docker.internal has to mean a proxy's address",
  },
  {
    name: "host-gateway-ips",
    daemonJson: { "host-gateway-ips": ["10.154.50.77", "2001:db8:1::77"] },
    why: "the same for both families",
    since: "daemon-json-of-28",
  },

  // Packets.
  { name: "mtu", daemonJson: { mtu: 1400 }, why: "a tunnel under docker0's traffic" },
  { name: "jumbo", daemonJson: { mtu: 9000 }, why: "a storage network with jumbo frames" },
  {
    name: "network-mtu",
    daemonJson: { "default-network-opts": { bridge: { [MTU]: "1400" } } },
    why: "a tunnel under compose projects",
    since: "default-network-options",
  },
  {
    name: "closed-networks",
    daemonJson: { "default-network-opts": { bridge: { "com.docker.network.bridge.enable_icc": "false" } } },
    why: "icc off for every new network as well",
    since: "default-network-options",
  },
  {
    name: "networks-on-loopback",
    daemonJson: { "default-network-opts": { bridge: { "com.docker.network.bridge.host_binding_ipv4": "127.0.0.1" } } },
    why: "compose projects behind a reverse proxy: nothing published to the LAN by accident",
    since: "default-network-options",
  },
  {
    name: "pools",
    daemonJson: { "default-address-pools": [{ base: "10.204.0.0/16", size: 24 }] },
    why: "31 networks were too few",
  },
  {
    name: "tight-pool",
    daemonJson: { "default-address-pools": [{ base: "10.205.0.0/20", size: 28 }] },
    why: "addresses are scarce: many small networks",
  },

  // Filtering and translation.
  { name: "icc-off", daemonJson: { icc: false }, why: "containers on the default bridge don't talk unless linked" },
  { name: "ip-masq-off", daemonJson: { "ip-masq": false }, why: "the router knows the way to containers" },
  { name: "iptables-off", daemonJson: { iptables: false }, why: "the firewall is somebody else's" },
  {
    name: "no-rules",
    daemonJson: { iptables: false, ip6tables: false, "ip-masq": false },
    why: "the firewall is somebody else's, both families",
  },
  { name: "ip6tables-off", daemonJson: { ip6tables: false }, why: "IPv6 as it was before 27.0" },
  {
    name: "ip6tables-on",
    daemonJson: FILTERED_V6,
    why: "IPv6 filtered before that was the default",
    until: "ip6tables-by-default",
  },
  {
    name: "no-forwarding",
    daemonJson: { "ip-forward": false },
    prepare: ["echo 1 >/proc/sys/net/ipv4/ip_forward"],
    why: "sysctls are managed by somebody else",
  },
  {
    name: "forward-no-drop",
    daemonJson: { "ip-forward-no-drop": true },
    why: "the host is a router for others as well",
    since: "daemon-json-of-28",
  },
  {
    name: "direct-routing",
    daemonJson: { "allow-direct-routing": true },
    why: "others reach containers by route",
    since: "allow-direct-routing",
  },

  // Publishing.
  { name: "ip-loopback", daemonJson: { ip: "127.0.0.1" }, why: "nothing published to the LAN by accident" },
  { name: "no-proxy", daemonJson: { "userland-proxy": false }, why: "no process per port" },
  {
    name: "ip-loopback-no-proxy",
    daemonJson: { ip: "127.0.0.1", "userland-proxy": false },
    why: "both: loopback served by DNAT alone",
  },

  // The other backend. dockerd leaves forwarding to the operator there, and does not start while it is off.
  {
    name: "nftables",
    daemonJson: { "firewall-backend": "nftables" },
    why: "the distribution gave iptables up",
    since: "firewall-backend-choice",
    prepare: ["echo 1 >/proc/sys/net/ipv4/ip_forward"],
  },
  {
    name: "nftables-no-proxy",
    daemonJson: { "firewall-backend": "nftables", "userland-proxy": false },
    why: "and no process per port",
    since: "firewall-backend-choice",
    prepare: ["echo 1 >/proc/sys/net/ipv4/ip_forward"],
  },
  {
    name: "nftables-closed",
    daemonJson: {
      "firewall-backend": "nftables",
      icc: false,
      "userland-proxy": false,
      ipv6: true,
      "fixed-cidr-v6": PREFIX,
    },
    why: "the same, hardened and with IPv6",
    since: "firewall-backend-choice",
    prepare: ["echo 1 >/proc/sys/net/ipv4/ip_forward", "echo 1 >/proc/sys/net/ipv6/conf/all/forwarding"],
  },

  // IPv6.
  {
    name: "ipv6-alone",
    daemonJson: { ipv6: true },
    why: "IPv6 without a prefix of one's own",
    since: "ipv6-without-fixed-cidr",
  },
  {
    name: "bip6",
    daemonJson: { ipv6: true, bip6: "2001:db8:1::1111/64" },
    why: "docker0's IPv6 address chosen",
    since: "daemon-json-of-28",
  },
  {
    name: "dual-stack-no-proxy",
    daemonJson: { ipv6: true, "fixed-cidr-v6": PREFIX, ...FILTERED_V6, "userland-proxy": false },
    why: "IPv6 published by rules alone",
  },

  // The engine itself.
  {
    name: "live-restore",
    daemonJson: { "live-restore": true },
    why: "upgrades of the engine without stopping services",
  },
  { name: "experimental", daemonJson: { experimental: true }, why: "left over from a feature that was tried" },
];
