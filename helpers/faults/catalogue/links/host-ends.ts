import { type Fault, ofLayer } from "../../fault.ts";
import { inContainer, isBridged, onEachHostEnd, onEachNic } from "../shell.ts";
import { BETWEEN, BETWEEN_OWN, FROM_HOST, toContainers } from "./strikes.ts";

/** The host's ends of veth pairs, and the bridge's ports that they are. */
export const HOST_END_FAULTS: readonly Fault[] = ofLayer("links", [
  {
    id: "link-veth-off-bridge",
    breaks: "containers' veth pairs are plugged into no bridge",
    comesBy: "ip link set vethXXXX nomaster, or a network manager that frees the ports of bridges it does not know",
    ...toContainers(onEachHostEnd("ip link set $VETH nomaster")),
    caughtBy: [
      "BRIDGE-21",
      "BRIDGE-22",
      "BRIDGE-24",
      "BRIDGE-38",
      "BRIDGE-52",
      "UDN-31",
      "UDN-32",
      "CONNECT-11",
      "CONNECT-12",
      "CONNECT-14",
      "INSPECT-23",
      ...BETWEEN,
      ...BETWEEN_OWN,
      ...FROM_HOST,
    ],
    cause: /port|plugged|enslaved|master|bridge/i,
  },
  {
    id: "link-veth-on-other-bridge",
    breaks: "containers' veth pairs are plugged into a bridge that is not their network's",
    comesBy: "a script that plugs every veth into the bridge that it manages",
    strike: {
      when: "a container is up",
      of: isBridged,
      shell: [
        "ip link show lan0 >/dev/null 2>&1 || { ip link add lan0 type bridge && ip link set lan0 up; } || :",
        onEachHostEnd("ip link set $VETH master lan0"),
      ],
    },
    undo: ["ip link del lan0"],
    caughtBy: ["BRIDGE-21", "BRIDGE-22", "BRIDGE-24", "UDN-31", "CONNECT-11", "CONNECT-12", ...FROM_HOST],
    cause: /port|plugged|enslaved|master|bridge/i,
  },
  {
    id: "link-veth-down",
    breaks: "the host's ends of containers' veth pairs are down",
    comesBy: "a network manager that sets down what it has no profile for",
    ...toContainers(onEachHostEnd("ip link set $VETH down")),
    caughtBy: ["BRIDGE-16", "BRIDGE-52", "CONNECT-09", "UDN-32", ...BETWEEN, ...BETWEEN_OWN, ...FROM_HOST],
    cause: /\bdown\b|carrier|switched off/i,
  },
  {
    id: "link-veth-renamed",
    breaks: "the host's ends of containers' veth pairs have names that are not Docker's",
    comesBy: "a udev rule with predictable interface names",
    ...toContainers(
      onEachHostEnd(
        'ip link set $VETH down && ip link set $VETH name "ve-${VETH#veth}" && ip link set "ve-${VETH#veth}" up',
      ),
    ),
    caughtBy: ["BRIDGE-20"],
    cause: /name/i,
  },
  {
    id: "link-veth-addressed",
    breaks: "the host's ends of containers' veth pairs have IPv4 and IPv6 addresses",
    comesBy: "a DHCP client or NetworkManager that configures every interface",
    ...toContainers(
      onEachHostEnd(
        "ip addr replace 169.254.77.7/16 dev $VETH && ip -6 addr replace 2001:db8:77::1/64 dev $VETH nodad",
      ),
    ),
    caughtBy: ["BRIDGE-26", "BRIDGE-27"],
    cause: /address/i,
  },
  {
    id: "link-veth-queued",
    breaks: "both ends of containers' veth pairs have transmit queues",
    comesBy: "a tuning script that sets queue and discipline of every interface",
    ...toContainers(
      onEachNic(inContainer("ip link set $NIC txqueuelen 1000")),
      onEachHostEnd("ip link set $VETH txqueuelen 1000"),
      onEachHostEnd("tc qdisc replace dev $VETH root pfifo limit 1000"),
    ),
    caughtBy: ["BRIDGE-30", "BRIDGE-31", "BRIDGE-32"],
    cause: /queue|qdisc|noqueue/i,
  },
  {
    id: "link-veth-mac-of-other-end",
    breaks: "both ends of a veth pair have the same MAC",
    comesBy: "a script that copies the container's MAC to the host's end",
    ...toContainers(
      `mac=$(nsenter -t $PID -n ip -o link show eth0 | sed -E 's/.*link\\/ether ([0-9a-f:]+) .*/\\1/'); ${onEachHostEnd("ip link set $VETH address $mac")}`,
    ),
    caughtBy: ["BRIDGE-28"],
    beside: [...BETWEEN],
    cause: /mac/i,
  },
  {
    id: "link-port-isolated",
    breaks: "the ports of containers are isolated from each other: they reach the host and beyond, not one another",
    comesBy: "bridge link set dev vethXXXX isolated on, from a guide for separate tenants",
    ...toContainers(onEachHostEnd("bridge link set dev $VETH isolated on")),
    caughtBy: [
      "BRIDGE-55",
      ...BETWEEN,
      ...BETWEEN_OWN,
      "CONNECT-17",
      "CONNECT-18",
      "DNS-15",
      "PATH-04",
      "PATH-05",
      "UDN-33",
    ],
    cause: /isolated/i,
  },
  {
    id: "link-port-gets-no-broadcasts",
    breaks: "the ports of containers get no broadcasts: no ARP question reaches a container",
    comesBy: "bridge link set dev vethXXXX bcast_flood off, against storms",
    ...toContainers(onEachHostEnd("bridge link set dev $VETH bcast_flood off")),
    caughtBy: ["BRIDGE-55", ...BETWEEN, "UDN-24", "UDN-25"],
    beside: [...FROM_HOST],
    cause: /broadcast|flood|\barp\b/i,
  },
  {
    id: "link-port-learns-nothing",
    breaks: "the ports of containers don't learn MACs: the bridge floods",
    comesBy: "bridge link set dev vethXXXX learning off, without entries made by hand",
    ...toContainers(
      onEachHostEnd("bridge link set dev $VETH learning off && echo 1 >/sys/class/net/$VETH/brport/flush"),
    ),
    caughtBy: ["BRIDGE-55", "PATH-12", "PATH-14"],
    cause: /learn|flood|forwarding table/i,
  },
  {
    id: "link-port-hairpin",
    breaks: "the ports of containers send frames back that they came in by, although docker-proxy makes that needless",
    comesBy: "bridge link set dev vethXXXX hairpin on, kept from a time without docker-proxy",
    ...toContainers(onEachHostEnd("bridge link set dev $VETH hairpin on")),
    caughtBy: ["BRIDGE-55"],
    beside: ["PATH-08"],
    cause: /hairpin/i,
  },
]);
