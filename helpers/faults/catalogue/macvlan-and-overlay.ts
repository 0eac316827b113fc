import { type AlteredRequest, type Fault, type OnContainer, ofLayer } from "../fault.ts";
import { containerSysctl } from "./shell.ts";

/** The containers of the suites' macvlan networks. */
function macvlanChild(shell: readonly string[], only: RegExp = /^macvlan-/): OnContainer {
  return { when: "a container is up", of: ({ name }) => only.test(name), shell };
}

interface Asked {
  readonly Driver?: string;
  readonly Options?: Readonly<Record<string, string>>;
}

/** Alters what networks of one driver are created with. */
function network(driver: string, change: (asked: Asked) => Asked): AlteredRequest {
  return {
    when: "the engine is asked",
    to: /^\/networks\/create$/,
    alter: (request) => ((request as Asked).Driver === driver ? { ...request, ...change(request as Asked) } : false),
  };
}

const VXLAN = "-p udp --dport 4789";
const BLOCKS_GOSSIP = ["tcp", "udp"].flatMap((protocol) =>
  ["INPUT", "OUTPUT"].map((chain) => `${chain} -p ${protocol} --dport 7946 -j DROP`),
);
const ACROSS = ["OVERLAY-05", "OVERLAY-06", "OVERLAY-07", "OVERLAY-08", "OVERLAY-09"] as const;

const MACVLAN: readonly Fault[] = ofLayer("macvlan and overlay", [
  {
    id: "macvlan-private-mode",
    breaks: "the containers' macvlan interfaces are in private mode: no child of the parent reaches another",
    comesBy: "ip link set … type macvlan mode private, by somebody who meant to keep tenants apart",
    strike: macvlanChild(["nsenter -t $PID -n ip link set dev eth0 type macvlan mode private"]),
    undo: [],
    caughtBy: ["MACVLAN-24"],
    cause: /\bmode\b|private/i,
  },
  {
    id: "macvlan-ipv6-off",
    breaks: "IPv6 is switched off on the containers' macvlan interfaces",
    comesBy: "net.ipv6.conf.eth0.disable_ipv6 in an image's start script",
    strike: {
      when: "a container is up",
      of: ({ name }) => name.startsWith("macvlan6-"),
      shell: [containerSysctl("ipv6/conf/eth0/disable_ipv6", "1")],
    },
    undo: [],
    caughtBy: ["MACVLAN-35", "MACVLAN-36"],
    cause: /disable_ipv6|IPv6|address \S+ that the engine says/i,
    since: "macvlan-parent-sharing",
  },
  {
    id: "macvlan-vepa-asked",
    breaks:
      "macvlan networks are made in VEPA mode: frames between children go to a switch that does not send them back",
    comesBy: "-o macvlan_mode=vepa, copied from a site whose switch has reflective relay",
    strike: network("macvlan", ({ Options }) => ({ Options: { ...Options, macvlan_mode: "vepa" } })),
    undo: [],
    caughtBy: ["MACVLAN-24"],
    cause: /\bmode\b|vepa/i,
  },
  {
    id: "macvlan-child-down",
    breaks: "the macvlan interface of the web server is down",
    comesBy: "ip link set eth0 down in its namespace",
    strike: macvlanChild(["nsenter -t $PID -n ip link set eth0 down"], /^macvlan-(fixed|.*-web)$/),
    undo: [],
    caughtBy: ["MACVLAN-02", "MACVLAN-07", "MACVLAN-13", "MACVLAN-24"],
    cause: /eth0.*\bdown\b|\bdown\b.*eth0|is down/i,
  },
  {
    id: "macvlan-child-silent",
    breaks: "the macvlan containers don't take part in ARP",
    comesBy: "ip link set eth0 arp off, copied from the set-up of a load balancer's real server",
    strike: macvlanChild(["nsenter -t $PID -n ip link set eth0 arp off"], /^macvlan-(fixed|here-web|there-web)$/),
    undo: [],
    caughtBy: ["MACVLAN-24"],
    cause: /\barp\b|neighbour/i,
  },
  {
    id: "macvlan-far-child-silent",
    breaks: "the macvlan containers of one of two hosts don't take part in ARP",
    comesBy: "ip link set eth0 arp off, copied from the set-up of a load balancer's real server",
    strike: macvlanChild(["nsenter -t $PID -n ip link set eth0 arp off"], /^macvlan-here-/),
    undo: [],
    caughtBy: ["MACVLAN-22", "MACVLAN-23", "MACVLAN-27"],
    cause: /\barp\b|neighbour|eth0/i,
    secondHost: true,
  },
  {
    id: "macvlan-mtu",
    breaks: "the macvlan containers have another MTU than the parent",
    comesBy: "ip link set eth0 mtu 1400 in the containers, against a tunnel on the way",
    strike: macvlanChild(["nsenter -t $PID -n ip link set eth0 mtu 1400"]),
    undo: [],
    caughtBy: ["MACVLAN-20"],
    cause: /mtu/i,
  },
  {
    id: "macvlan-burnt-in-mac",
    breaks: "the macvlan containers have the MAC address of a vendor's card",
    comesBy: "ip link set eth0 address …, so that a switch with port security knows it",
    strike: macvlanChild(["nsenter -t $PID -n ip link set eth0 address 00:16:3e:00:00:$(printf %02x $((PID % 256)))"]),
    undo: [],
    caughtBy: ["MACVLAN-19b"],
    cause: /MAC|hardware address/i,
    since: "random-mac",
  },
  {
    id: "macvlan-burnt-in-mac-before-28",
    breaks: "the macvlan containers have the MAC address of a vendor's card",
    comesBy: "ip link set eth0 address …, so that a switch with port security knows it",
    strike: macvlanChild(["nsenter -t $PID -n ip link set eth0 address 00:16:3e:00:00:$(printf %02x $((PID % 256)))"]),
    undo: [],
    caughtBy: ["MACVLAN-19"],
    cause: /MAC|hardware address/i,
    until: "random-mac",
  },
  {
    id: "macvlan-narrow-prefix",
    breaks: "the macvlan containers have their address with a longer prefix than the subnet's",
    comesBy: "an address set again by hand inside the container",
    strike: macvlanChild([
      "nsenter -t $PID -n ip address flush dev eth0",
      "nsenter -t $PID -n ip address add $IP/25 brd + dev eth0",
      "nsenter -t $PID -n ip route add default via ${IP%.*}.254 dev eth0 onlink",
    ]),
    undo: [],
    caughtBy: ["MACVLAN-02", "MACVLAN-18"],
    cause: /prefix|eth0 has|subnet/i,
  },
  {
    id: "macvlan-other-address",
    breaks: "the macvlan containers have another address than the engine gave them",
    comesBy: "a DHCP client inside the containers",
    strike: macvlanChild([
      // The default route goes with the address, and is put back.
      "G=$(nsenter -t $PID -n ip route show default | awk '{print $3}'); nsenter -t $PID -n ip address flush dev eth0 && " +
        'nsenter -t $PID -n ip address add ${IP%.*}.$((${IP##*.} + 50))/24 brd + dev eth0 && { [ -z "$G" ] || nsenter -t $PID -n ip route add default via $G dev eth0 onlink; }',
    ]),
    undo: [],
    caughtBy: ["MACVLAN-08", "MACVLAN-09", "MACVLAN-18", "MACVLAN-24", "MACVLAN-32"],
    cause: /eth0 has|address/i,
  },
  {
    id: "macvlan-default-route-gone",
    breaks: "the macvlan containers have no default route",
    comesBy: "a VPN client inside the container that took it and went down",
    strike: macvlanChild(["nsenter -t $PID -n ip route del default"]),
    undo: [],
    caughtBy: ["MACVLAN-07", "MACVLAN-13", "MACVLAN-28"],
    cause: /default route|no route/i,
  },
  {
    id: "macvlan-extra-nic",
    breaks: "macvlan containers have a second interface that the engine did not give them",
    comesBy: "pipework, for the way to the host that macvlan does not give",
    strike: macvlanChild([
      "ip link add more$PID type veth peer name back$PID && ip link set more$PID netns $PID && ip link set back$PID up",
    ]),
    undo: [],
    caughtBy: ["MACVLAN-16"],
    cause: /interface/i,
  },
  {
    id: "macvlan-gateway-on-the-host",
    breaks: "the host answers for the gateway of a macvlan network that has none, and routes for its containers",
    comesBy: "a macvlan interface on the host with the gateway's address, so that containers get out through it",
    strike: macvlanChild([
      "ip link show gate0 >/dev/null 2>&1 || { ip link add link eth0 name gate0 type macvlan mode bridge && ip link set gate0 up; }",
      "gateway=$(nsenter -t $PID -n ip route show default | sed -nE 's/.* via ([0-9.]+) .*/\\1/p'); [ -z \"$gateway\" ] || ip addr replace $gateway/24 dev gate0",
      "ip addr replace 198.51.100.1/32 dev lo",
    ]),
    undo: ["ip link del gate0", "ip addr del 198.51.100.1/32 dev lo"],
    caughtBy: ["MACVLAN-25"],
    beside: ["MACVLAN-29"],
    cause: /gate0|on the host|macvlan interface|gateway/i,
  },
  {
    id: "macvlan-on-the-host",
    breaks: "the host has a macvlan interface on the parent itself, by which containers reach it",
    comesBy: "the usual advice for hosts that shall reach their macvlan containers: ip link add … type macvlan",
    strike: {
      when: "before the topology",
      shell: ["ip link add link eth0 name shim0 type macvlan mode bridge", "ip link set shim0 up"],
    },
    undo: ["ip link del shim0"],
    caughtBy: ["MACVLAN-25"],
    cause: /macvlan interface|shim0|on the host/i,
  },
  {
    id: "macvlan-wrong-parent",
    breaks: "macvlan networks hang on docker0 instead of the interface that was asked for",
    comesBy: "a script that takes the first interface of the list for the LAN's",
    strike: network("macvlan", ({ Options }) => ({ Options: { ...Options, parent: "docker0" } })),
    undo: [],
    caughtBy: ["MACVLAN-15", "MACVLAN-17", "MACVLAN-21"],
    cause: /parent/i,
  },
  {
    id: "macvlan-wrong-parent-between-hosts",
    breaks: "the macvlan network of one of two hosts hangs on docker0 instead of the LAN's interface",
    comesBy: "a script that takes the first interface of the list for the LAN's",
    strike: network("macvlan", ({ Options }) => ({ Options: { ...Options, parent: "docker0" } })),
    undo: [],
    caughtBy: ["MACVLAN-22", "MACVLAN-23", "MACVLAN-27"],
    cause: /parent/i,
    secondHost: true,
  },
  {
    id: "macvlan-ipvlan-instead",
    breaks: "macvlan networks are made as ipvlan networks: all containers have the parent's MAC address",
    comesBy: "a platform on a cloud that drops foreign MAC addresses",
    strike: network("macvlan", () => ({ Driver: "ipvlan" })),
    undo: [],
    caughtBy: ["NETLS-14"],
    cause: /ipvlan|driver/i,
  },
  {
    id: "macvlan-internal",
    breaks: "macvlan networks are made as internal ones: without a way to their gateway",
    comesBy: "a platform that lets no network lead outside",
    strike: {
      when: "the engine is asked",
      to: /^\/networks\/create$/,
      alter: (request) => (request.Driver === "macvlan" ? { ...request, Internal: true } : false),
    },
    undo: [],
    caughtBy: ["MACVLAN-07", "MACVLAN-13", "MACVLAN-28"],
    cause: /internal|default route/i,
  },
  {
    id: "macvlan-range-unheard",
    breaks: "macvlan networks don't get the range and the reserved addresses that were asked for",
    comesBy: "a platform that passes on the subnet and the gateway only",
    strike: {
      when: "the engine is asked",
      to: /^\/networks\/create$/,
      alter: (request) => {
        const { Config = [] } = (request.IPAM ?? {}) as { Config?: { Subnet?: string; Gateway?: string }[] };
        if (request.Driver !== "macvlan" || Config.length === 0) return false;
        request.IPAM = { Driver: "default", Config: Config.map(({ Subnet, Gateway }) => ({ Subnet, Gateway })) };
        return true;
      },
    },
    undo: [],
    caughtBy: ["MACVLAN-03", "MACVLAN-08", "MACVLAN-10", "MACVLAN-11", "MACVLAN-12"],
    cause: /range|IPRange|auxiliary|reserved/i,
  },
  {
    id: "macvlan-gateway-unheard",
    breaks: "macvlan networks get another gateway than was asked for: that one's address goes to whoever names it",
    comesBy: "a platform that has one convention for the address of routers",
    strike: {
      when: "the engine is asked",
      to: /^\/networks\/create$/,
      alter: (request) => {
        const { Config = [] } = (request.IPAM ?? {}) as { Config?: { Gateway?: string }[] };
        if (request.Driver !== "macvlan" || !Config.some(({ Gateway }) => Gateway !== undefined)) return false;
        for (const range of Config)
          if (range.Gateway !== undefined) range.Gateway = range.Gateway.replace(/\d+$/, "251");
        return true;
      },
    },
    undo: [],
    caughtBy: ["MACVLAN-04", "MACVLAN-13", "MACVLAN-14"],
    cause: /gateway/i,
  },
]);

const OVERLAY: readonly Fault[] = ofLayer("macvlan and overlay", [
  {
    id: "overlay-vxlan-blocked-out",
    breaks: "the host's firewall lets no VXLAN packet (UDP 4789) out",
    comesBy: "an egress policy of the host's that knows only SSH and HTTPS",
    strike: { when: "before the topology", shell: [`iptables -I OUTPUT ${VXLAN} -j DROP`] },
    undo: [`iptables -D OUTPUT ${VXLAN} -j DROP`],
    caughtBy: [...ACROSS, "OVERLAY-10"],
    cause: /4789|VXLAN/i,
    secondHost: true,
  },
  {
    id: "overlay-vxlan-blocked-in",
    breaks: "the host's firewall lets no VXLAN packet (UDP 4789) in",
    comesBy: "a firewall of the host's or of the cloud that was opened for 2377 and 7946 only",
    strike: { when: "before the topology", shell: [`iptables -I INPUT ${VXLAN} -j DROP`] },
    undo: [`iptables -D INPUT ${VXLAN} -j DROP`],
    caughtBy: ["OVERLAY-05", "OVERLAY-09"],
    cause: /4789|VXLAN/i,
    secondHost: true,
  },
  {
    id: "overlay-gossip-blocked",
    breaks: "the hosts of a swarm can't tell each other where their containers are (7946, TCP and UDP)",
    comesBy: "a firewall between the hosts that was opened for 2377 and 4789 only",
    strike: { when: "before the topology", shell: BLOCKS_GOSSIP.map((rule) => `iptables -I ${rule}`) },
    undo: BLOCKS_GOSSIP.map((rule) => `iptables -D ${rule}`),
    caughtBy: [...ACROSS],
    cause: /7946|gossip/i,
    secondHost: true,
  },
  {
    id: "overlay-outer-source-translated",
    breaks: "the host's VXLAN packets carry another source address than the one that it advertises",
    comesBy: "a SNAT rule for everything that leaves, on a host with several addresses",
    strike: {
      when: "before the topology",
      shell: [
        "ip address add $(ip -4 -o address show dev eth0 | sed -E 's|.* inet ([0-9]+\\.[0-9]+\\.[0-9]+)\\..*|\\1.250|')/24 dev eth0",
        `iptables -t nat -I POSTROUTING ${VXLAN} -j SNAT --to-source $(ip -4 -o address show dev eth0 | grep -oE '[0-9.]+\\.250')`,
      ],
    },
    undo: [
      `iptables -t nat -D POSTROUTING ${VXLAN} -j SNAT --to-source $(ip -4 -o address show dev eth0 | grep -oE '[0-9.]+\\.250')`,
      "ip address del $(ip -4 -o address show dev eth0 | grep -oE '[0-9.]+\\.250')/24 dev eth0",
    ],
    caughtBy: ["OVERLAY-06"],
    cause: /SNAT|POSTROUTING|source/i,
    secondHost: true,
  },
  {
    id: "overlay-mtu-not-reduced",
    breaks: "overlay networks have a larger MTU than the uplink: full packets don't fit with VXLAN around them",
    comesBy: "-o com.docker.network.driver.mtu=9000, taken over from a site with jumbo frames",
    strike: network("overlay", ({ Options }) => ({
      Options: { ...Options, "com.docker.network.driver.mtu": "9000" },
    })),
    undo: [],
    caughtBy: ["OVERLAY-15"],
    cause: /mtu/i,
    secondHost: true,
  },
  {
    id: "overlay-bridge-instead",
    breaks: "an engine outside a swarm makes a network of one host when it is asked for an overlay network",
    comesBy: "a platform that replaces drivers that it does not have",
    strike: network("overlay", () => ({ Driver: "bridge" })),
    undo: [],
    caughtBy: ["OVERLAY-12"],
    cause: /driver|swarm|overlay/i,
  },
]);

/** Networks that reach beyond the host. */
export const MACVLAN_AND_OVERLAY_FAULTS: readonly Fault[] = [...MACVLAN, ...OVERLAY];
