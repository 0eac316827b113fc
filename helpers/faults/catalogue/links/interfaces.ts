import { type Fault, ofLayer } from "../../fault.ts";
import { inContainer, onEachNic } from "../shell.ts";
import { BETWEEN, BETWEEN_OWN, FROM_HOST, toContainers } from "./strikes.ts";

/** Done to every container on network `none`; it ends with them. */
function toClosed(...shell: string[]): Pick<Fault, "strike" | "undo"> {
  return { strike: { when: "a container is up", of: ({ networkMode }) => networkMode === "none", shell }, undo: [] };
}

/** Interfaces in containers, and their loopback. */
export const INTERFACE_FAULTS: readonly Fault[] = ofLayer("links", [
  {
    id: "link-nic-renamed",
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
    breaks: "containers' interfaces have a second address that the engine does not know",
    comesBy: "ip addr add in an entry point with NET_ADMIN",
    ...toContainers(onEachNic(inContainer("ip addr replace 192.0.2.$((PID % 200 + 1))/24 dev $NIC"))),
    caughtBy: ["BRIDGE-13", "INSPECT-65", "INSPECT-65b"],
    beside: ["BRIDGE-08"],
    cause: /address|route/i,
  },
  {
    id: "link-nic-prefix-wrong",
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
    breaks: "something sends on the loopback of a container on network none as soon as it runs",
    comesBy: "an agent that enters every new network namespace to look whether it works",
    ...toClosed(inContainer("bash -c 'echo x >/dev/udp/127.0.0.1/9'")),
    caughtBy: ["NONE-15"],
    cause: /counter|packet|loopback|sends/i,
  },
]);
