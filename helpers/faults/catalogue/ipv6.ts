import { type Fault, RESTART } from "../fault.ts";
import { altered } from "./alter.ts";
import { containerSysctl, inContainer, isBridged } from "./shell.ts";

type Done = Pick<Fault, "strike" | "undo">;

/** A rule of ip6tables that stands first until it is taken away. */
function first(rule: string, table = "filter"): Done {
  return {
    strike: { when: "before the topology", shell: [`ip6tables -w -t ${table} -I ${rule}`] },
    undo: [`ip6tables -w -t ${table} -D ${rule}`],
  };
}

/** The same on a host whose default bridge has IPv6. */
function firstWithDefaultBridge(rule: string): Done {
  return {
    strike: {
      when: "before the engine",
      daemonJson: '{"ipv6": true, "fixed-cidr-v6": "fd00:d0c::/64"}',
      afterwards: [`ip6tables -w -I ${rule}`],
    },
    undo: [`ip6tables -w -D ${rule}`],
  };
}

/** IPv6 of dual-stack networks and of the default bridge. */
export const IPV6_FAULTS: readonly Fault[] = [
  {
    id: "ipv6-forward-drops",
    layer: "filter",
    breaks: "ip6tables drops whatever is forwarded or bridged: containers have IPv4 alone",
    comesBy: "a firewall that was written for a host that forwards no IPv6",
    ...first("FORWARD -j DROP"),
    caughtBy: ["DUAL-02", "DUAL-03", "DUAL-11", "INTERNAL-06"],
    cause: /ip6tables|FORWARD/i,
    since: "ip6tables-by-default",
    secondHost: true,
  },
  {
    id: "ipv6-random-loss",
    layer: "filter",
    breaks: "one of five IPv6 packets that are forwarded or bridged is lost",
    comesBy: "a rule left over from a test of resilience",
    ...first("FORWARD -m statistic --mode random --probability 0.2 -j DROP", "mangle"),
    caughtBy: ["DUAL-04"],
    cause: /ip6tables|statistic|lost/i,
  },
  {
    id: "ipv6-host-takes-no-echo",
    layer: "filter",
    breaks: "the host answers no IPv6 ping: its containers take their gateway for dead",
    comesBy: "a rule against pings",
    ...first("INPUT -p icmpv6 --icmpv6-type echo-request -j DROP"),
    caughtBy: ["DUAL-05", "INTERNAL-09"],
    cause: /ip6tables|INPUT/i,
  },
  {
    id: "ipv6-host-opens-no-connection",
    layer: "filter",
    breaks: "the host opens no TCP connection over IPv6: neither to containers nor to what they publish",
    comesBy: "a rule against IPv6 of a hardening guide",
    ...first("OUTPUT -p tcp --syn -j REJECT"),
    caughtBy: ["DUAL-08", "DUAL-09", "HOST-27"],
    cause: /ip6tables|OUTPUT/i,
  },
  {
    id: "ipv6-host-sends-no-datagram",
    layer: "filter",
    breaks: "the host sends no UDP over IPv6: what containers publish by UDP is dead at its own addresses",
    comesBy: "a rule against IPv6 of a hardening guide",
    ...first("OUTPUT -p udp -j REJECT"),
    caughtBy: ["DUAL-15", "DUAL-16"],
    cause: /ip6tables|OUTPUT/i,
  },
  {
    id: "ipv6-publications-widened",
    layer: "ports",
    breaks: "what is to be published on [::1] or [::] alone is published on every address",
    comesBy: "a platform or a proxy in front of the engine that drops host addresses which it does not know",
    strike: {
      when: "the engine is asked",
      to: /^\/containers\/create$/,
      alter: altered("HostConfig.PortBindings.*.*.HostIp", (old) => (old === "::1" || old === "::" ? "" : old)),
    },
    undo: [],
    caughtBy: ["DUAL-17", "DUAL-18"],
    cause: /\[?::1?\]?|address|published/i,
  },
  {
    id: "ipv6-off-on-joined-network",
    layer: "routes and sysctls",
    breaks: "IPv6 is switched off on the interface that connecting a container to a network adds",
    comesBy: "an agent inside that sets net.ipv6.conf.<interface>.disable_ipv6 on whatever comes up",
    strike: {
      when: "a container is up",
      of: ({ name }) => name === "dual-stranger",
      shell: [`${containerSysctl("ipv6/conf/eth1/disable_ipv6", "1")} 2>/dev/null || :`],
    },
    undo: [],
    caughtBy: ["DUAL-19", "DUAL-20"],
    cause: /IPv6|disable_ipv6|eth1/i,
  },
  {
    id: "ipv6-loopback-closed-inside",
    layer: "namespaces",
    breaks: "a rule inside a container drops what is sent to it at [::1], by itself or by one that joined it",
    comesBy: "a firewall of the image's own that was written for IPv4's loopback",
    strike: {
      when: "a container is up",
      of: ({ name }) => name === "dual-web",
      shell: [inContainer("ip6tables -I INPUT -i lo -p tcp -j DROP")],
    },
    undo: [],
    caughtBy: ["DUAL-21"],
    cause: /ip6tables|INPUT/i,
  },
  {
    id: "ipv6-rules-flushed",
    layer: "filter",
    breaks: "Docker's rules of ip6tables are gone, those of iptables are not",
    comesBy: "a firewall that loads its rules of IPv6 anew: ip6tables-restore without --noflush",
    strike: {
      when: "a container is up",
      of: isBridged,
      shell: ["ip6tables -w -F", "ip6tables -w -t nat -F", "ip6tables -w -t raw -F"],
    },
    undo: [RESTART],
    caughtBy: ["DUAL-22", "DUAL-23", "DUAL-24", "DUAL-25"],
    cause: /IPv6 (PREROUTING|FORWARD)|ip6tables|flushed/i,
    since: "ip6tables-by-default",
  },
  {
    id: "ipv6-uplink-takes-no-connection",
    layer: "filter",
    breaks: "no connection comes in over IPv6: ports published there are dead for other machines",
    comesBy: "a firewall that drops IPv6 from the world before anything else",
    ...first("PREROUTING -i eth0 -p tcp --syn -j DROP", "mangle"),
    caughtBy: ["DUAL-10"],
    cause: /ip6tables|PREROUTING|mangle/i,
    secondHost: true,
  },
  {
    id: "ipv6-route-missing-in-container",
    layer: "routes and sysctls",
    breaks: "containers have an IPv6 address and no default route for it",
    comesBy: "a script of the image that sets its own routes",
    strike: {
      when: "a container is up",
      of: isBridged,
      shell: [`${inContainer("ip -6 route del default")} 2>/dev/null || :`],
    },
    undo: [],
    caughtBy: ["DUAL-01"],
    cause: /route/i,
  },
  {
    id: "ipv6-resolver-cut-off",
    layer: "names",
    breaks: "a rule inside the containers drops what comes from 127.0.0.11, so that names have no IPv6 address either",
    comesBy: "a firewall inside the container that knows nothing of the engine's resolver",
    strike: {
      when: "a container is up",
      of: isBridged,
      shell: [inContainer("iptables -I INPUT -s 127.0.0.11 -j DROP")],
    },
    undo: [],
    caughtBy: ["DUAL-06"],
    cause: /127\.0\.0\.11|resolver|names/i,
  },
  {
    id: "ipv6-networks-joined",
    layer: "filter",
    breaks: "bridges reach each other over IPv6: isolation is passed by",
    comesBy: "an accept rule for all bridges in front of Docker's, and a raw table that was flushed",
    strike: {
      when: "a container is up",
      of: isBridged,
      shell: ["ip6tables -w -t raw -F PREROUTING", "ip6tables -w -I FORWARD -i br-+ -o br-+ -j ACCEPT"],
    },
    undo: ["while ip6tables -w -D FORWARD -i br-+ -o br-+ -j ACCEPT 2>/dev/null; do :; done"],
    caughtBy: ["DUAL-07"],
    cause: /ip6tables|FORWARD|accept/i,
    since: "ip6tables-by-default",
  },
  {
    id: "ipv6-internal-network-open",
    layer: "filter",
    breaks: "a container of an internal network has an IPv6 default route, and the host lets it out: a leak",
    comesBy: "a route added inside for an update, and a firewall that accepts whatever is forwarded",
    strike: {
      when: "a container is up",
      of: ({ name }) => name.endsWith("-hermit6"),
      shell: [
        "P=$(nsenter -t $PID -n ip -6 -o address show dev eth0 scope global | sed -nE 's|.*inet6 ([0-9a-f:]+):[0-9a-f]+/.*|\\1|p') && " +
          inContainer("ip -6 route replace default via $P:1 dev eth0"),
        "ip6tables -w -I FORWARD -j ACCEPT",
        "ip6tables -w -t raw -I PREROUTING -j ACCEPT",
      ],
    },
    undo: ["ip6tables -w -D FORWARD -j ACCEPT", "ip6tables -w -t raw -D PREROUTING -j ACCEPT"],
    caughtBy: ["INTERNAL-07", "INTERNAL-08"],
    cause: /internal|default route|ip6tables|FORWARD/i,
    since: "ip6tables-by-default",
  },
  {
    id: "ipv6-forward-drops-by-default",
    layer: "filter",
    breaks:
      "ip6tables drops whatever is forwarded or bridged: containers of a default bridge with IPv6 have IPv4 alone",
    comesBy: "a firewall that was written for a host that forwards no IPv6",
    ...firstWithDefaultBridge("FORWARD -j DROP"),
    caughtBy: ["DUAL-12", "DUAL-14"],
    cause: /ip6tables|FORWARD/i,
    since: "ip6tables-by-default",
    secondHost: true,
  },
  {
    id: "ipv6-host-takes-no-echo-by-default",
    layer: "filter",
    breaks: "the host answers no IPv6 ping: containers of its default bridge take their gateway for dead",
    comesBy: "a rule against pings",
    ...firstWithDefaultBridge("INPUT -p icmpv6 --icmpv6-type echo-request -j DROP"),
    caughtBy: ["DUAL-13"],
    cause: /ip6tables|INPUT/i,
  },
];
