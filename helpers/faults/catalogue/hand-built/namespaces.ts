import type { Fault } from "../../fault.ts";
import { afterwards, away, before, FRONT, instead, ON_HOST, wrapped } from "./strikes.ts";

/** Marks of a new namespace: `netns add N`, whose name is the third word. */
const ADD = '"netns add "*';

/** Named namespaces: the list, making, entering and ending them. */
export const NAMED_NAMESPACE_FAULTS: readonly Fault[] = [
  {
    id: "netns-list-with-those-of-the-engine",
    breaks: "`ip netns list` shows the engine's namespaces beside the named ones",
    comesBy: "a wrapper that makes containers visible to `ip netns`",
    ...wrapped("ip", [
      instead(
        '"-j netns list"',
        `{ $R netns list | cut -d " " -f 1; ls /run/docker/netns; } | sed "s/.*/{\\"name\\":\\"&\\"}/" | paste -sd , | sed "s/.*/[&]/"`,
      ),
    ]),
    caughtBy: ["NETNS-01"],
  },
  {
    id: "netns-list-empty",
    breaks: "`ip netns list` shows no namespace at all",
    comesBy: "a sandbox's wrapper, which hides what it does not manage",
    ...wrapped("ip", [instead('*"netns list"', "exit 0")]),
    caughtBy: ["NETNS-01", "NETNS-02", "NETNS-03"],
  },
  {
    id: "netns-list-sorted",
    breaks: "`ip netns list` shows the namespaces in an order of its own",
    comesBy: "a wrapper that sorts what scripts are to read",
    ...wrapped("ip", [
      instead(
        '"-j netns list"',
        `$R netns list | cut -d " " -f 1 | sort -r | sed "s/.*/{\\"name\\":\\"&\\"}/" | paste -sd , | sed "s/.*/[&]/"`,
      ),
    ]),
    caughtBy: ["NETNS-03"],
  },
  {
    id: "netns-folder-elsewhere",
    breaks: "a named namespace is mounted elsewhere, and /run/netns has a link to it only",
    comesBy: "a runtime's installer that keeps the namespaces of `ip netns` in its own folder",
    ...wrapped("ip", [
      afterwards(
        ADD,
        "mkdir -p /run/kept && >/run/kept/$3 && mount --bind /run/netns/$3 /run/kept/$3 && umount /run/netns/$3 && rm /run/netns/$3 && ln -s /run/kept/$3 /run/netns/$3",
      ),
    ]),
    caughtBy: ["NETNS-04"],
  },
  {
    id: "netns-add-with-that-of-the-host",
    breaks: "`ip netns add` gives the host's own namespace a name instead of making one",
    comesBy: "a wrapper for containers that may make none, where `unshare` is forbidden",
    ...wrapped("ip", [
      instead(ADD, "mkdir -p /run/netns && >/run/netns/$3 && mount --bind /proc/1/ns/net /run/netns/$3"),
    ]),
    caughtBy: ["NETNS-06", "NETNS-07", "NETNS-08", "NETNS-09", "NETNS-15", "NETNS-95", "NETNS-97"],
  },
  {
    id: "netns-add-with-a-client",
    breaks: "in every new named namespace a process runs that nobody started there",
    comesBy: "an agent that starts a client of its own in each namespace",
    ...wrapped("ip", [afterwards(ADD, "setsid $R netns exec $3 sleep 300 & sleep 0.2")]),
    caughtBy: ["NETNS-05"],
  },
  {
    id: "netns-add-with-a-device",
    breaks: "every new namespace has another interface beside `lo`",
    comesBy: "a network manager that gives each namespace a bridge of its own",
    ...wrapped("ip", [afterwards(ADD, "$R -n $3 link add br-lan type bridge")]),
    caughtBy: ["NETNS-06"],
  },
  {
    id: "netns-add-with-loopback-up",
    breaks: "`lo` of every new namespace is up",
    comesBy: "a distribution's wrapper that makes namespaces ready for use",
    ...wrapped("ip", [afterwards(ADD, "$R -n $3 link set lo up")]),
    caughtBy: ["NETNS-07", "NETNS-08", "NETNS-09", "NETNS-70"],
  },
  {
    id: "netns-add-without-ipv6",
    breaks: "IPv6 is disabled in every new namespace",
    comesBy: "a hardening's wrapper that applies its sysctls to new namespaces",
    ...wrapped("ip", [
      afterwards(
        ADD,
        "$R netns exec $3 sh -c 'for i in all default lo; do echo 1 >/proc/sys/net/ipv6/conf/$i/disable_ipv6; done'",
      ),
    ]),
    caughtBy: ["NETNS-12", "NETNS-61"],
  },
  {
    id: "netns-add-with-other-link-locals",
    breaks: "link-local addresses in new namespaces are random, not made from the hardware address",
    comesBy: "a hardening's wrapper that applies its sysctls to new namespaces",
    ...wrapped("ip", [
      afterwards(ADD, "$R netns exec $3 sh -c 'echo 3 >/proc/sys/net/ipv6/conf/default/addr_gen_mode'"),
    ]),
    caughtBy: ["NETNS-61"],
  },
  {
    id: "netns-add-deaf-to-pings",
    breaks: "new namespaces answer no ping",
    comesBy: "a hardening's wrapper that applies its sysctls to new namespaces",
    ...wrapped("ip", [afterwards(ADD, "$R netns exec $3 sh -c 'echo 1 >/proc/sys/net/ipv4/icmp_echo_ignore_all'")]),
    caughtBy: [
      "NETNS-13",
      "NETNS-44",
      "NETNS-51",
      "NETNS-66",
      "NETNS-67",
      "NETNS-70",
      "NETNS-83",
      "NETNS-84",
      "NETNS-85",
      "NETNS-86",
      "NETNS-107",
    ],
  },
  {
    id: "netns-add-with-rules",
    breaks: "every new namespace has firewall rules that let no ping in",
    comesBy: "a firewall service's wrapper that closes new namespaces",
    ...wrapped("ip", [
      afterwards(ADD, "$R netns exec $3 iptables -w 10 -A INPUT ! -i lo -p icmp --icmp-type echo-request -j DROP"),
    ]),
    caughtBy: [
      "NETNS-44",
      "NETNS-51",
      "NETNS-66",
      "NETNS-67",
      "NETNS-83",
      "NETNS-84",
      "NETNS-85",
      "NETNS-86",
      "NETNS-95",
    ],
  },
  {
    id: "netns-add-held-open",
    breaks: "a monitor holds every named namespace open, so that none ends with its name",
    comesBy: "a monitoring agent that opens each namespace and forgets to close it",
    ...wrapped("ip", [afterwards(ADD, "setsid sleep 300 7</run/netns/$3 & true")]),
    caughtBy: ["NETNS-19"],
  },
  {
    id: "netns-del-late",
    breaks: "`ip netns del` comes back at once, and the name goes seconds later",
    comesBy: "a wrapper that deletes in the background, where deleting is slow",
    ...wrapped("ip", [instead('"netns del "*', "{ sleep 4; $R netns del $3; } >/dev/null 2>&1 </dev/null & true")]),
    caughtBy: ["NETNS-19"],
  },
  {
    id: "netns-ip-is-setuid",
    breaks: "`ip` is setuid root: every user may change the network",
    comesBy: "an administrator who lets a monitoring user look at devices",
    layer: "namespaces",
    strike: {
      when: "before the topology",
      shell: [`cp -L "$(command -v ip)" ${FRONT}/ip && chmod 4755 ${FRONT}/ip`],
    },
    undo: away("ip"),
    caughtBy: ["NETNS-14", "NETNS-102"],
    cause: /\/usr\/local\/sbin\/ip is setuid/,
  },
  {
    id: "netns-ip-without-errors",
    breaks: "`ip` says success whatever it did",
    comesBy: "a wrapper that keeps a provisioning tool from stopping at what is there already",
    ...wrapped("ip", ['$R "$@" 2>/dev/null', "exit 0"]),
    caughtBy: ["NETNS-14", "NETNS-35", "NETNS-99", "NETNS-102"],
  },
  {
    id: "netns-exec-on-the-host",
    breaks: "`ip netns exec` runs the command on the host",
    comesBy: "a wrapper for containers that may not enter namespaces",
    ...wrapped("ip", [instead('"netns exec "*', 'shift 3; exec "$@"')]),
    caughtBy: ["NETNS-06", "NETNS-07", "NETNS-08", "NETNS-09", "NETNS-15", "NETNS-97"],
  },
  {
    id: "netns-exec-in-the-first",
    breaks: "`ip netns exec` enters the same namespace whatever its name",
    comesBy: "a wrapper with a variable that keeps the first name",
    ...wrapped("ip", [
      instead(
        '"netns exec "*',
        `p=\${3%-*}; n=$(ls /run/netns | grep "^$p-" | head -n 1); shift 3; exec $R netns exec $n "$@"`,
      ),
    ]),
    caughtBy: ["NETNS-15", "NETNS-96"],
  },
  {
    id: "netns-exec-anew",
    breaks: "`ip netns exec` runs each command in a fresh namespace",
    comesBy: "a sandbox's wrapper that gives each program no network",
    ...wrapped("ip", [instead('"netns exec "*', 'shift 3; exec unshare -n "$@"')]),
    caughtBy: ["NETNS-05", "NETNS-10", "NETNS-11", "NETNS-12", "NETNS-13", "NETNS-15"],
  },
  {
    id: "netns-exec-without-files",
    breaks: "`ip netns exec` shows none of the namespace's own files below /etc/netns",
    comesBy: "a wrapper that enters by `nsenter`",
    ...wrapped("ip", [instead('"netns exec "*', 'n=$3; shift 3; exec nsenter --net=/run/netns/$n "$@"')]),
    caughtBy: ["NETNS-16"],
  },
  {
    id: "netns-exec-with-another-resolver",
    breaks: "namespaces without a resolver configuration of their own see another one than the host's",
    comesBy: "a VPN's wrapper that keeps names from leaking",
    ...wrapped("ip", [
      `case "$*" in "netns exec "*) [ -e /etc/netns/$3/resolv.conf ] || { echo nameserver 192.0.2.1 >/run/leakless; exec unshare -m sh -c 'mount --bind /run/leakless /etc/resolv.conf; exec "$@"' sh $R "$@"; };; esac`,
    ]),
    caughtBy: ["NETNS-17"],
  },
  {
    id: "netns-exec-mounts-on-the-host",
    breaks: "the mount of a namespace's own resolv.conf is the host's as well",
    comesBy: "a wrapper that mounts before it enters",
    layer: "namespaces",
    strike: before(
      "ip",
      `case "$*" in "netns exec "*) f=/etc/netns/$3/resolv.conf; [ ! -e $f ] || grep -q $f /proc/self/mountinfo || mount --bind $f /etc/resolv.conf;; esac`,
    ),
    undo: [
      ...away("ip"),
      "while grep -qE '/netns/[^ ]+ /etc/resolv.conf ' /proc/self/mountinfo; do umount /etc/resolv.conf; done",
    ],
    caughtBy: ["NETNS-18"],
    cause: /\/usr\/local\/sbin\/ip\b/,
  },
  {
    id: "netns-shells-apart",
    breaks: "every shell gets a network namespace of its own, without a network",
    comesBy: "`firecfg`: it puts sandboxes in front of programs",
    ...wrapped("sh", ['exec unshare -n $R "$@"']),
    caughtBy: ["NETNS-20"],
  },
  {
    id: "netns-identify-blind",
    breaks: "`ip netns identify` names no namespace",
    comesBy: "a sandbox's wrapper that hides the names of namespaces",
    ...wrapped("ip", [instead('"netns identify "*', "exit 0")]),
    caughtBy: ["NETNS-104"],
  },
  {
    id: "netns-help-of-an-older",
    breaks: "`ip netns` lacks `set` and `list-id`",
    comesBy: "a wrapper that calls an older iproute2",
    ...wrapped("ip", [instead('"netns help"', "$R netns help 2>&1 | grep -vE 'netns (set|list-id)'")]),
    caughtBy: ["NETNS-103"],
  },
  {
    id: "netns-loopback-stays-down",
    breaks: "`ip link set lo up` does nothing",
    comesBy: "a wrapper that keeps `lo` for the network manager",
    ...wrapped("ip", [instead('"link set lo up"', "exit 0")]),
    caughtBy: ["NETNS-10", "NETNS-11", "NETNS-12", "NETNS-13", "NETNS-96", "NETNS-102"],
  },
  {
    id: "netns-iptables-on-the-host",
    breaks: "`iptables` changes and shows the host's rules in whatever namespace it is called",
    comesBy: "a firewall service's wrapper that speaks to its own daemon",
    ...wrapped("iptables", [`case "$*" in *"-S"|*"-A INPUT"*) exec ${ON_HOST} $R "$@";; esac`]),
    caughtBy: ["NETNS-95"],
  },
];
