import { cidr } from "../../model/cidr.ts";
import { type Fault, RESTART } from "../fault.ts";
import { altered, withoutKey } from "./alter.ts";
import { inContainer, isBridged, onEachHostEnd, onEachNic } from "./shell.ts";

/** What needs the way between two containers on the default bridge. */
const BETWEEN = ["BRIDGE-48", "BRIDGE-49", "DNS-11"] as const;
/** What needs the way between two containers on a network of their own. */
const BETWEEN_OWN = ["UDN-24", "UDN-25", "DNS-05", "CONNECT-15"] as const;
const FROM_HOST = ["BRIDGE-50", "PORT-25", "UDN-30"] as const;

/** Done to docker0 before the suites start anything. */
function toDocker0(shell: readonly string[], undo: readonly string[]): Pick<Fault, "strike" | "undo"> {
  return { strike: { when: "before the topology", shell }, undo };
}

/** Done to every container with interfaces of its own; it ends with them. */
function toContainers(...shell: string[]): Pick<Fault, "strike" | "undo"> {
  return { strike: { when: "a container is up", of: isBridged, shell }, undo: [] };
}

/** Done to every container on network `none`; it ends with them. */
function toClosed(...shell: string[]): Pick<Fault, "strike" | "undo"> {
  return { strike: { when: "a container is up", of: ({ networkMode }) => networkMode === "none", shell }, undo: [] };
}

/** Done to every bridge network of the suites; it ends with them. */
function toNetworks(...shell: string[]): Pick<Fault, "strike" | "undo"> {
  return { strike: { when: "a network is up", driver: "bridge", shell }, undo: [] };
}

/** Devices, their addresses and their places: bridges, veth pairs, loopback. */
export const LINK_FAULTS: readonly Fault[] = [
  {
    id: "link-bridge-down",
    layer: "links",
    breaks: "docker0 is down: its containers reach neither each other nor the host",
    comesBy: "ip link set docker0 down, or a network manager that takes the device for its own",
    ...toDocker0(["ip link set docker0 down"], ["ip link set docker0 up"]),
    caughtBy: ["BRIDGE-37", "BRIDGE-38", "BRIDGE-46", "BRIDGE-50", "BRIDGE-52", ...BETWEEN],
    cause: /\bdown\b|not up/i,
  },
  {
    id: "link-bridge-address-gone",
    layer: "links",
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
    layer: "links",
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
    layer: "links",
    breaks: "docker0 has a second address of its subnet, which the engine may give to a container",
    comesBy: "ip addr add, for a service of the host that is to have an address of its own",
    ...toDocker0(["ip addr add 172.17.200.1/16 dev docker0"], ["ip addr del 172.17.200.1/16 dev docker0"]),
    caughtBy: ["BRIDGE-36"],
    cause: /address/i,
  },
  {
    id: "link-bridge-without-arp",
    layer: "links",
    breaks: "docker0 neither asks nor answers ARP questions: containers don't find their gateway, the host not them",
    comesBy: "ip link set docker0 arp off, of a guide for load balancers",
    ...toDocker0(["ip link set docker0 arp off"], ["ip link set docker0 arp on"]),
    caughtBy: ["BRIDGE-50", "BRIDGE-52", "UDN-30", "NAT-24", "NAT-32", "NAT-33", "NAT-34", "PORT-22", "PATH-30"],
    cause: /\barp\b/i,
    secondHost: true,
  },
  {
    id: "link-bridge-mtu",
    layer: "links",
    breaks: "docker0 has an MTU of 1400, its containers one of 1500",
    comesBy: "ip link set docker0 mtu 1400, to make a VPN work, without the daemon's mtu option",
    ...toDocker0(["ip link set docker0 mtu 1400"], ["ip link set docker0 mtu 1500"]),
    caughtBy: ["BRIDGE-39"],
    beside: ["BRIDGE-10", "BRIDGE-29", "INSPECT-24"],
    cause: /mtu/i,
  },
  {
    id: "link-bridge-mac",
    layer: "links",
    breaks: "docker0 has a globally administered MAC that is not of Docker's making",
    comesBy: "ip link set docker0 address, to please a licence server",
    ...toDocker0(["ip link set docker0 address 00:16:3e:00:00:01"], ["ip link set docker0 address 02:42:00:00:00:01"]),
    caughtBy: ["BRIDGE-40", "BRIDGE-40b"],
    cause: /mac/i,
  },
  {
    id: "link-bridge-deleted",
    layer: "links",
    breaks: "docker0 is gone",
    comesBy: "ip link del docker0, from a guide for a clean new start",
    ...toDocker0(["ip link del docker0"], [RESTART]),
    caughtBy: ["BRIDGE-34", "BRIDGE-36", "BRIDGE-39", "BRIDGE-40", "BRIDGE-40b", "BRIDGE-43", "BRIDGE-44", "BRIDGE-46"],
    cause: /docker0|device/i,
  },
  {
    id: "link-bridge-stp-on",
    layer: "links",
    breaks: "docker0 takes part in a spanning tree: a new port forwards nothing for half a minute",
    comesBy: "brctl stp docker0 on, or a network manager's default for bridges",
    ...toDocker0(["ip link set docker0 type bridge stp_state 1"], ["ip link set docker0 type bridge stp_state 0"]),
    caughtBy: ["BRIDGE-44"],
    beside: [...BETWEEN],
    cause: /spanning tree|stp/i,
  },
  {
    id: "link-bridge-priority",
    layer: "links",
    breaks: "docker0 has another bridge priority",
    comesBy: "ip link set docker0 type bridge priority, of a guide for root bridges",
    ...toDocker0(["ip link set docker0 type bridge priority 4096"], ["ip link set docker0 type bridge priority 32768"]),
    caughtBy: ["BRIDGE-43"],
    cause: /priority|bridge id/i,
  },
  {
    id: "link-bridge-ageing-zero",
    layer: "links",
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
    layer: "links",
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
    layer: "links",
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
    layer: "links",
    breaks: "the bridge of a user-defined network is down",
    comesBy: "a network manager that takes each new device for its own",
    ...toNetworks("ip link set $BRIDGE down"),
    caughtBy: ["UDN-03", "UDN-32", "UDN-30", "PORT-25", ...BETWEEN_OWN],
    cause: /\bdown\b|not up/i,
  },
  {
    id: "link-network-address-gone",
    layer: "links",
    breaks: "the bridge of a user-defined network has lost the gateway's address",
    comesBy: "a network manager that flushes addresses which it does not know",
    ...toNetworks("ip -4 addr flush dev $BRIDGE"),
    caughtBy: ["UDN-01", "UDN-04", "UDN-29", "UDN-30", "PORT-25"],
    cause: /address/i,
  },
  {
    id: "link-network-gateway-wrong",
    layer: "links",
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
    layer: "links",
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
    layer: "links",
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
    layer: "links",
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
  {
    id: "link-endpoint-mtu",
    layer: "links",
    breaks: "containers' interfaces have an MTU of 1400",
    comesBy: "a CNI-like plugin or an entry point with NET_ADMIN that lowers it",
    ...toContainers(onEachNic(inContainer("ip link set $NIC mtu 1400"))),
    caughtBy: ["BRIDGE-10", "INSPECT-24", "CONNECT-10"],
    cause: /mtu/i,
  },
  {
    id: "link-host-end-mtu",
    layer: "links",
    breaks: "the host's ends of containers' veth pairs have an MTU of 1400",
    comesBy: "a udev rule for every new interface",
    ...toContainers(onEachHostEnd("ip link set $VETH mtu 1400")),
    caughtBy: ["BRIDGE-29"],
    cause: /mtu/i,
  },
  {
    id: "link-endpoint-mtu-of-one",
    layer: "links",
    breaks: "of two containers on the default bridge one has an MTU of 1400",
    comesBy: "an entry point with NET_ADMIN in one image",
    strike: {
      when: "a container is up",
      of: ({ name }) => name === "bridge-named",
      shell: [onEachNic(inContainer("ip link set $NIC mtu 1400"))],
    },
    undo: [],
    caughtBy: ["BRIDGE-02"],
    cause: /mtu/i,
  },
  {
    id: "link-extra-nic",
    layer: "links",
    breaks: "containers have an interface that the engine did not give them",
    comesBy: "pipework or ip link set … netns, for a second way that docker network connect is meant for",
    ...toContainers(
      "ip link show back$PID >/dev/null 2>&1 || { ip link add more$PID type veth peer name back$PID && ip link set more$PID netns $PID; } || :",
    ),
    caughtBy: ["BRIDGE-03", "BRIDGE-04"],
    cause: /interface/i,
  },
  {
    id: "link-second-nic-removed",
    layer: "links",
    breaks: "a container that is connected to a second network does not keep the interface",
    comesBy: "a script in the container with NET_ADMIN that removes interfaces which it does not know",
    ...toContainers(inContainer("sh -c 'ip link show eth1 >/dev/null 2>&1 || exit 0; ip link del eth1'")),
    caughtBy: ["CONNECT-01", "CONNECT-02", "CONNECT-03", "CONNECT-19", "CONNECT-25"],
    cause: /interface|eth1/i,
  },
  {
    id: "link-first-nic-changed-on-connect",
    layer: "links",
    breaks: "connecting a container to a second network changes address and MAC of its first interface",
    comesBy: "a network manager inside the container that configures all anew when an interface appears",
    ...toContainers(
      inContainer(
        "sh -c 'ip link show eth1 >/dev/null 2>&1 || exit 0; ip link set eth0 address 02:42:ac:11:00:aa; " +
          'own=$(ip -4 -o addr show dev eth0 | sed -nE "s/.* inet ([0-9.]+\\/[0-9]+).*/\\1/p" | head -n 1); ' +
          "ip addr replace 172.17.200.200/16 dev eth0; ip addr del $own dev eth0'",
      ),
    ),
    caughtBy: ["CONNECT-04", "CONNECT-05"],
    cause: /address|MAC/i,
  },
  {
    id: "link-pair-made-anew",
    layer: "links",
    breaks:
      "containers on the default bridge have another veth pair than the engine made them, with the same addresses",
    comesBy: "a tool that re-plumbs containers to put its own pair, with its queue, in the place of Docker's",
    strike: {
      when: "a container is up",
      of: ({ networkMode }) => ["default", "bridge"].includes(networkMode),
      shell: [
        "mac=$(nsenter -t $PID -n cat /proc/self/net/dev >/dev/null && nsenter -t $PID -n ip -o link show eth0 | sed -nE 's/.* link\\/ether ([0-9a-f:]+) .*/\\1/p'); " +
          "own=$(nsenter -t $PID -n ip -4 -o addr show dev eth0 | sed -nE 's/.* inet ([0-9.]+\\/[0-9]+).*/\\1/p'); " +
          "gateway=$(nsenter -t $PID -n ip route show default | sed -nE 's/.* via ([0-9.]+) .*/\\1/p'); " +
          "nsenter -t $PID -n ip link del eth0; ip link del again$PID 2>/dev/null; " +
          // The peer gets the lower of the two indexes: here the host's.
          "ip link add new$PID type veth peer name again$PID && ip link set new$PID netns $PID && ip link set again$PID master docker0 up && " +
          "nsenter -t $PID -n ip link set new$PID name eth0 address $mac && nsenter -t $PID -n ip addr add $own brd + dev eth0 && " +
          'nsenter -t $PID -n ip link set eth0 up && { [ -z "$gateway" ] || nsenter -t $PID -n ip route add default via $gateway; }',
      ],
    },
    undo: [],
    caughtBy: ["BRIDGE-19", "BRIDGE-19b", "CONNECT-06"],
    cause: /veth|pair|index/i,
  },
  {
    id: "link-host-end-moved-away",
    layer: "links",
    breaks: "the host's ends of containers' veth pairs are in a network namespace of somebody else's",
    comesBy: "a product that puts its own bridge between host and containers, in a namespace of its own",
    ...toContainers("ip netns add aside 2>/dev/null || :", onEachHostEnd("ip link set $VETH netns aside")),
    caughtBy: ["BRIDGE-17", "BRIDGE-18", "BRIDGE-25", "CONNECT-13"],
    beside: ["BRIDGE-24"],
    cause: /host's end|veth/i,
  },
  {
    id: "link-eth0-is-no-pair",
    layer: "links",
    breaks:
      "eth0 of the containers on the default bridge is no end of a veth pair, but a bridge of its own with the address that the engine gave",
    comesBy: "a tunnel product that puts its own device in the place of eth0",
    strike: {
      when: "a container is up",
      of: ({ networkMode }) => ["default", "bridge"].includes(networkMode),
      shell: [
        "own=$(nsenter -t $PID -n ip -4 -o addr show dev eth0 | sed -nE 's/.* inet ([0-9.]+\\/[0-9]+).*/\\1/p'); " +
          "nsenter -t $PID -n ip link del eth0; nsenter -t $PID -n ip link add eth0 type bridge && " +
          "nsenter -t $PID -n ip addr add $own dev eth0 && nsenter -t $PID -n ip link set eth0 up",
      ],
    },
    undo: [],
    caughtBy: ["BRIDGE-33"],
    beside: ["BRIDGE-17", "BRIDGE-18", "BRIDGE-16"],
    cause: /eth0|interface|MAC/i,
  },
  {
    id: "link-nic-address-of-other-subnet",
    layer: "links",
    breaks: "containers have an address of another subnet than their network's",
    comesBy: "an entry point that sets the address that the container had on its former network",
    ...toContainers(
      onEachNic(
        "old=$(nsenter -t $PID -n ip -4 -o addr show dev $NIC | awk '{print $4}' | head -n 1); " +
          '[ -z "$old" ] || { nsenter -t $PID -n ip addr del $old dev $NIC; nsenter -t $PID -n ip addr replace 192.0.2.$((PID % 200 + 1))/24 dev $NIC; } || :',
      ),
    ),
    caughtBy: ["UDN-08", "UDN-11"],
    cause: /address/i,
  },
  {
    id: "link-static-address-unheard",
    layer: "links",
    breaks: "containers don't get the address that --ip names, and none is refused",
    comesBy: "a platform between user and engine that passes on only the options that it knows",
    strike: {
      when: "the engine is asked",
      to: /^\/containers\/create$/,
      alter: altered("NetworkingConfig.EndpointsConfig.*", withoutKey("IPAMConfig")),
    },
    undo: [],
    caughtBy: ["UDN-18", "UDN-20", "UDN-21", "UDN-21b", "UDN-22", "UDN-22b", "UDN-23"],
    cause: /--ip|IPAMConfig|address/i,
  },
  {
    id: "link-subnet-unheard",
    layer: "links",
    breaks: "networks don't get the subnet that --subnet names, and none is refused",
    comesBy: "a platform that chooses subnets itself",
    strike: {
      when: "the engine is asked",
      to: /^\/networks\/create$/,
      alter: (request) => {
        if (request.Driver !== "bridge" || request.IPAM === undefined) return false;
        delete request.IPAM;
        return true;
      },
    },
    undo: [],
    caughtBy: ["UDN-16", "UDN-16b", "UDN-36"],
    beside: ["UDN-15"],
    cause: /subnet|IPAM|gateway|range/i,
  },
  {
    id: "link-first-address-kept-back",
    layer: "links",
    breaks: "the first address of a network whose gateway is another one is never given to a container",
    comesBy: "an IPAM plugin that keeps the first address for a gateway, wherever that is",
    strike: {
      when: "the engine is asked",
      to: /^\/networks\/create$/,
      alter: (request) => {
        const [range] =
          (request.IPAM as { Config?: { Subnet?: string; Gateway?: string }[] } | undefined)?.Config ?? [];
        const first = range?.Subnet === undefined ? undefined : cidr(range.Subnet).firstHost;
        if (range?.Gateway === undefined || first === undefined || range.Gateway === first) return false;
        Object.assign(range, { AuxiliaryAddresses: { first } });
        return true;
      },
    },
    undo: [],
    caughtBy: ["UDN-15"],
    cause: /auxiliary|reserved/i,
  },
  {
    id: "link-bridge-mac-changes",
    layer: "links",
    breaks: "docker0 gets another MAC whenever a container starts",
    comesBy: "a bridge made by other tools, whose MAC was never set and follows its ports",
    ...toContainers("ip link set docker0 address 02:42:00:00:$(printf %02x:%02x $((PID / 256 % 256)) $((PID % 256)))"),
    caughtBy: ["BRIDGE-41"],
    cause: /mac/i,
  },
  {
    id: "link-veth-off-bridge",
    layer: "links",
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
    layer: "links",
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
    layer: "links",
    breaks: "the host's ends of containers' veth pairs are down",
    comesBy: "a network manager that sets down what it has no profile for",
    ...toContainers(onEachHostEnd("ip link set $VETH down")),
    caughtBy: ["BRIDGE-16", "BRIDGE-52", "CONNECT-09", "UDN-32", ...BETWEEN, ...BETWEEN_OWN, ...FROM_HOST],
    cause: /\bdown\b|carrier/i,
  },
  {
    id: "link-veth-renamed",
    layer: "links",
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
    layer: "links",
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
    layer: "links",
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
    layer: "links",
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
    layer: "links",
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
    layer: "links",
    breaks: "the ports of containers get no broadcasts: no ARP question reaches a container",
    comesBy: "bridge link set dev vethXXXX bcast_flood off, against storms",
    ...toContainers(onEachHostEnd("bridge link set dev $VETH bcast_flood off")),
    caughtBy: ["BRIDGE-55", ...BETWEEN, "UDN-24", "UDN-25"],
    beside: [...FROM_HOST],
    cause: /broadcast|flood|\barp\b/i,
  },
  {
    id: "link-port-learns-nothing",
    layer: "links",
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
    layer: "links",
    breaks: "the ports of containers send frames back that they came in by, although docker-proxy makes that needless",
    comesBy: "bridge link set dev vethXXXX hairpin on, kept from a time without docker-proxy",
    ...toContainers(onEachHostEnd("bridge link set dev $VETH hairpin on")),
    caughtBy: ["BRIDGE-55"],
    beside: ["PATH-08"],
    cause: /hairpin/i,
  },
  {
    id: "link-nic-renamed",
    layer: "links",
    breaks: "containers' eth0 has another name",
    comesBy: "an entry point with NET_ADMIN, or a tool that sets names of its own",
    ...toContainers(
      inContainer(
        'sh -c \'gateway=$(ip route show default | sed -nE "s/.* via ([0-9.]+) .*/\\1/p"); ip link show eth0 >/dev/null 2>&1 || exit 0; ' +
          'ip link set eth0 down; ip link set eth0 name net0; ip link set net0 up; [ -z "$gateway" ] || ip route add default via $gateway\'',
      ),
    ),
    caughtBy: ["BRIDGE-04", "BRIDGE-11", "NONE-14"],
    cause: /name|eth0/i,
  },
  {
    id: "link-nic-mac-changed",
    layer: "links",
    breaks: "containers' interfaces have other MACs than the engine gave them",
    comesBy: "ip link set eth0 address in an entry point, for software that is licensed by MAC",
    ...toContainers(
      onEachNic(
        inContainer(
          "ip link set $NIC address 00:16:3e:$(printf %02x:%02x $((PID / 256 % 256)) $((PID % 256))):${NIC#eth}${NIC#eth}",
        ),
      ),
    ),
    caughtBy: ["BRIDGE-14", "BRIDGE-14b", "UDN-10", "UDN-10b", "CONNECT-08", "CONNECT-08b", "INSPECT-30", "INSPECT-64"],
    cause: /mac/i,
  },
  {
    id: "link-nic-mac-duplicated",
    layer: "links",
    breaks: "all containers have the same MAC: the bridge takes them for one",
    comesBy: "containers made from one template with a fixed MAC",
    ...toContainers(onEachNic(inContainer("ip link set $NIC address 02:42:ac:11:00:99"))),
    caughtBy: [
      "BRIDGE-14",
      "BRIDGE-14b",
      "UDN-10",
      "UDN-10b",
      "CONNECT-08",
      "CONNECT-08b",
      "INSPECT-30",
      "INSPECT-64",
      "UDN-24",
      "UDN-25",
      ...BETWEEN,
    ],
    cause: /mac/i,
  },
  {
    id: "link-nic-down",
    layer: "links",
    breaks: "containers' interfaces are down",
    comesBy: "ifdown eth0 in an entry point with NET_ADMIN",
    ...toContainers(onEachNic(inContainer("ip link set $NIC down"))),
    caughtBy: [
      "BRIDGE-11",
      "BRIDGE-16",
      "BRIDGE-52",
      "CONNECT-09",
      "UDN-32",
      "UDN-13",
      ...BETWEEN,
      ...BETWEEN_OWN,
      ...FROM_HOST,
    ],
    cause: /\bdown\b|not up/i,
  },
  {
    id: "link-nic-address-changed",
    layer: "links",
    breaks: "containers have other addresses than the engine gave them",
    comesBy: "a DHCP client in the container, or an entry point that sets a fixed address",
    ...toContainers(
      onEachNic(
        "old=$(nsenter -t $PID -n ip -4 -o addr show dev $NIC | awk '{print $4}' | head -n 1); " +
          "new=$(echo $old | sed -E 's/[0-9]+(\\/[0-9]+)$/'$((PID % 40 + 152))'\\1/'); gateway=$(nsenter -t $PID -n ip route show default dev $NIC | awk '{print $3}'); " +
          '[ -z "$old" ] || { nsenter -t $PID -n ip addr del $old dev $NIC; nsenter -t $PID -n ip addr add $new dev $NIC; ' +
          '[ -z "$gateway" ] || nsenter -t $PID -n ip route add default via $gateway dev $NIC; } || :',
      ),
    ),
    caughtBy: [
      "BRIDGE-05",
      "BRIDGE-06",
      "CONNECT-07",
      "UDN-14",
      "UDN-18",
      "INSPECT-31",
      "INSPECT-64",
      "BRIDGE-48",
      "BRIDGE-49",
      "UDN-24",
      "UDN-25",
      "DNS-05",
      "BRIDGE-07",
      "UDN-17",
      ...FROM_HOST,
    ],
    cause: /address/i,
  },
  {
    id: "link-nic-second-address",
    layer: "links",
    breaks: "containers' interfaces have a second address that the engine does not know",
    comesBy: "ip addr add in an entry point with NET_ADMIN",
    ...toContainers(onEachNic(inContainer("ip addr replace 192.0.2.$((PID % 200 + 1))/24 dev $NIC"))),
    caughtBy: ["BRIDGE-13", "INSPECT-65", "INSPECT-65b"],
    beside: ["BRIDGE-08"],
    cause: /address|route/i,
  },
  {
    id: "link-nic-prefix-wrong",
    layer: "links",
    breaks: "containers' interfaces have a prefix length of 30, and no broadcast address of their subnet",
    comesBy: "an entry point that sets the address again, with a mask from elsewhere",
    ...toContainers(
      onEachNic(
        "old=$(nsenter -t $PID -n ip -4 -o addr show dev $NIC | awk '{print $4}' | head -n 1); gateway=$(nsenter -t $PID -n ip route show default dev $NIC | awk '{print $3}'); " +
          '[ -z "$old" ] || { nsenter -t $PID -n ip addr del $old dev $NIC; nsenter -t $PID -n ip addr add ${old%/*}/30 dev $NIC; ' +
          '[ -z "$gateway" ] || nsenter -t $PID -n ip route add default via $gateway dev $NIC onlink; } || :',
      ),
    ),
    caughtBy: [
      "BRIDGE-08",
      "BRIDGE-09",
      "BRIDGE-12",
      "UDN-09",
      "UDN-11",
      "UDN-19",
      "CONNECT-07",
      "INSPECT-31",
      "INSPECT-64",
    ],
    cause: /prefix|address|broadcast/i,
  },
  {
    id: "link-nic-ipv6-on",
    layer: "links",
    breaks: "containers on networks without IPv6 have IPv6 link-local addresses",
    comesBy: "a privileged entry point that sets disable_ipv6 to 0",
    ...toContainers(
      onEachNic(
        inContainer(
          "sh -c 'echo 0 >/proc/sys/net/ipv6/conf/'$NIC'/disable_ipv6; ip -6 addr replace fe80::77/64 dev '$NIC' nodad || :'",
        ),
      ),
    ),
    caughtBy: ["BRIDGE-15b"],
    cause: /ipv6|link-local/i,
  },
  {
    id: "link-loopback-down",
    layer: "links",
    breaks: "containers' loopback is down: nothing is served at 127.0.0.1, Docker's resolver neither",
    comesBy: "an entry point with NET_ADMIN that sets all interfaces down and eth0 up again",
    strike: {
      when: "a container is up",
      of: ({ networkMode }) => networkMode !== "host",
      shell: [inContainer("ip link set lo down")],
    },
    undo: [],
    caughtBy: ["NONE-02", "NONE-11", "BRIDGE-54", "DNS-01", "DNS-02", "DNS-03", "DNS-04", "DNS-05", "DNS-06", "DNS-13"],
    cause: /loopback|\blo\b|127\./i,
  },
  {
    id: "link-extra-nic-in-none",
    layer: "links",
    breaks: "a container on network none has an interface, an address and a way out: it is not closed",
    comesBy: "pipework or ip link set … netns, to give the container a device of its own",
    strike: {
      when: "a container is up",
      of: ({ networkMode }) => networkMode === "none",
      shell: [
        "ip link add none$PID type veth peer name back$PID && ip link set none$PID netns $PID && ip link set back$PID master docker0 up",
        inContainer(
          "sh -c 'ip addr add 172.17.77.'$((PID % 200 + 1))'/16 dev none'$PID' && ip link set none'$PID' up && ip route add default via 172.17.0.1'",
        ),
      ],
    },
    undo: [],
    caughtBy: ["NONE-01", "NONE-07", "NONE-09", "NONE-10", "NONE-12"],
    cause: /interface .* beside lo|an interface (that|of its own)/i,
  },
  {
    id: "link-none-loopback-altered",
    layer: "links",
    breaks: "the loopback of a container on network none has another MTU, another queue, a MAC and one address more",
    comesBy: "an entry point that sets the loopback up after a guide for load balancers",
    ...toClosed(
      inContainer("ip link set lo mtu 1500 txqueuelen 10 address 02:00:00:00:00:01"),
      inContainer("ip addr replace 10.77.0.1/32 dev lo"),
    ),
    caughtBy: ["NONE-03", "NONE-05", "NONE-06", "NONE-16"],
    beside: ["NONE-07"],
    cause: /loopback|\blo\b|mtu|address/i,
  },
  {
    id: "link-none-loopback-busy",
    layer: "links",
    breaks: "something sends on the loopback of a container on network none as soon as it runs",
    comesBy: "an agent that enters every new network namespace to look whether it works",
    ...toClosed(inContainer("bash -c 'echo x >/dev/udp/127.0.0.1/9'")),
    caughtBy: ["NONE-15"],
    cause: /counter|packet|loopback|sends/i,
  },
];
