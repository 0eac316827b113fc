import type { LabConfiguration } from "./lab-configuration.ts";

const MTU = "com.docker.network.driver.mtu";
/** A prefix of the documentation range (RFC 3849), as every operator's own prefix stands there. */
const PREFIX = "2001:db8:1::/64";
/** Before 27.0 dockerd filters IPv6 only with both keys. */
const FILTERED_V6 = { experimental: true, ip6tables: true };

/** What operators really have. */
export const OF_OPERATORS: readonly LabConfiguration[] = [
  {
    name: "ufw",
    daemonJson: {},
    why: "ufw denies incoming by default, and lets Docker's bridges in",
    prepare: [
      "iptables -N ufw-before-input; iptables -A INPUT -j ufw-before-input",
      "for d in lo docker0 br-+; do iptables -A ufw-before-input -i $d -j ACCEPT; done",
      "iptables -A ufw-before-input -m conntrack --ctstate RELATED,ESTABLISHED -j ACCEPT",
      "iptables -A ufw-before-input -p icmp --icmp-type 8 -j ACCEPT",
      "iptables -A ufw-before-input -p tcp -m multiport --dports 22,2375 -j ACCEPT",
      "iptables -P INPUT DROP; iptables -P FORWARD DROP",
    ],
  },
  {
    name: "bip-and-dns",
    daemonJson: { bip: "10.154.50.1/24", dns: ["114.114.114.114", "192.168.1.99"] },
    why: "docker0 collides with the company's network, and the company has resolvers of its own",
  },
  {
    name: "closed-and-no-proxy",
    daemonJson: { icc: false, "userland-proxy": false },
    why: "the hardening guides: containers don't talk unless linked, and no process per port",
  },
  {
    name: "dual-stack",
    daemonJson: { ipv6: true, "fixed-cidr-v6": PREFIX, ...FILTERED_V6 },
    why: "IPv6 for containers with a prefix of the operator's own",
  },
  {
    name: "behind-vpn",
    daemonJson: {
      mtu: 1380,
      "default-network-opts": { bridge: { [MTU]: "1380" } },
      "default-address-pools": [
        { base: "10.201.0.0/16", size: 24 },
        { base: "10.202.0.0/16", size: 24 },
      ],
    },
    why: "a VPN takes the private ranges and some of each packet",
    since: "default-network-options",
  },
  {
    name: "behind-vpn-plain",
    daemonJson: { mtu: 1380, "default-address-pools": [{ base: "10.201.0.0/16", size: 24 }] },
    why: "the same where default-network-opts is not known yet: user-defined networks keep 1500",
  },
  {
    name: "hardened",
    daemonJson: { icc: false, "userland-proxy": false, "live-restore": true, "no-new-privileges": true },
    why: "the CIS benchmark's list",
  },
];
