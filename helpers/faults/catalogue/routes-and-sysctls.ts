import { type Fault, ofLayer, type StruckContainer } from "../fault.ts";
import { altered } from "./alter.ts";
import { agentThat, containerSysctl, inContainer, isBridged, onEachHostEnd, STOP_AGENT } from "./shell.ts";

/** What needs the way back from another machine to a container on the default bridge. */
const WAY_BACK = ["BRIDGE-52", "PATH-20", "PATH-21"] as const;
/** What needs the way out as well. */
const WAY_OUT = ["PATH-18", "PATH-19", ...WAY_BACK] as const;
/** What the host reaches of docker0's containers. */
const FROM_HOST = ["BRIDGE-50", "UDN-30", "NAT-24", "NAT-33", "NAT-34", "PATH-30"] as const;

function toHost(shell: readonly string[], undo: readonly string[]): Pick<Fault, "strike" | "undo"> {
  return { strike: { when: "before the topology", shell }, undo };
}

function toContainers(...shell: string[]): Pick<Fault, "strike" | "undo"> {
  return { strike: { when: "a container is up", of: isBridged, shell }, undo: [] };
}

/** Whatever has a network namespace that is not the host's. */
function hasOwnStack({ networkMode }: StruckContainer): boolean {
  return networkMode !== "host";
}

/** A device of another program's, which takes packets and lets none out. */
function tunnel(name: string): string[] {
  return [
    `ip link add ${name} type veth peer name ${name}-far`,
    `ip link set ${name}-far up`,
    `ip link set ${name} up`,
  ];
}

/** Where the kernel sends packets, and the switches that it decides by. */
export const ROUTE_AND_SYSCTL_FAULTS: readonly Fault[] = ofLayer("routes and sysctls", [
  {
    id: "routes-gateway-priority-lost",
    breaks: "containers are connected to networks without the gateway priority that users ask for",
    comesBy: "a platform or a proxy in front of the engine that knows no gw-priority",
    strike: {
      when: "the engine is asked",
      to: /^\/networks\/[^/]+\/connect$/,
      alter: altered("EndpointConfig.GwPriority", (old) => (old === undefined ? old : -1)),
    },
    undo: [],
    caughtBy: ["CONNECT-29"],
    cause: /gateway|priority/i,
    since: "gateway-priority",
  },
  {
    id: "route-default-missing",
    breaks: "containers have no default route",
    comesBy: "a VPN client in the container that took the route with it when it ended",
    ...toContainers(inContainer("ip route del default || :")),
    caughtBy: [
      "BRIDGE-11",
      "UDN-13",
      "INSPECT-11b",
      "INSPECT-12",
      "PATH-15",
      ...WAY_OUT,
      "UDN-29",
      "NAT-32",
      "PORT-22",
      "PORT-23",
    ],
    cause: /default route|gateway|unreachable/i,
    secondHost: true,
  },
  {
    id: "route-default-to-other-gateway",
    breaks: "containers' default route leads to an address that no router has",
    comesBy: "an entry point that routes everything through a VPN container which has another address now",
    ...toContainers(
      inContainer(
        'sh -c \'old=$(ip route show default | sed -nE "s/.* via ([0-9.]+)\\.[0-9]+ .*/\\1/p"); [ -z "$old" ] || ip route replace default via $old.254\'',
      ),
    ),
    caughtBy: ["BRIDGE-11", "UDN-13", "INSPECT-11b", "PATH-15", ...WAY_OUT, "UDN-29", "NAT-32", "PORT-22", "PORT-23"],
    cause: /default route|gateway/i,
    secondHost: true,
  },
  {
    id: "route-connected-missing",
    breaks: "containers reach their neighbours by way of the gateway: the connected route is gone",
    comesBy: "ip route flush in an entry point, with only the default route put back",
    ...toContainers(
      inContainer(
        'sh -c \'gateway=$(ip route show default | sed -nE "s/.* via ([0-9.]+) .*/\\1/p"); [ -z "$gateway" ] || { ip route flush dev eth0 proto kernel scope link; ip route replace default via $gateway dev eth0 onlink; }\'',
      ),
    ),
    caughtBy: ["BRIDGE-12", "PATH-13"],
    beside: ["UDN-24", "BRIDGE-48"],
    cause: /route/i,
  },
  {
    id: "route-extra-in-container",
    breaks: "containers have a route that the engine did not give them",
    comesBy: "a VPN client in the container",
    ...toContainers(inContainer("ip route replace 198.51.100.0/24 dev eth0")),
    caughtBy: ["BRIDGE-13"],
    cause: /route/i,
  },
  {
    id: "route-source-foreign",
    breaks: "containers send to other networks from an address that is not their network's: nothing masquerades it",
    comesBy: "a VPN client in the container that set the default route's source to its tunnel's address",
    ...toContainers(
      inContainer(
        'sh -c \'gateway=$(ip route show default | sed -nE "s/.* via ([0-9.]+) .*/\\1/p"); [ -z "$gateway" ] || { ip addr replace 10.99.0.9/32 dev lo; ip route replace default via $gateway src 10.99.0.9; }\'',
      ),
    ),
    caughtBy: ["BRIDGE-52", "PATH-16", "PATH-17", "PATH-18"],
    cause: /source|route|masquerad/i,
    secondHost: true,
  },
  {
    id: "route-of-vpn-over-subnet",
    breaks: "a more specific route leads docker0's containers' addresses into a tunnel",
    comesBy: "a VPN that claims 172.17.0.0/24 or all private networks in halves",
    ...toHost([...tunnel("vpn0"), "ip route add 172.17.0.0/24 dev vpn0"], ["ip link del vpn0"]),
    caughtBy: [...FROM_HOST, ...WAY_BACK, "NAT-32", "PORT-22"],
    beside: ["BRIDGE-46"],
    cause: /route|vpn|tunnel/i,
    secondHost: true,
  },
  {
    id: "route-over-whole-subnet",
    breaks: "the host's route to docker0's subnet is another device's",
    comesBy: "a VPN or a second bridge with the same subnet, brought up after dockerd",
    ...toHost(
      [...tunnel("vpn0"), "ip route del 172.17.0.0/16 dev docker0", "ip route add 172.17.0.0/16 dev vpn0"],
      ["ip link del vpn0", "ip route add 172.17.0.0/16 dev docker0 proto kernel scope link src 172.17.0.1"],
    ),
    caughtBy: ["BRIDGE-46", ...FROM_HOST, ...WAY_BACK],
    cause: /route|vpn/i,
    secondHost: true,
  },
  {
    id: "route-blackhole",
    breaks: "the host discards what is for docker0's containers",
    comesBy: "ip route add blackhole, of a script that bans networks",
    ...toHost(["ip route add blackhole 172.17.0.0/24"], ["ip route del blackhole 172.17.0.0/24"]),
    caughtBy: [...FROM_HOST, ...WAY_BACK, "NAT-32", "PORT-22"],
    cause: /blackhole|route/i,
    secondHost: true,
  },
  {
    id: "route-policy-diverts-containers",
    breaks: "a policy rule sends what comes from docker0 to a table without a way out",
    comesBy: "a VPN's kill switch, or a second uplink whose table is incomplete",
    ...toHost(
      ["ip route add blackhole default table 177", "ip rule add iif docker0 lookup 177"],
      ["ip rule del iif docker0 lookup 177", "ip route flush table 177"],
    ),
    caughtBy: [...WAY_OUT, "NAT-32", "PORT-22"],
    cause: /policy|rule|table|route/i,
    secondHost: true,
  },
  {
    id: "route-address-conflict",
    breaks: "the host itself has addresses that the engine gives to docker0's containers",
    comesBy: "a load balancer's or a VPN's address that was taken from 172.17.0.0/16",
    ...toHost(
      [...tunnel("vip0"), "for n in $(seq 2 60); do ip addr add 172.17.0.$n/32 dev vip0; done"],
      ["ip link del vip0"],
    ),
    caughtBy: ["BRIDGE-50", "NAT-24", "NAT-32", "NAT-33", "NAT-34", "PATH-30", "PORT-22", ...WAY_OUT],
    beside: ["BRIDGE-48", "BRIDGE-49"],
    cause: /address|conflict|has/i,
    secondHost: true,
  },
  {
    id: "sysctl-ip-forward-off",
    breaks: "the host forwards no IPv4",
    comesBy: "sysctl --system with a hardening file, after dockerd had started",
    ...toHost(["echo 0 >/proc/sys/net/ipv4/ip_forward"], ["echo 1 >/proc/sys/net/ipv4/ip_forward"]),
    caughtBy: ["NAT-31"],
    cause: /forward/i,
  },
  {
    id: "sysctl-ip-forward-kept-off",
    breaks: "the host forwards no IPv4, also after dockerd has switched it on again with a new network",
    comesBy: "an agent that keeps the sysctls as its hardening profile says",
    ...toHost(
      [agentThat("echo 0 >/proc/sys/net/ipv4/ip_forward")],
      [STOP_AGENT, "echo 1 >/proc/sys/net/ipv4/ip_forward"],
    ),
    caughtBy: ["NAT-31", ...WAY_OUT, "NAT-32", "NETNS-92", "NETNS-93", "NETNS-107", "PORT-22", "PORT-23"],
    cause: /forward/i,
    secondHost: true,
  },
  {
    id: "sysctl-forwarding-of-bridge-off",
    breaks: "the host forwards nothing that comes from docker0, although ip_forward is on",
    comesBy: "a hardening file that sets net.ipv4.conf.docker0.forwarding",
    ...toHost(
      ["echo 0 >/proc/sys/net/ipv4/conf/docker0/forwarding"],
      ["echo 1 >/proc/sys/net/ipv4/conf/docker0/forwarding"],
    ),
    caughtBy: [...WAY_OUT, "NAT-32", "PORT-22"],
    cause: /forward/i,
    secondHost: true,
  },
  {
    id: "sysctl-forwarding-of-uplink-off",
    breaks: "the host forwards nothing that comes from its uplink, although ip_forward is on",
    comesBy: "a hardening file that sets net.ipv4.conf.eth0.forwarding",
    ...toHost(["echo 0 >/proc/sys/net/ipv4/conf/eth0/forwarding"], ["echo 1 >/proc/sys/net/ipv4/conf/eth0/forwarding"]),
    caughtBy: ["BRIDGE-52", "PATH-20", "NAT-32", "PORT-22", "PORT-23"],
    cause: /forward/i,
    secondHost: true,
  },
  {
    id: "sysctl-rp-filter-strict",
    breaks: "strict reverse path filtering drops what containers send, because their addresses are routed elsewhere",
    comesBy: "rp_filter = 1 of a distribution, together with a VPN's route over the subnet",
    ...toHost(
      [...tunnel("vpn0"), "ip route add 172.17.0.0/24 dev vpn0", "echo 1 >/proc/sys/net/ipv4/conf/all/rp_filter"],
      ["ip link del vpn0", "echo 0 >/proc/sys/net/ipv4/conf/all/rp_filter"],
    ),
    caughtBy: ["BRIDGE-50", "UDN-29", ...WAY_OUT],
    cause: /rp_filter|reverse path/i,
    secondHost: true,
  },
  {
    id: "sysctl-route-localnet-off-without-proxy",
    breaks: "without docker-proxy, published ports are dead at 127.0.0.1: bridges don't take packets from there",
    comesBy: "a hardening file that sets route_localnet to 0 for every interface",
    strike: {
      when: "before the engine",
      daemonJson: '{"userland-proxy": false}',
      shell: [agentThat("for s in /proc/sys/net/ipv4/conf/*/route_localnet; do echo 0 >$s; done")],
    },
    undo: [
      STOP_AGENT,
      "for s in /proc/sys/net/ipv4/conf/docker0/route_localnet /proc/sys/net/ipv4/conf/br-*/route_localnet; do [ ! -e $s ] || echo 1 >$s; done",
    ],
    caughtBy: ["NAT-34", "PORT-19", "PORT-24", "PORT-33", "PORT-35", "PORT-37"],
    cause: /route_localnet|127\.0\.0\.1/i,
  },
  {
    id: "sysctl-bridge-netfilter-off",
    breaks: 'what is bridged passes no rule, so that "icc": false keeps nobody apart: a leak',
    comesBy: "net.bridge.bridge-nf-call-iptables = 0 of a guide for virtual machines",
    strike: {
      when: "before the engine",
      daemonJson: '{"icc": false}',
      afterwards: ["echo 0 >/proc/sys/net/bridge/bridge-nf-call-iptables"],
    },
    undo: ["echo 1 >/proc/sys/net/bridge/bridge-nf-call-iptables"],
    caughtBy: ["BRIDGE-48b"],
    cause: /bridge-nf|br_netfilter|icc/i,
  },
  {
    id: "sysctl-bridge-netfilter-off-without-proxy",
    breaks:
      "without docker-proxy, containers don't reach published ports of their own network, until dockerd makes a network",
    comesBy: "net.bridge.bridge-nf-call-iptables = 0 of a guide for virtual machines",
    strike: {
      when: "before the engine",
      daemonJson: '{"userland-proxy": false}',
      afterwards: ["echo 0 >/proc/sys/net/bridge/bridge-nf-call-iptables"],
    },
    undo: ["echo 1 >/proc/sys/net/bridge/bridge-nf-call-iptables"],
    caughtBy: ["NAT-39"],
    cause: /bridge-nf/i,
  },
  {
    id: "sysctl-ipv6-forwarding-off",
    breaks: "the host forwards no IPv6, although docker0 has it",
    comesBy: "sysctl --system with a hardening file, after dockerd had started",
    strike: {
      when: "before the engine",
      daemonJson: '{"ipv6": true, "fixed-cidr-v6": "fd00:d0c::/64"}',
      afterwards: ["echo 0 >/proc/sys/net/ipv6/conf/all/forwarding"],
    },
    undo: ["echo 1 >/proc/sys/net/ipv6/conf/all/forwarding"],
    caughtBy: ["NAT-38"],
    cause: /forwarding/i,
  },
  {
    id: "sysctl-proxy-arp-between-isolated-ports",
    breaks: "the host routes between containers of one network in place of the bridge",
    comesBy: "a private VLAN set up by hand: isolated ports and proxy_arp_pvlan",
    ...toContainers(
      onEachHostEnd(
        "bridge link set dev $VETH isolated on && bridge=$(basename $(readlink /sys/class/net/$VETH/master)) && echo 1 >/proc/sys/net/ipv4/conf/$bridge/proxy_arp_pvlan && echo 0 >/proc/sys/net/ipv4/conf/$bridge/send_redirects",
      ),
    ),
    undo: [
      "echo 0 >/proc/sys/net/ipv4/conf/docker0/proxy_arp_pvlan",
      "echo 1 >/proc/sys/net/ipv4/conf/docker0/send_redirects",
    ],
    caughtBy: ["UDN-24", "UDN-25", "PATH-11", "PATH-13"],
    cause: /arp|isolated|routed|router/i,
  },
  {
    id: "sysctl-host-ignores-echo",
    breaks: "the host answers no ping: its containers take their gateway for dead",
    comesBy: "net.ipv4.icmp_echo_ignore_all = 1 of a hardening file",
    ...toHost(["echo 1 >/proc/sys/net/ipv4/icmp_echo_ignore_all"], ["echo 0 >/proc/sys/net/ipv4/icmp_echo_ignore_all"]),
    caughtBy: ["UDN-29"],
    cause: /icmp|ping|echo/i,
  },
  {
    id: "sysctl-host-answers-no-arp",
    breaks: "the host answers nobody who asks by ARP for its addresses: containers don't find their gateway",
    comesBy: "net.ipv4.conf.all.arp_ignore = 8, of a guide for load balancers",
    ...toHost(["echo 8 >/proc/sys/net/ipv4/conf/all/arp_ignore"], ["echo 0 >/proc/sys/net/ipv4/conf/all/arp_ignore"]),
    caughtBy: ["BRIDGE-56"],
    cause: /arp_ignore/,
  },
  {
    id: "sysctl-containers-ignore-echo",
    breaks: "containers answer no ping",
    comesBy: "docker run --sysctl net.ipv4.icmp_echo_ignore_all=1, or a privileged entry point",
    ...toContainers(containerSysctl("ipv4/icmp_echo_ignore_all", "1")),
    caughtBy: ["BRIDGE-50", "UDN-24", "UDN-25", "DNS-05", "PATH-01", "PATH-05"],
    cause: /icmp|ping|echo/i,
  },
  {
    id: "sysctl-ipv6-off-in-containers",
    breaks: "IPv6 is off in containers, on their loopback too",
    comesBy: "a default of net.ipv6.conf.all.disable_ipv6 = 1 by a hook on container starts",
    strike: {
      when: "a container is up",
      of: hasOwnStack,
      shell: [containerSysctl("ipv6/conf/all/disable_ipv6", "1")],
    },
    undo: [],
    caughtBy: ["NONE-04"],
    cause: /ipv6/i,
    since: "loopback-ipv6-always",
  },
  {
    id: "sysctl-ipv6-on-in-containers",
    breaks: "IPv6 is on in containers of an engine that switches it off",
    comesBy: "docker run --sysctl net.ipv6.conf.all.disable_ipv6=0",
    strike: {
      when: "a container is up",
      of: hasOwnStack,
      shell: [containerSysctl("ipv6/conf/lo/disable_ipv6", "0"), inContainer("ip -6 addr replace ::1/128 dev lo")],
    },
    undo: [],
    caughtBy: ["NONE-04b"],
    cause: /ipv6/i,
    until: "loopback-ipv6-always",
  },
  {
    id: "sysctl-default-ttl",
    breaks: "containers send with a time to live that does not carry beyond their host",
    comesBy: "net.ipv4.ip_default_ttl = 1, to keep containers on their machine",
    ...toContainers(containerSysctl("ipv4/ip_default_ttl", "1")),
    caughtBy: ["BRIDGE-52", "UDN-24", "UDN-25", "NAT-32", "PORT-22", "PORT-23", "PATH-18"],
    cause: /ttl|time to live/i,
    secondHost: true,
  },
]);
