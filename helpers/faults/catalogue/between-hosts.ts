import { cidr } from "../../model/cidr.ts";
import type { Fault } from "../fault.ts";
import { firstRule, withoutRule } from "./shell.ts";

const LET_IN = ["DOCKER-USER", "FORWARD"].map((chain) => firstRule("filter", chain, "-j ACCEPT"));
const LET_IN_NO_MORE = ["DOCKER-USER", "FORWARD"].map((chain) => withoutRule("filter", chain, "-j ACCEPT"));
/** Another address of the host's, at the end of its LAN. */
const ALIAS = "$(ip -4 -o address show dev eth0 | sed -nE '1s/.* inet ([0-9.]+)\\.[0-9]+\\/.*/\\1.249/p')";
const LEAVES = `-o eth0 ! -s ${ALIAS} -p tcp -j SNAT --to-source ${ALIAS}`;

/** What one host does to the way to another's containers. */
export const BETWEEN_HOSTS_FAULTS: readonly Fault[] = [
  {
    id: "overlay-routed-instead",
    layer: "macvlan and overlay",
    breaks: "a route and a firewall that lets everything in connect the bridge networks of two hosts: a leak",
    comesBy: "a static route to the other site's containers, made to get along without an overlay network",
    strike: {
      when: "before the topology",
      shell: ["ip route replace 10.0.0.0/8 via $OTHER"],
      onSecondHost: [...LET_IN, firstRule("raw", "PREROUTING", "-j ACCEPT")],
    },
    undo: ["ip route del 10.0.0.0/8"],
    undoOnSecondHost: [...LET_IN_NO_MORE, withoutRule("raw", "PREROUTING", "-j ACCEPT")],
    caughtBy: ["OVERLAY-01"],
    cause: /route/i,
    secondHost: true,
  },
  {
    id: "overlay-other-host-closed",
    layer: "filter",
    breaks: "the other host drops what it should forward to its containers",
    comesBy: "a firewall on the other host, in front of Docker's rules",
    strike: {
      when: "before the topology",
      shell: [],
      onSecondHost: [
        firstRule("filter", "INPUT", "-i eth0 -p tcp ! --dport 2375 -j DROP"),
        firstRule("filter", "DOCKER-USER", "-i eth0 -j DROP"),
      ],
    },
    undo: [],
    undoOnSecondHost: [
      withoutRule("filter", "INPUT", "-i eth0 -p tcp ! --dport 2375 -j DROP"),
      withoutRule("filter", "DOCKER-USER", "-i eth0 -j DROP"),
    ],
    caughtBy: ["OVERLAY-02", "OVERLAY-03", "OVERLAY-04"],
    cause: /FORWARD|DNAT|other host/,
    secondHost: true,
  },
  {
    id: "overlay-other-source",
    layer: "nat",
    breaks: "what containers send to the LAN leaves under another address of the host's",
    comesBy: "an SNAT rule for a service address, on a host with several",
    // Docker's own rule for a network is made in front of those that were there.
    strike: {
      when: "a network is up",
      shell: [`ip address replace ${ALIAS}/32 dev eth0`, firstRule("nat", "POSTROUTING", LEAVES)],
    },
    undo: [withoutRule("nat", "POSTROUTING", LEAVES), `ip address del ${ALIAS}/32 dev eth0`],
    caughtBy: ["OVERLAY-03"],
    beside: ["OVERLAY-02", "OVERLAY-04"],
    cause: /SNAT|masquerad|source/i,
    secondHost: true,
  },
  {
    id: "nat-ttl-altered",
    layer: "routes and sysctls",
    breaks: "the host sets the time to live of what it forwards to one value, so that nobody counts its hops",
    comesBy: "a TTL rule of a mobile uplink, against a provider that bars tethering",
    strike: { when: "before the topology", shell: ["iptables -w -t mangle -A POSTROUTING -j TTL --ttl-set 65"] },
    undo: ["iptables -w -t mangle -D POSTROUTING -j TTL --ttl-set 65"],
    caughtBy: ["PATH-22"],
    cause: /\bTTL\b|mangle/,
    secondHost: true,
  },
  {
    id: "macvlan-gateway-there-after-all",
    layer: "macvlan and overlay",
    breaks: "somebody on the LAN has the gateway's address of a macvlan network and answers for the world",
    comesBy: "a router or a proxy-ARP appliance that was configured for the range before",
    strike: {
      when: "a network is up",
      driver: "macvlan",
      shell: [
        "G=$(docker network inspect -f '{{with index .IPAM.Config 0}}{{.Gateway}}{{end}}' $NETWORK); P=$(docker network inspect -f '{{.Options.parent}}' $NETWORK); " +
          '[ -n "$G" ] && ! ip netns list | grep -q world || exit 0; ip netns add world && ip link add world0 link $P type macvlan mode bridge && ip link set world0 netns world && ' +
          "ip -n world link set lo up && ip -n world address add $G/24 dev world0 && ip netns exec world sh -c 'echo 1 >/proc/sys/net/ipv4/conf/all/arp_ignore' && " +
          "ip -n world link set world0 up && ip -n world route add local 198.51.100.0/24 dev lo",
      ],
    },
    undo: ["ip netns del world"],
    caughtBy: ["MACVLAN-29"],
    cause: /gateway/i,
  },
  {
    id: "macvlan-first-address-taken",
    layer: "macvlan and overlay",
    breaks: "the first host's engine keeps the first address of a macvlan network back, the other one's does not",
    comesBy: "an IPAM broker on one host that reserves an address for itself",
    strike: {
      when: "the engine is asked",
      to: /^\/networks\/create$/,
      alter(request) {
        const [range] =
          (request.IPAM as { Config?: { Subnet?: string; IPRange?: string }[] } | undefined)?.Config ?? [];
        if (request.Driver !== "macvlan" || range?.Subnet === undefined) return false;
        const chosen = cidr(range.IPRange ?? range.Subnet);
        Object.assign(range, { AuxiliaryAddresses: { broker: chosen.host(1), next: chosen.host(2) } });
        return true;
      },
    },
    undo: [],
    caughtBy: ["MACVLAN-31"],
    cause: /reserved|auxiliary|address/i,
    secondHost: true,
  },
  {
    id: "api-list-macvlan-missing",
    layer: "API",
    breaks: "the engine's list of networks leaves macvlan networks out",
    comesBy: "a proxy that shows tenants their own drivers only",
    strike: {
      when: "the engine answers",
      to: /^\/networks$/,
      alter: (answer) =>
        Array.isArray(answer) && answer.some((one) => (one as { Driver?: string }).Driver === "macvlan")
          ? answer.filter((one) => (one as { Driver?: string }).Driver !== "macvlan")
          : false,
    },
    undo: [],
    caughtBy: ["MACVLAN-30"],
    cause: /list/i,
    secondHost: true,
  },
  {
    id: "api-bridge-scope",
    layer: "API",
    breaks: "the engine says that bridge networks reach over a swarm",
    comesBy: "a platform that shows several engines as one",
    strike: {
      when: "the engine answers",
      to: /^\/networks\/[^/]+$/,
      alter(answer) {
        if (Array.isArray(answer) || answer.Driver !== "bridge") return false;
        answer.Scope = "swarm";
        return true;
      },
    },
    undo: [],
    caughtBy: ["OVERLAY-11"],
    cause: /scope/i,
    secondHost: true,
  },
];
