import { quoted } from "../../model/shell-words.ts";
import type { BeforeTopology, Fault } from "../fault.ts";

/** Where every PATH of a host looks first, and what an administrator or an installer puts there. */
const FRONT = "/usr/local/sbin";

/** Programs of the host's that somebody may stand in front of. */
type Program = "ip" | "iptables" | "ifconfig" | "sysctl" | "sh";

/**
 * A script in front of one of the host's programs, which knows that one as `$R` and calls it in the end.
 * @param lines of shell, of which one may end with `exit`
 */
function before(program: Program, ...lines: readonly string[]): BeforeTopology {
  const script = [
    "#!/bin/sh",
    `R=$(PATH=/usr/sbin:/usr/bin:/sbin:/bin command -v ${program})`,
    ...lines,
    'exec $R "$@"',
  ];
  const path = `${FRONT}/${program}`;
  return {
    when: "before the topology",
    shell: [`printf '%s\\n' ${script.map(quoted).join(" ")} >${path} && chmod 755 ${path}`],
  };
}

/** Where the words of a command match a pattern of `case`, this is done instead. */
function instead(pattern: string, does: string): string {
  return `case "$*" in ${pattern}) ${does}; exit;; esac`;
}

/** Where they match, the command is done, and then something else, which may fail. */
function afterwards(pattern: string, does: string): string {
  return `case "$*" in ${pattern}) $R "$@" || exit; { ${does}; } >/dev/null 2>&1 </dev/null; exit 0;; esac`;
}

/** Whether a command runs in another network namespace than the host's. */
const INSIDE = '[ "$(readlink /proc/self/ns/net)" != "$(readlink /proc/1/ns/net)" ]';

/** In the host's own network namespace. */
const ON_HOST = "nsenter -t 1 -n";

function away(program: Program): string[] {
  return [`rm ${FRONT}/${program}`];
}

/** A fault whose broken thing is a program in front of one of the host's own. */
function wrapped(program: Program, lines: readonly string[]): Pick<Fault, "layer" | "strike" | "undo" | "cause"> {
  return {
    layer: "namespaces",
    strike: before(program, ...lines),
    undo: away(program),
    cause: new RegExp(`/usr/local/sbin/${program}\\b`),
  };
}

/** Marks of a new namespace: `netns add N`, whose name is the third word. */
const ADD = '"netns add "*';
/** A pair: on the host, in a namespace, or across two. */
const VETH = '"link add "*" type veth "*';
const MOVE = '"link set "*" netns "*';

/** What an installation puts in front of `ip`, so that its own view of a host's devices and namespaces holds. */
export const HAND_BUILT_FAULTS: readonly Fault[] = [
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
  {
    id: "netns-veth-unpaired",
    breaks: "a veth pair is two interfaces that nothing joins: the other end of each is parked elsewhere",
    comesBy: "a wrapper for kernels without the module `veth`, which makes the best of it",
    ...wrapped("ip", [
      `case "$#:$*" in 8:"link add "*" type veth peer name "*) $R link add $3 type veth peer name y\${3#d} && exec $R link add $8 type veth peer name y\${8#d};; esac`,
    ]),
    caughtBy: ["NETNS-21", "NETNS-28"],
  },
  {
    id: "netns-veth-end-taken",
    breaks: "one end of each new pair is taken into another namespace at once",
    comesBy: "an agent that takes every new device for its virtual machines",
    ...wrapped("ip", [
      `case "$#:$*" in 8:"link add "*" type veth peer name "*) $R "$@" && exec $R link set $8 netns $($R netns list | head -n 1 | cut -d " " -f 1);; esac`,
    ]),
    caughtBy: ["NETNS-22"],
  },
  {
    id: "netns-veth-born-up",
    breaks: "both ends of a new pair are up at once",
    comesBy: "a network manager that activates whatever device appears",
    ...wrapped("ip", [
      `case "$#:$*" in 8:"link add "*" type veth peer name "*) $R "$@" && $R link set $3 up && exec $R link set $8 up;; 12:"link add "*" netns "*" netns "*) $R "$@" && $R -n $5 link set $3 up && exec $R -n \${12} link set \${10} up;; 10:"link add "*" peer name "*" netns "*) $R "$@" && exec $R -n \${10} link set $8 up;; esac`,
    ]),
    caughtBy: ["NETNS-23", "NETNS-55", "NETNS-56", "NETNS-58", "NETNS-69"],
  },
  {
    id: "netns-veth-of-another-size",
    breaks: "new pairs have an MTU of 1400 and a queue of 100 packets",
    comesBy: "a VPN's installer that makes room for its headers in every device",
    ...wrapped("ip", [
      afterwards(VETH, "for d in $3 $8; do $R link set $d mtu 1400; $R link set $d txqueuelen 100; done"),
    ]),
    caughtBy: ["NETNS-24", "NETNS-25"],
  },
  {
    id: "netns-veth-of-a-vendor",
    breaks: "both ends of a pair have the same hardware address, which is a vendor's",
    comesBy: "a policy for hardware addresses, with one in its file",
    ...wrapped("ip", [
      `case "$#:$*" in 8:"link add "*" type veth peer name "*) $R "$@" && $R link set $3 address 00:16:3e:00:00:01 && exec $R link set $8 address 00:16:3e:00:00:01;; esac`,
    ]),
    caughtBy: ["NETNS-26"],
  },
  {
    id: "netns-veth-made-here",
    breaks: "both ends of a pair that was to join two namespaces are made where the command runs",
    comesBy: "a wrapper that knows an older syntax, and drops the words that it does not know",
    ...wrapped("ip", [
      `case "$#:$*" in 12:"link add "*" netns "*" netns "*) exec $R link add $3 type veth peer name \${10};; esac`,
    ]),
    caughtBy: ["NETNS-52", "NETNS-53"],
  },
  {
    id: "netns-veth-through-a-switch",
    breaks: "what looks like a pair across two namespaces goes through a switch on the host",
    comesBy: "a software switch that takes over the making of pairs",
    ...wrapped("ip", [
      `case "$#:$*" in 12:"link add "*" netns "*" netns "*) $R link add sw0 type bridge mcast_querier 1 mcast_snooping 1 && $R link set sw0 up && $R link add $3 netns $5 type veth peer name sw1 && $R link add \${10} netns \${12} type veth peer name sw2 && for p in sw1 sw2; do $R link set $p master sw0; $R link set $p up; done; exit;; esac`,
    ]),
    caughtBy: ["NETNS-55", "NETNS-68"],
  },
  {
    id: "netns-veth-numbered",
    breaks: "the ends of a pair are numbered as if all namespaces counted together",
    comesBy: "an inventory's wrapper that gives each device of a machine a number of its own",
    ...wrapped("ip", [
      `case "$#:$*" in 12:"link add "*" netns "*" netns "*) exec $R link add name $3 index 1001 netns $5 type veth peer name \${10} index 1002 netns \${12};; esac`,
    ]),
    caughtBy: ["NETNS-54"],
  },
  {
    id: "netns-devices-on-the-host",
    breaks: "what is made in a namespace appears on the host",
    comesBy: "a wrapper that asks the host's network manager to make devices",
    ...wrapped("ip", [`case "$*" in "link add "*) ! ${INSIDE} || exec ${ON_HOST} $R "$@";; esac`]),
    caughtBy: ["NETNS-05", "NETNS-100"],
  },
  {
    id: "netns-move-refused-inside",
    breaks: "root in a namespace may not move its devices elsewhere",
    comesBy: "a hardening's wrapper that keeps devices in their namespace",
    ...wrapped("ip", [
      `case "$*" in ${MOVE}) ! ${INSIDE} || { echo "RTNETLINK answers: Operation not permitted" >&2; exit 2; };; esac`,
    ]),
    caughtBy: ["NETNS-101"],
  },
  {
    id: "netns-move-unheard",
    breaks: "`ip link set X netns N` says success and leaves the device where it is",
    comesBy: "a wrapper that keeps devices for the network manager",
    ...wrapped("ip", [instead(MOVE, "exit 0")]),
    caughtBy: ["NETNS-27", "NETNS-28", "NETNS-101"],
  },
  {
    id: "netns-move-copies",
    breaks: "a moved device is in both namespaces",
    comesBy: "a wrapper that moves what must not vanish by putting a copy there",
    ...wrapped("ip", [
      instead(MOVE, "exec $R link add $3 address $(cat /sys/class/net/$3/address) netns $5 type bridge"),
    ]),
    caughtBy: ["NETNS-27", "NETNS-28", "NETNS-98", "NETNS-99"],
  },
  {
    id: "netns-move-under-another-name",
    breaks: "a moved device has another name in its new namespace",
    comesBy: "rules for the names of devices that act on whatever appears",
    ...wrapped("ip", [afterwards(MOVE, "$R -n $5 link set $3 name moved0")]),
    caughtBy: ["NETNS-28"],
  },
  {
    id: "netns-move-with-another-index",
    breaks: "a moved device has another index in its new namespace, though its own was free",
    comesBy: "a wrapper that keeps a placeholder for each device",
    ...wrapped("ip", [
      `case "$*" in ${MOVE}) $R -n $5 link add placeholder index $(cat /sys/class/net/$3/ifindex) type bridge && $R "$@" && exec $R -n $5 link del placeholder;; esac`,
    ]),
    caughtBy: ["NETNS-29"],
  },
  {
    id: "netns-move-sets-up",
    breaks: "a moved device is up in its new namespace",
    comesBy: "a network manager that activates whatever device appears",
    ...wrapped("ip", [afterwards(MOVE, "$R -n $5 link set $3 up")]),
    caughtBy: ["NETNS-30", "NETNS-47"],
  },
  {
    id: "netns-move-takes-the-address-along",
    breaks: "a moved device keeps its addresses, and is up again",
    comesBy: "a wrapper that restores a device's configuration wherever it is",
    ...wrapped("ip", [
      `case "$*" in ${MOVE}) a=$($R -o -4 addr show dev $3 | sed -nE 's/.* inet ([0-9./]+) .*/\\1/p'); if [ -n "$a" ]; then $R "$@" && $R -n $5 addr add $a dev $3 && exec $R -n $5 link set $3 up; fi;; esac`,
    ]),
    caughtBy: ["NETNS-46", "NETNS-47"],
  },
  {
    id: "netns-move-with-another-mac",
    breaks: "a moved device has another hardware address",
    comesBy: "a policy for hardware addresses that acts on whatever device appears",
    ...wrapped("ip", [afterwards(MOVE, "$R -n $5 link set $3 address 02:00:5e:10:00:01")]),
    caughtBy: ["NETNS-48", "NETNS-98"],
  },
  {
    id: "netns-second-move-unheard",
    breaks: "a device that is up stays where it is when it is to be moved",
    comesBy: "a wrapper that keeps what is in use",
    ...wrapped("ip", [`case "$*" in ${MOVE}) [ $(($(cat /sys/class/net/$3/flags) & 1)) = 0 ] || exit 0;; esac`]),
    caughtBy: ["NETNS-45"],
  },
  {
    id: "netns-second-move-copies",
    breaks: "a device that is up is moved by making another one of its name and hardware address",
    comesBy: "a wrapper that moves what must not vanish by putting a copy there",
    ...wrapped("ip", [
      `case "$*" in ${MOVE}) [ $(($(cat /sys/class/net/$3/flags) & 1)) = 0 ] || exec $R link add $3 address $(cat /sys/class/net/$3/address) netns $5 type bridge;; esac`,
    ]),
    caughtBy: ["NETNS-45", "NETNS-49"],
  },
  {
    id: "netns-link-netns-unknown",
    breaks: "`ip` shows in no line which namespace the other end of a pair is in",
    comesBy: "a wrapper that keeps the output as older scripts expect it",
    ...wrapped("ip", [instead("addr", "$R addr | sed -E 's/ link-netns(id)? [^ ]+//'")]),
    caughtBy: ["NETNS-31", "NETNS-81", "NETNS-82"],
  },
  {
    id: "netns-rename-unheard",
    breaks: "`ip link set X name Y` says success and leaves the name",
    comesBy: "a wrapper that keeps predictable names",
    ...wrapped("ip", [instead('"link set "*" name "*', "exit 0")]),
    caughtBy: ["NETNS-32", "NETNS-35"],
  },
  {
    id: "netns-rename-with-another-index",
    breaks: "a renamed device has another index",
    comesBy: "a wrapper that renames by moving a device out and in again",
    ...wrapped("ip", [
      `case "$*" in "link set "*" name eth0") if [ -e /sys/class/net/$3 ]; then n=$($R netns identify); i=$(cat /sys/class/net/$3/ifindex); $R link set $3 netns 1 && $R link add placeholder index $i type bridge && ${ON_HOST} $R link set $3 netns $n && $R link set $3 name $5 && exec $R link del placeholder; fi;; esac`,
    ]),
    caughtBy: ["NETNS-33"],
  },
  {
    id: "netns-rename-with-another-mac",
    breaks: "a renamed device has another hardware address",
    comesBy: "a policy for hardware addresses that knows devices by their names",
    ...wrapped("ip", [afterwards('"link set "*" name "*', "$R link set $5 address 02:00:5e:10:00:01")]),
    caughtBy: ["NETNS-34"],
  },
  {
    id: "netns-rename-beside",
    breaks: "a name that another namespace has is given out only with a number behind it",
    comesBy: "rules that keep the names of a host's devices unique",
    ...wrapped("ip", [
      `case "$*" in "link set "*" name "*) for n in $(ls /run/netns); do [ "$($R netns identify)" = $n ] || ! $R -n $n link show $5 >/dev/null 2>&1 || exec $R link set $3 name $5-1; done;; esac`,
    ]),
    caughtBy: ["NETNS-36"],
  },
  {
    id: "netns-ifconfig-host-mask",
    breaks: "`ifconfig` gives addresses the mask of one host",
    comesBy: "a stand-in for net-tools that calls `ip` with the address alone",
    ...wrapped("ifconfig", [`case "$*" in *" "*) ip address add \${2%/*} dev $1 && exec ip link set $1 up;; esac`]),
    caughtBy: ["NETNS-37", "NETNS-38", "NETNS-40", "NETNS-41"],
  },
  {
    id: "netns-ifconfig-leaves-down",
    breaks: "`ifconfig` gives the address and leaves the interface down",
    comesBy: "a stand-in for net-tools that thinks of the address alone",
    ...wrapped("ifconfig", [afterwards('*" "*', "ip link set $1 down")]),
    caughtBy: ["NETNS-39", "NETNS-41", "NETNS-44", "NETNS-51"],
  },
  {
    id: "netns-address-with-broadcast",
    breaks: "`ip address add` sets a broadcast address by itself",
    comesBy: "a wrapper that keeps the habit of `ifconfig`",
    ...wrapped("ip", [instead('"address add "*" dev "*', 'exec $R "$@" brd +')]),
    caughtBy: ["NETNS-42"],
  },
  {
    id: "netns-address-sets-up",
    breaks: "`ip address add` sets the interface up",
    comesBy: "a wrapper that keeps the habit of `ifconfig`",
    ...wrapped("ip", [afterwards('"address add "*" dev "*', "$R link set $5 up")]),
    caughtBy: ["NETNS-43"],
  },
  {
    id: "netns-address-alone",
    breaks: "`ip address add A/24` sets A/32",
    comesBy: "a wrapper that drops the mask",
    ...wrapped("ip", [instead('"address add "*" dev "*', "exec $R address add ${3%/*} dev $5")]),
    caughtBy: ["NETNS-44", "NETNS-62", "NETNS-66", "NETNS-67", "NETNS-83", "NETNS-84", "NETNS-85"],
  },
  {
    id: "netns-address-on-the-host-too",
    breaks: "an address that is given inside a namespace is given to the host's `lo` too",
    comesBy: "a wrapper that registers every address with the host's address manager",
    ...wrapped("ip", [afterwards('"address add "*" dev "*', `! ${INSIDE} || ${ON_HOST} $R address add $3 dev lo`)]),
    undo: [...away("ip"), "ip addr flush dev lo scope global"],
    caughtBy: ["NETNS-64", "NETNS-65"],
  },
  {
    id: "netns-flushed-without-carrier",
    breaks: "an interface without carrier loses its addresses",
    comesBy: "ifplugd, or networkd with IgnoreCarrierLoss=no",
    ...wrapped("ip", [
      afterwards(
        '"link set "*',
        // The kernel tells of a lost carrier a moment later.
        `for i in $(seq 15); do f=; for n in $(ls /run/netns); do for d in $($R -n $n -o link | sed -nE 's/^[0-9]+: ([^@:]+)[@:].*NO-CARRIER.*/\\1/p'); do $R -n $n -4 addr flush dev $d; f=1; done; done; [ -z "$f" ] || break; sleep 0.1; done`,
      ),
    ]),
    caughtBy: ["NETNS-50", "NETNS-56", "NETNS-57"],
  },
  {
    id: "netns-up-unheard",
    breaks: "`ip link set X up` says success and leaves the interface down",
    comesBy: "a wrapper that leaves the state of devices to the network manager",
    ...wrapped("ip", [instead('"link set "*" up"', "exit 0")]),
    caughtBy: ["NETNS-10", "NETNS-59", "NETNS-69", "NETNS-79", "NETNS-80"],
  },
  {
    id: "netns-routes-of-a-manager",
    breaks: "the connected route of a new address is a network manager's, not the kernel's",
    comesBy: "NetworkManager: it makes the routes of its addresses itself",
    ...wrapped("ip", [
      afterwards(
        '"link set "*" up"',
        `$R -4 route show dev $3 proto kernel | while read -r to rest; do s=\${rest##*src }; $R route add $to dev $3 proto static scope link src \${s%% *} metric 100; $R route del $to dev $3 proto kernel; done`,
      ),
    ]),
    caughtBy: ["NETNS-62"],
  },
  {
    id: "netns-routes-of-the-host",
    breaks: "an interface that is set up in a namespace gets all of the host's routes",
    comesBy: "a VPN's wrapper that copies the host's routes to wherever there is an interface",
    ...wrapped("ip", [
      afterwards(
        '"link set "*" up"',
        `! ${INSIDE} || [ $3 = lo ] || ${ON_HOST} $R -4 route | while read -r to _; do $R route add $to dev $3 metric 900; done`,
      ),
    ]),
    caughtBy: ["NETNS-63", "NETNS-71", "NETNS-88"],
  },
  {
    id: "netns-routes-of-yesterday",
    breaks: "`ip route` shows what it once showed in the same namespace",
    comesBy: "a monitoring tool's wrapper that spares the kernel by remembering answers",
    ...wrapped("ip", [
      instead(
        '"-4 route"',
        'f=/run/remembered-$(readlink /proc/self/ns/net | tr -dc 0-9); [ -e $f ] || $R "$@" >$f; cat $f',
      ),
    ]),
    caughtBy: ["NETNS-60"],
  },
  {
    id: "netns-default-route-unheard",
    breaks: "`ip route add default` says success and adds none",
    comesBy: "a wrapper that leaves default routes to the network manager",
    ...wrapped("ip", [instead('"route add default "*', "exit 0")]),
    caughtBy: ["NETNS-89", "NETNS-93", "NETNS-107"],
  },
  {
    id: "netns-bridge-born-up",
    breaks: "a new bridge is up at once",
    comesBy: "a network manager that activates whatever device appears",
    ...wrapped("ip", [afterwards('"link add "*" type bridge"', "$R link set $3 up")]),
    caughtBy: ["NETNS-72"],
  },
  {
    id: "netns-bridge-a-hub",
    breaks: "a bridge forgets at once what it has learned, and sends every frame to all ports",
    comesBy: "an administrator who set the ageing time to 0 to watch the traffic",
    ...wrapped("ip", [afterwards('"link add "*" type bridge"', "$R link set $3 type bridge ageing_time 0")]),
    caughtBy: ["NETNS-105"],
  },
  {
    id: "netns-bridge-with-spanning-tree",
    breaks: "the ports of a bridge wait half a minute before they pass anything",
    comesBy: "a distribution that switches the spanning tree protocol on for every bridge",
    ...wrapped("ip", [
      afterwards('"link add "*" type bridge"', "$R link set $3 type bridge stp_state 1 forward_delay 3000"),
    ]),
    caughtBy: ["NETNS-79", "NETNS-83", "NETNS-84", "NETNS-85", "NETNS-86"],
  },
  {
    id: "netns-bridge-with-a-stranger",
    breaks: "every bridge has a port that nobody gave it, which is up",
    comesBy: "libvirt: its `virbr0-nic` holds the bridge's hardware address",
    ...wrapped("ip", [
      afterwards(
        '"link set "*" master "*',
        "$R link add stranger0 address 02:00:00:00:00:01 type veth peer name stranger1 && $R link set stranger0 master $5 && $R link set stranger0 up && $R link set stranger1 up",
      ),
    ]),
    caughtBy: ["NETNS-74", "NETNS-75", "NETNS-76", "NETNS-78"],
  },
  {
    id: "netns-bridge-on-the-lan",
    breaks: "every bridge has a port on the host's LAN",
    comesBy: "a virtualization host's tool that joins every bridge to the uplink",
    ...wrapped("ip", [
      afterwards(
        '"link set "*" master "*',
        "$R link add uplink0 link eth0 type macvlan mode bridge && $R link set uplink0 master $5 && $R link set uplink0 up",
      ),
    ]),
    caughtBy: ["NETNS-74", "NETNS-75", "NETNS-106"],
  },
  {
    id: "netns-bridge-address-unheard",
    breaks: "an address that is given to a bridge is not set",
    comesBy: "a wrapper that leaves the host's addresses to the network manager",
    ...wrapped("ip", [`case "$*" in "address add "*" dev "*) [ ! -e /sys/class/net/$5/bridge ] || exit 0;; esac`]),
    caughtBy: ["NETNS-87", "NETNS-89", "NETNS-107"],
  },
  {
    id: "netns-ports-elsewhere",
    breaks: "`ip link set P master B` says success and does nothing",
    comesBy: "a wrapper that leaves bridges to the network manager",
    ...wrapped("ip", [instead('"link set "*" master "*', "exit 0")]),
    caughtBy: [
      "NETNS-74",
      "NETNS-75",
      "NETNS-79",
      "NETNS-83",
      "NETNS-84",
      "NETNS-85",
      "NETNS-86",
      "NETNS-105",
      "NETNS-107",
    ],
  },
  {
    id: "netns-nic-kept-off-bridge",
    breaks: "`ip link set N master B` says success and does nothing where N is a NIC",
    comesBy: "a wrapper against a mistake that once cut a host off: its uplink as a port of a bridge",
    ...wrapped("ip", [instead('"link set "*nic" master "*', "exit 0")]),
    caughtBy: ["OVERLAY-14"],
  },
  {
    id: "netns-ports-set-up",
    breaks: "a port is up as soon as it is one",
    comesBy: "a network manager that activates the ports of its bridges",
    ...wrapped("ip", [afterwards('"link set "*" master "*', "$R link set $3 up")]),
    caughtBy: ["NETNS-77"],
  },
  {
    id: "netns-ports-isolated",
    breaks: "the ports of a bridge are isolated from each other",
    comesBy: "a hardening's wrapper that isolates ports",
    ...wrapped("ip", [afterwards('"link set "*" master "*', "bridge link set dev $3 isolated on")]),
    caughtBy: ["NETNS-83", "NETNS-84", "NETNS-85", "NETNS-86", "NETNS-105", "NETNS-107"],
  },
  {
    id: "netns-link-filters-unheard",
    breaks: "`ip link show` lists every interface, whatever type or master it is asked for",
    comesBy: "a wrapper that drops the words that an older `ip` did not know",
    ...wrapped("ip", [instead('"-j link show "*', "exec $R -j link show")]),
    caughtBy: ["NETNS-73", "NETNS-75"],
  },
  {
    id: "netns-sysctl-unheard",
    breaks: "`sysctl -w` says success and changes nothing",
    comesBy: "a hardening's wrapper that keeps its own values",
    ...wrapped("sysctl", [instead('*" -w "*', "exit 0")]),
    caughtBy: ["NETNS-91"],
  },
  {
    id: "netns-masquerading-unheard",
    breaks: "a masquerade rule that an administrator adds is not added",
    comesBy: "a firewall service's wrapper that keeps foreign rules out",
    ...wrapped("iptables", [instead('*"-t nat -A POSTROUTING "*" --comment "*', "exit 0")]),
    caughtBy: ["NETNS-92", "NETNS-93", "NETNS-107"],
  },
  {
    id: "netns-forward-closed",
    layer: "namespaces",
    breaks: "the host drops the pings that it was to forward for others than containers",
    comesBy: "a firewall service that filters in the mangle table, before the rules of FORWARD",
    strike: {
      when: "before the topology",
      shell: ["iptables -w -t mangle -A FORWARD ! -i docker0 -o eth0 -p icmp -j DROP"],
    },
    undo: ["iptables -w -t mangle -D FORWARD ! -i docker0 -o eth0 -p icmp -j DROP"],
    caughtBy: ["NETNS-92", "NETNS-93", "NETNS-107"],
    cause: /mangle/,
  },
  {
    id: "netns-host-closed",
    layer: "namespaces",
    breaks: "the host answers no ping but its LAN's and its own",
    comesBy: "a firewall service whose zone for unknown devices drops",
    strike: {
      when: "before the topology",
      shell: [
        "iptables -w -A INPUT -i lo -j ACCEPT",
        "iptables -w -A INPUT -i eth0 -j ACCEPT",
        "iptables -w -A INPUT -p icmp --icmp-type echo-request -j DROP",
      ],
    },
    undo: [
      "iptables -w -D INPUT -i lo -j ACCEPT",
      "iptables -w -D INPUT -i eth0 -j ACCEPT",
      "iptables -w -D INPUT -p icmp --icmp-type echo-request -j DROP",
    ],
    caughtBy: ["NETNS-44", "NETNS-87", "NETNS-89", "NETNS-107"],
    cause: /INPUT .*DROP/,
  },
  {
    id: "netns-hop-hidden",
    layer: "namespaces",
    breaks: "the host does not count as a hop: it gives back the TTL that forwarding takes",
    comesBy: "a router's setup that hides it from `traceroute`",
    strike: { when: "before the topology", shell: ["iptables -w -t mangle -A FORWARD -j TTL --ttl-inc 1"] },
    undo: ["iptables -w -t mangle -D FORWARD -j TTL --ttl-inc 1"],
    caughtBy: ["NETNS-94"],
    cause: /TTL/,
  },
  {
    id: "netns-ttl-lowered",
    layer: "namespaces",
    breaks: "what the host sends itself has a TTL lower by one",
    comesBy: "a tethering or anonymity setup in the mangle table",
    strike: { when: "before the topology", shell: ["iptables -w -t mangle -A OUTPUT ! -o lo -j TTL --ttl-dec 1"] },
    undo: ["iptables -w -t mangle -D OUTPUT ! -o lo -j TTL --ttl-dec 1"],
    caughtBy: ["NETNS-90"],
    cause: /TTL/,
  },
];
