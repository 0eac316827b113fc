import { quoted } from "../../model/shell-words.ts";
import type { Fault } from "../fault.ts";
import { firstRule, inContainer, runcHook, withoutRule } from "./shell.ts";

const HOOK = runcHook([
  "$N ip link set eth0 addrgenmode none 2>/dev/null; $N ip -6 addr flush dev eth0 scope link 2>/dev/null",
]);

/** Ways that packets take although nobody's rule or route says so: what must stay within is carried out, or seen elsewhere. */
export const UNSEEN_WAYS_FAULTS: readonly Fault[] = [
  {
    id: "route-containers-by-the-host",
    layer: "routes and sysctls",
    breaks:
      "containers of the default bridge send each other everything by way of the host instead of straight over the bridge",
    comesBy: "a hook that gives every container a route to its own subnet by the gateway, as routed networks have it",
    strike: {
      when: "a container is up",
      of: ({ networkMode }) => /^(default|bridge)$/.test(networkMode),
      shell: [
        "for d in all docker0; do echo 0 >/proc/sys/net/ipv4/conf/$d/send_redirects; done",
        inContainer("ip route replace 172.17.0.0/16 via 172.17.0.1 dev eth0 onlink"),
      ],
    },
    undo: [],
    caughtBy: ["PATH-03b", "PATH-33"],
    cause: /route/i,
  },
  {
    id: "link-loopback-mirrored",
    layer: "links",
    breaks: "a container's loopback has Ethernet's MTU, and what is sent on it goes out at eth0 as well",
    comesBy: "a tap of a network monitor that mirrors every interface of a namespace, in frames that fit",
    strike: {
      when: "a container is up",
      of: ({ networkMode }) => !/^(none|host|container:)/.test(networkMode),
      shell: [
        `${inContainer("ip link set lo mtu 1500")} && ${inContainer("tc qdisc replace dev lo clsact")} && ${inContainer("tc filter replace dev lo egress prio 7 protocol all u32 match u32 0 0 action mirred egress mirror dev eth0")}`,
      ],
    },
    undo: [],
    caughtBy: ["JOIN-11"],
    cause: /mirror|\blo of .* has MTU 1500/,
  },
  {
    id: "macvlan-frames-reflected",
    layer: "macvlan and overlay",
    breaks:
      "what the host sends on the parent of macvlan networks comes back to it: it reaches its own macvlan containers",
    comesBy: "a switch port in hairpin mode (reflective relay), set for a VEPA",
    strike: {
      when: "before the topology",
      shell: [
        "tc qdisc replace dev eth0 clsact && tc filter replace dev eth0 egress prio 7 protocol arp u32 match u32 0 0 action mirred ingress mirror dev eth0",
      ],
    },
    undo: ["tc qdisc del dev eth0 clsact"],
    caughtBy: ["MACVLAN-26"],
    cause: /hairpin|reflect|sends frames back/i,
  },
  {
    id: "filter-internal-network-open",
    layer: "filter",
    breaks: "a container of an internal network has a default route, and the host lets it out: a leak",
    comesBy: "a route added inside for an update, and a firewall that accepts and masquerades whatever is forwarded",
    strike: {
      when: "a container is up",
      of: ({ name }) => name.endsWith("-hermit"),
      shell: [
        `${inContainer("ip route replace default via ${IP%.*}.1")}`,
        firstRule("filter", "DOCKER-USER", "-j ACCEPT"),
        firstRule("filter", "FORWARD", "-j ACCEPT"),
        firstRule("raw", "PREROUTING", "-j ACCEPT"),
        firstRule("nat", "POSTROUTING", "-j MASQUERADE"),
      ],
    },
    undo: [
      withoutRule("filter", "DOCKER-USER", "-j ACCEPT"),
      withoutRule("filter", "FORWARD", "-j ACCEPT"),
      withoutRule("raw", "PREROUTING", "-j ACCEPT"),
      withoutRule("nat", "POSTROUTING", "-j MASQUERADE"),
    ],
    caughtBy: ["DNS-16", "INTERNAL-02", "INTERNAL-03", "INTERNAL-04"],
    cause: /internal|default route|DOCKER-USER|FORWARD/i,
  },
  {
    id: "sysctl-none-answers-nothing",
    layer: "routes and sysctls",
    breaks: "a container on network none answers no ping on what is pushed into it",
    comesBy: "a hardened entry point: net.ipv4.icmp_echo_ignore_all=1",
    strike: {
      when: "a container is up",
      of: ({ networkMode }) => networkMode === "none",
      shell: [inContainer("sh -c 'echo 1 >/proc/sys/net/ipv4/icmp_echo_ignore_all'")],
    },
    undo: [],
    caughtBy: ["NONE-17"],
    cause: /icmp_echo_ignore_all/,
  },
  {
    id: "namespaces-ended-by-new-network",
    layer: "namespaces",
    breaks: "a container ends when it is connected to a further network",
    comesBy: "a program that ends when the interfaces change under it, a VRRP daemon for one",
    strike: {
      when: "a container is up",
      of: ({ publishes }) => publishes,
      shell: ["if [ -e /run/seen-$ID ]; then kill -9 $PID; sleep 0.3; else touch /run/seen-$ID; fi"],
    },
    undo: ["rm -f /run/seen-*"],
    caughtBy: ["CONNECT-23"],
    cause: /ended|exited|not running/i,
  },
  {
    id: "link-local-address-missing",
    layer: "links",
    breaks: "with IPv6 on the default bridge eth0 of containers has no link-local address",
    comesBy: "an OCI runtime hook that clears addresses which the engine did not give",
    strike: {
      when: "before the engine",
      daemonJson: '{ "ipv6": true, "fixed-cidr-v6": "2001:db8:1::/64", "experimental": true, "ip6tables": true }',
      shell: [`printf '%s\\n' ${HOOK.map(quoted).join(" ")} >/usr/local/sbin/runc && chmod 755 /usr/local/sbin/runc`],
    },
    undo: ["rm -f /usr/local/sbin/runc"],
    caughtBy: ["BRIDGE-15"],
    cause: /link-local|fe80/i,
  },
];
