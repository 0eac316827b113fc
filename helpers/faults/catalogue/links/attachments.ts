import { cidr } from "../../../model/cidr.ts";
import { type Fault, ofLayer } from "../../fault.ts";
import { altered, withoutKey } from "../alter.ts";
import { inContainer, onEachHostEnd, onEachNic } from "../shell.ts";
import { toContainers } from "./strikes.ts";

/** What a container is given on a network: sizes, interfaces, addresses. */
export const ATTACHMENT_FAULTS: readonly Fault[] = ofLayer("links", [
  {
    id: "link-endpoint-mtu",
    breaks: "containers' interfaces have an MTU of 1400",
    comesBy: "a CNI-like plugin or an entry point with NET_ADMIN that lowers it",
    ...toContainers(onEachNic(inContainer("ip link set $NIC mtu 1400"))),
    caughtBy: ["BRIDGE-10", "INSPECT-24", "CONNECT-10"],
    cause: /mtu/i,
  },
  {
    id: "link-host-end-mtu",
    breaks: "the host's ends of containers' veth pairs have an MTU of 1400",
    comesBy: "a udev rule for every new interface",
    ...toContainers(onEachHostEnd("ip link set $VETH mtu 1400")),
    caughtBy: ["BRIDGE-29"],
    cause: /mtu/i,
  },
  {
    id: "link-endpoint-mtu-of-one",
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
    breaks: "a container that is connected to a second network does not keep the interface",
    comesBy: "a script in the container with NET_ADMIN that removes interfaces which it does not know",
    ...toContainers(inContainer("sh -c 'ip link show eth1 >/dev/null 2>&1 || exit 0; ip link del eth1'")),
    caughtBy: ["CONNECT-01", "CONNECT-02", "CONNECT-03", "CONNECT-19", "CONNECT-25"],
    cause: /interface|eth1/i,
  },
  {
    id: "link-first-nic-changed-on-connect",
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
    breaks: "the host's ends of containers' veth pairs are in a network namespace of somebody else's",
    comesBy: "a product that puts its own bridge between host and containers, in a namespace of its own",
    ...toContainers("ip netns add aside 2>/dev/null || :", onEachHostEnd("ip link set $VETH netns aside")),
    caughtBy: ["BRIDGE-17", "BRIDGE-18", "BRIDGE-25", "CONNECT-13"],
    beside: ["BRIDGE-24"],
    cause: /host's end|veth/i,
  },
  {
    id: "link-eth0-is-no-pair",
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
    breaks: "docker0 gets another MAC whenever a container starts",
    comesBy: "a bridge made by other tools, whose MAC was never set and follows its ports",
    ...toContainers("ip link set docker0 address 02:42:00:00:$(printf %02x:%02x $((PID / 256 % 256)) $((PID % 256)))"),
    caughtBy: ["BRIDGE-41"],
    cause: /mac/i,
  },
]);
