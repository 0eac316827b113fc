import type { Fault } from "../../fault.ts";
import { afterwards, away, INSIDE, instead, ON_HOST, wrapped } from "./strikes.ts";

/** Addresses, being up, and routes. */
export const HAND_BUILT_ADDRESS_FAULTS: readonly Fault[] = [
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
];
