import { type Fault, ofLayer, RESTART } from "../../fault.ts";
import { isBridged } from "../shell.ts";
import { BETWEEN, BETWEEN_OWN } from "./strikes.ts";

/** Done to docker0 before the suites start anything. */
function toDocker0(shell: readonly string[], undo: readonly string[]): Pick<Fault, "strike" | "undo"> {
  return { strike: { when: "before the topology", shell }, undo };
}

/** Done to every bridge network of the suites; it ends with them. */
function toNetworks(...shell: string[]): Pick<Fault, "strike" | "undo"> {
  return { strike: { when: "a network is up", driver: "bridge", shell }, undo: [] };
}

/** Devices of networks: docker0, and the bridges of user-defined ones. */
export const BRIDGE_LINK_FAULTS: readonly Fault[] = ofLayer("links", [
  {
    id: "link-bridge-down",
    breaks: "docker0 is down: its containers reach neither each other nor the host",
    comesBy: "ip link set docker0 down, or a network manager that takes the device for its own",
    ...toDocker0(["ip link set docker0 down"], ["ip link set docker0 up"]),
    caughtBy: ["BRIDGE-37", "BRIDGE-38", "BRIDGE-46", "BRIDGE-50", "BRIDGE-52", ...BETWEEN],
    cause: /\bdown\b|not up/i,
  },
  {
    id: "link-bridge-address-gone",
    breaks: "docker0 has lost its address: containers have no gateway, the host no route to them",
    comesBy: "systemd-networkd or NetworkManager, which flushes addresses that it does not know",
    ...toDocker0(["ip -4 addr flush dev docker0"], ["ip addr add 172.17.0.1/16 brd 172.17.255.255 dev docker0"]),
    caughtBy: ["BRIDGE-36", "BRIDGE-46", "BRIDGE-50", "BRIDGE-52", "INSPECT-10", "HOST-05", "NAT-24", "PORT-22"],
    beside: ["INSPECT-11"],
    cause: /address/i,
    secondHost: true,
  },
  {
    id: "link-bridge-address-wrong",
    breaks: "docker0 has another address than the engine tells its containers to use as their gateway",
    comesBy: "ip addr, by somebody who wanted the bridge elsewhere in its subnet",
    ...toDocker0(
      ["ip addr del 172.17.0.1/16 dev docker0", "ip addr add 172.17.200.1/16 brd 172.17.255.255 dev docker0"],
      ["ip addr del 172.17.200.1/16 dev docker0", "ip addr add 172.17.0.1/16 brd 172.17.255.255 dev docker0"],
    ),
    // An engine that names no gateway for its default bridge (20.10, 26) has nothing that BRIDGE-36 could hold against it.
    caughtBy: ["BRIDGE-11", "BRIDGE-52", "INSPECT-11", "INSPECT-11b"],
    beside: ["BRIDGE-36"],
    cause: /address|gateway/i,
  },
  {
    id: "link-bridge-second-address",
    breaks: "docker0 has a second address of its subnet, which the engine may give to a container",
    comesBy: "ip addr add, for a service of the host that is to have an address of its own",
    ...toDocker0(["ip addr add 172.17.200.1/16 dev docker0"], ["ip addr del 172.17.200.1/16 dev docker0"]),
    caughtBy: ["BRIDGE-36"],
    cause: /address/i,
  },
  {
    id: "link-bridge-without-arp",
    breaks: "docker0 neither asks nor answers ARP questions: containers don't find their gateway, the host not them",
    comesBy: "ip link set docker0 arp off, of a guide for load balancers",
    ...toDocker0(["ip link set docker0 arp off"], ["ip link set docker0 arp on"]),
    caughtBy: [
      "BRIDGE-56",
      "BRIDGE-50",
      "BRIDGE-52",
      "UDN-30",
      "NAT-24",
      "NAT-32",
      "NAT-33",
      "NAT-34",
      "PORT-22",
      "PATH-30",
    ],
    cause: /\barp\b/i,
    secondHost: true,
  },
  {
    id: "link-bridge-mtu",
    breaks: "docker0 has an MTU of 1400, its containers one of 1500",
    comesBy: "ip link set docker0 mtu 1400, to make a VPN work, without the daemon's mtu option",
    ...toDocker0(["ip link set docker0 mtu 1400"], ["ip link set docker0 mtu 1500"]),
    caughtBy: ["BRIDGE-39"],
    beside: ["BRIDGE-10", "BRIDGE-29", "INSPECT-24"],
    cause: /mtu/i,
  },
  {
    id: "link-bridge-mac",
    breaks: "docker0 has a globally administered MAC that is not of Docker's making",
    comesBy: "ip link set docker0 address, to please a licence server",
    ...toDocker0(["ip link set docker0 address 00:16:3e:00:00:01"], ["ip link set docker0 address 02:42:00:00:00:01"]),
    caughtBy: ["BRIDGE-40", "BRIDGE-40b"],
    cause: /mac/i,
  },
  {
    id: "link-bridge-deleted",
    breaks: "docker0 is gone",
    comesBy: "ip link del docker0, from a guide for a clean new start",
    ...toDocker0(["ip link del docker0"], [RESTART]),
    caughtBy: ["BRIDGE-34", "BRIDGE-36", "BRIDGE-39", "BRIDGE-40", "BRIDGE-40b", "BRIDGE-43", "BRIDGE-44", "BRIDGE-46"],
    cause: /docker0|device/i,
  },
  {
    id: "link-bridge-stp-on",
    breaks: "docker0 takes part in a spanning tree: a new port forwards nothing for half a minute",
    comesBy: "brctl stp docker0 on, or a network manager's default for bridges",
    ...toDocker0(["ip link set docker0 type bridge stp_state 1"], ["ip link set docker0 type bridge stp_state 0"]),
    caughtBy: ["BRIDGE-44"],
    beside: [...BETWEEN],
    cause: /spanning tree|stp/i,
  },
  {
    id: "link-bridge-priority",
    breaks: "docker0 has another bridge priority",
    comesBy: "ip link set docker0 type bridge priority, of a guide for root bridges",
    ...toDocker0(["ip link set docker0 type bridge priority 4096"], ["ip link set docker0 type bridge priority 32768"]),
    caughtBy: ["BRIDGE-43"],
    cause: /priority|bridge id/i,
  },
  {
    id: "link-bridge-ageing-zero",
    breaks: "docker0 forgets at once where a MAC is, and floods: every container sees what two others say",
    comesBy: "brctl setageing docker0 0, to make a sniffer's container see all",
    ...toDocker0(
      ["ip link set docker0 type bridge ageing_time 0"],
      ["ip link set docker0 type bridge ageing_time 30000"],
    ),
    caughtBy: ["PATH-12", "PATH-14"],
    cause: /flood|forwarding table|ageing|learn/i,
  },
  {
    id: "link-foreign-port",
    breaks: "a device that is no container's is plugged into docker0",
    comesBy: "ip link set … master docker0, of a virtual machine or a tap device",
    ...toDocker0(
      [
        "ip link add foreign0 type veth peer name foreign1",
        "ip link set foreign1 up",
        "ip link set foreign0 master docker0 up",
      ],
      ["ip link del foreign0"],
    ),
    caughtBy: ["BRIDGE-23", "BRIDGE-37"],
    cause: /port|plugged|foreign/i,
  },
  {
    id: "link-bridge-without-ipv6",
    breaks: "docker0 has lost its IPv6 link-local address",
    comesBy: "ip -6 addr flush, by a script that is to switch IPv6 off and forgets the sysctl",
    strike: { when: "a container is up", of: isBridged, shell: ["ip -6 addr flush dev docker0"] },
    undo: [
      "echo 1 >/proc/sys/net/ipv6/conf/docker0/disable_ipv6",
      "echo 0 >/proc/sys/net/ipv6/conf/docker0/disable_ipv6",
    ],
    caughtBy: ["BRIDGE-45"],
    cause: /ipv6|link-local/i,
  },
  {
    id: "link-network-bridge-down",
    breaks: "the bridge of a user-defined network is down",
    comesBy: "a network manager that takes each new device for its own",
    ...toNetworks("ip link set $BRIDGE down"),
    caughtBy: ["UDN-03", "UDN-32", "UDN-30", "PORT-25", ...BETWEEN_OWN],
    cause: /\bdown\b|not up/i,
  },
  {
    id: "link-network-address-gone",
    breaks: "the bridge of a user-defined network has lost the gateway's address",
    comesBy: "a network manager that flushes addresses which it does not know",
    ...toNetworks("ip -4 addr flush dev $BRIDGE"),
    caughtBy: ["UDN-01", "UDN-04", "UDN-29", "UDN-30", "PORT-25"],
    cause: /address/i,
  },
  {
    id: "link-network-gateway-wrong",
    breaks: "the bridge of a user-defined network has another address than its containers' gateway",
    comesBy: "ip addr, by somebody who moved the gateway",
    ...toNetworks(
      "ip -4 addr flush dev $BRIDGE",
      "ip addr add $(echo $SUBNET | sed -E 's/[0-9]+(\\/[0-9]+)$/251\\1/') dev $BRIDGE",
    ),
    caughtBy: ["UDN-01", "UDN-04", "UDN-29"],
    cause: /address|gateway/i,
  },
  {
    id: "link-network-stp-on",
    breaks: "the bridges of user-defined networks take part in a spanning tree, and have a foreign port",
    comesBy: "a udev rule for every new bridge",
    ...toNetworks(
      "ip link set $BRIDGE type bridge stp_state 1",
      'ip link add "p-${BRIDGE#br-}" type veth peer name "q-${BRIDGE#br-}" && ip link set "p-${BRIDGE#br-}" master $BRIDGE',
    ),
    undo: ["for d in $(ip -o link | sed -nE 's/^[0-9]+: (p-[0-9a-f]+)@.*/\\1/p'); do ip link del $d; done"],
    caughtBy: ["UDN-05"],
    cause: /spanning tree|stp|port/i,
  },
  {
    id: "link-network-renamed",
    breaks: "the bridge of a user-defined network has another name than the engine gave it",
    comesBy: "a udev rule that gives bridges names of its own",
    ...toNetworks(
      "ip link set $BRIDGE down",
      'ip link set $BRIDGE name "n-${BRIDGE#br-}"',
      'ip link set "n-${BRIDGE#br-}" up',
    ),
    undo: ["for d in $(ip -o link | sed -nE 's/^[0-9]+: (n-[0-9a-f]+):.*/\\1/p'); do ip link del $d; done"],
    caughtBy: ["UDN-02"],
    cause: /name|renamed|device/i,
  },
  {
    id: "link-default-bridge-follows-networks",
    breaks: "docker0's address is changed whenever a network is made",
    comesBy: "a hook that renumbers bridges so that no two of them overlap",
    strike: {
      when: "a network is up",
      driver: "bridge",
      shell: ["ip addr replace 192.0.2.$((0x$(echo $BRIDGE | tail -c 3)))/32 dev docker0"],
    },
    undo: ["ip addr flush dev docker0 to 192.0.2.0/24"],
    caughtBy: ["UDN-06"],
    cause: /address|docker0|default bridge/i,
  },
]);
