import type { Fault } from "../../fault.ts";
import { afterwards, INSIDE, instead, ON_HOST, wrapped } from "./strikes.ts";

/** A pair: on the host, in a namespace, or across two. */
const VETH = '"link add "*" type veth "*';

const MOVE = '"link set "*" netns "*';

/** Veth pairs: made, moved, renamed. */
export const VETH_PAIR_FAULTS: readonly Fault[] = [
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
];
