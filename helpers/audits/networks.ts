import { bridgeKey } from "../cause/keys.ts";
import { listed, RESTART_ENGINE } from "../cause/mend.ts";
import { sameAddress } from "../model/address.ts";
import type { LivingHost, LivingSnapshot } from "../snapshot/living.ts";
import { holds, prefixOf } from "./addresses.ts";
import { attachmentsOf, type Bridge, bridgesOf } from "./bridges.ts";
import { deviates, type Findings, NOTHING, together } from "./deviation.ts";
import { nicOf } from "./endpoint.ts";
import { reasonOfLostAddresses } from "./kernel-values.ts";
import { addressBack, addressedRanges, lostAddresses, lostByMtu } from "./lost-addresses.ts";
import { aboutNetwork } from "./network-view.ts";
import { byHand } from "./remedies.ts";
import { auditWay } from "./way.ts";

/** Each bridge network's device, addresses and way, and the parents of macvlan networks. */
export function auditNetworks(snapshot: LivingSnapshot): Findings {
  const { host } = snapshot;
  if (host === null) return NOTHING;
  return together([
    ...bridgesOf(snapshot).map((bridge) => auditDevice(snapshot, host, bridge)),
    ...bridgesOf(snapshot).map((bridge) => auditWay(snapshot, host, bridge)),
    auditParents(snapshot, host),
  ]);
}

/** Names of the running containers on a network. */
function membersOf(snapshot: LivingSnapshot, { name }: Bridge): string[] {
  return attachmentsOf(snapshot)
    .filter(({ bridge }) => bridge.name === name)
    .map(({ container }) => container.name);
}

function cutOff(snapshot: LivingSnapshot, bridge: Bridge, what: string): string {
  const members = membersOf(snapshot, bridge);
  return members.length === 0
    ? `Containers that are started on it ${what}.`
    : `Its containers (${listed(members)}) ${what}.`;
}

/** The bridge that the host's ends of a network's containers are ports of: its own under another name; null for none. */
function renamedTo(snapshot: LivingSnapshot, host: LivingHost, { name }: Bridge): string | null {
  const nics = attachmentsOf(snapshot)
    .filter(({ bridge }) => bridge.name === name)
    .flatMap(({ container, endpoint }) => (container.inside === null ? [] : (nicOf(container.inside, endpoint) ?? [])));
  const ends = host.links.filter(({ index, peerIndex }) =>
    nics.some((nic) => nic.peerIndex === index && nic.index === peerIndex),
  );
  const [master = null, ...others] = new Set(ends.map((end) => end.master));
  const known = bridgesOf(snapshot).some(({ device }) => device === master);
  return others.length === 0 && !known ? master : null;
}

function otherName(snapshot: LivingSnapshot, host: LivingHost, bridge: Bridge, other: string): Findings {
  const { name, device } = bridge;
  // A name is given to what is down, and going down takes an interface's IPv6 addresses and leaves the IPv4 ones.
  const lost = [
    ...lostAddresses({ ...bridge, device: other }, host).filter(({ family }) => family === 4),
    ...addressedRanges(bridge).filter(({ family }) => family === 6),
  ];
  return deviates(
    aboutNetwork(name, "LIVE-05", {
      expected: `a bridge ${device}`,
      observed: `its bridge is named ${other}`,
      effect: cutOff(snapshot, bridge, "reach nothing beyond their network, and their ports are not served"),
      reason: {
        key: bridgeKey(device, "missing"),
        what: `The bridge ${device} of network ${name} was renamed to ${other}: no rule and no route of the engine's is about that name.`,
        act: "udev or a network manager that names interfaces, or a person",
        certainty: "seen",
        evidence: [`${device}: no such interface`, `the host's ends of its containers are ports of ${other}`],
        remedies: [
          byHand(
            "give it its name back",
            [
              `ip link set ${other} down`,
              `ip link set ${other} name ${device}`,
              `ip link set ${device} up`,
              ...lost.flatMap((range) => addressBack(bridge, range)),
            ],
            `ip addr show dev ${device}`,
          ),
        ],
      },
    }),
  );
}

function auditDevice(snapshot: LivingSnapshot, host: LivingHost, bridge: Bridge): Findings {
  const { name, device } = bridge;
  const link = host.links.find((one) => one.name === device);
  const renamed = link === undefined ? renamedTo(snapshot, host, bridge) : null;
  if (renamed !== null) return otherName(snapshot, host, bridge, renamed);
  if (link === undefined)
    return deviates(
      aboutNetwork(name, "LIVE-05", {
        expected: `a bridge ${device}`,
        observed: "no such interface",
        effect: cutOff(snapshot, bridge, "reach nobody, and are reached by nobody"),
        reason: {
          key: bridgeKey(device, "missing"),
          what: `The bridge ${device} of network ${name} does not exist: it was deleted.`,
          act: "ip link delete, or a network manager that cleans up",
          certainty: "seen",
          evidence: [`${device}: no such interface`],
          remedies: [RESTART_ENGINE],
        },
      }),
    );
  if (link.bridge === null)
    return deviates(
      aboutNetwork(name, "LIVE-05", {
        expected: `a bridge ${device}`,
        observed: `${device} is no bridge`,
        effect: cutOff(snapshot, bridge, "reach nobody, and are reached by nobody"),
        reason: {
          key: bridgeKey(device, "missing"),
          what: `The device ${device}, which should be the bridge of network ${name}, is no bridge: something replaced it.`,
          act: null,
          certainty: "seen",
          evidence: [`${device}: no bridge`],
          remedies: [RESTART_ENGINE],
        },
      }),
    );
  const lost = lostAddresses(bridge, host);
  if (!link.up) {
    // Who flushed it as well as switched it off has taken the gateway along: switched on alone, it would serve nobody.
    const gone = lost.filter(({ family, gateway }) => family === 4 && gateway !== "").map(({ gateway }) => gateway);
    return deviates(
      aboutNetwork(name, "LIVE-05", {
        expected: `${device} up`,
        observed: `${device} is down`,
        effect: cutOff(snapshot, bridge, "reach nobody, and are reached by nobody"),
        reason: {
          key: bridgeKey(device, "down"),
          what: `The bridge ${device} of network ${name} is down${gone.length === 0 ? "" : `, and its gateway address ${gone.join(" and ")} is gone`}.`,
          act: "ip link set down, or a network manager (systemd-networkd, NetworkManager) that took it over",
          certainty: "seen",
          evidence: [`${device}: down`],
          // Going down alone takes an interface's IPv6 addresses and leaves the IPv4 ones.
          remedies: [
            byHand(
              gone.length === 0 ? "switch the bridge on" : "switch the bridge on and put its address back",
              [`ip link set ${device} up`, ...lost.flatMap((range) => addressBack(bridge, range))],
              `ip addr show dev ${device}`,
            ),
            RESTART_ENGINE,
          ],
        },
      }),
    );
  }
  const has = host.addresses.find((one) => one.name === device)?.addresses ?? [];
  if (lost.length === 0) return auditLength(snapshot, bridge, has);
  // With somebody on it, the MTU is told, and what it has taken.
  if (membersOf(snapshot, bridge).length > 0 && lostByMtu(bridge, host).length === lost.length) return NOTHING;
  const ipv6 = lost.every(({ family }) => family === 6);
  const wanted = lost.map(({ gateway, subnet }) => gateway || `an address of ${subnet}`);
  const isTold = lost.every(({ gateway }) => gateway !== "");
  const shown = has.map(({ address, prefix }) => `${address}/${prefix}`).join(", ") || "no address";
  return deviates(
    aboutNetwork(name, "LIVE-05", {
      topics: ["gateway"],
      ...(ipv6 ? { family: 6 } : {}),
      expected: `${wanted.join(" and ")} on ${device}`,
      observed: `${device} has ${shown}`,
      effect: cutOff(
        snapshot,
        bridge,
        ipv6
          ? "have no IPv6 gateway: they reach nothing beyond the network by IPv6, and their ports are not served there"
          : "have no gateway: they reach nothing beyond the network, and their ports are not served",
      ),
      reason: reasonOfLostAddresses(host, bridge) ?? {
        key: bridgeKey(device, "gateway"),
        what: isTold
          ? `The gateway address ${wanted.join(" and ")} of network ${name} is gone from its bridge ${device}, which has ${shown}.`
          : `The bridge ${device} of network ${name} has ${shown}, and lacks ${wanted.join(" and ")}, its containers' gateway.`,
        act: "ip addr del or flush, or a network manager that took the bridge over",
        certainty: "seen",
        evidence: [`${device} has ${shown}`],
        remedies: [
          ...(isTold
            ? [
                byHand(
                  "put the address back",
                  lost.flatMap((range) => addressBack(bridge, range)),
                  `ip addr show dev ${device}`,
                ),
              ]
            : []),
          RESTART_ENGINE,
        ],
      },
    }),
  );
}

/** The gateway with another prefix length than the network's: the host takes the bridge to lead to more, or to less. */
function auditLength(
  snapshot: LivingSnapshot,
  bridge: Bridge,
  has: LivingHost["addresses"][number]["addresses"],
): Findings {
  const { name, device } = bridge;
  const others = addressedRanges(bridge).flatMap((range) => {
    // A gateway outside the network (fe80::1) has a length of its own.
    const same = has.filter(({ address }) => holds(range.subnet, address) && sameAddress(address, range.gateway));
    const [other] = same;
    return other === undefined || same.some(({ prefix }) => prefix === prefixOf(range.subnet))
      ? []
      : [{ range, other }];
  });
  const [first] = others;
  if (first === undefined) return NOTHING;
  const { range, other } = first;
  const shown = `${other.address}/${other.prefix}`;
  const members = membersOf(snapshot, bridge);
  return deviates(
    aboutNetwork(name, "LIVE-05", {
      topics: ["gateway"],
      family: range.family,
      expected: `${range.gateway}/${prefixOf(range.subnet)} on ${device}`,
      observed: `${device} has ${shown}`,
      effect:
        other.prefix < prefixOf(range.subnet)
          ? `This host looks on ${device} for every machine of ${shown}: neither it nor its containers reach those that are elsewhere.`
          : `This host looks on ${device} for nobody outside ${shown}: containers of network ${name}${members.length === 0 ? "" : ` (${listed(members)})`} with other addresses get nothing from it and from beyond it.`,
      reason: {
        key: bridgeKey(device, "length"),
        what: `The bridge ${device} of network ${name} has ${shown}, and the network is ${range.subnet}: the prefix length is another.`,
        act: "ip addr, or a network manager that took the bridge over",
        certainty: "seen",
        evidence: [`${device} has ${shown}`],
        remedies: [
          byHand(
            "give it the network's prefix length",
            others.flatMap((one) => {
              const back = addressBack(bridge, one.range);
              const away = `ip addr del ${one.other.address}/${one.other.prefix} dev ${device}`;
              // IPv4 has an address twice, so that the gateway is there all the time; IPv6 refuses it.
              return one.range.family === 4 ? [...back, away] : [away, ...back];
            }),
            `ip addr show dev ${device}`,
          ),
          RESTART_ENGINE,
        ],
      },
    }),
  );
}

/** macvlan and ipvlan networks hang on an interface of the host's. */
function auditParents(snapshot: LivingSnapshot, host: LivingHost): Findings {
  return together(
    snapshot.networks
      .filter(({ Driver }) => Driver === "macvlan" || Driver === "ipvlan")
      .map((network) => {
        const parent = network.Options?.parent;
        const used = snapshot.containers.some(
          ({ pid, endpoints }) => pid > 0 && endpoints.some(({ networkId }) => networkId === network.Id),
        );
        if (parent === undefined || parent === "" || !used) return NOTHING;
        const state = stateOfParent(host.links.find(({ name }) => name === parent));
        if (state === null) return NOTHING;
        return deviates(
          aboutNetwork(network.Name, "LIVE-18", {
            expected: `${parent} up, with a carrier`,
            observed: state.seen,
            effect: `The containers of network ${network.Name} reach nothing.`,
            reason: {
              key: `parent ${network.Name}`,
              what: `The parent interface ${parent} of network ${network.Name} ${state.what}.`,
              act: null,
              certainty: "seen",
              evidence: [`${parent}: ${state.seen}`],
              remedies: state.isOff
                ? [byHand("switch it on", [`ip link set ${parent} up`], `ip link show dev ${parent}`)]
                : [],
            },
          }),
        );
      }),
  );
}

/** What keeps a parent from carrying frames; null where nothing does. */
function stateOfParent(link: LivingHost["links"][number] | undefined) {
  if (link === undefined) return { seen: "no such interface", what: "does not exist", isOff: false };
  if (!link.up) return { seen: "down", what: "is down", isOff: true };
  if (link.carrier !== false) return null;
  return {
    seen: "up, without carrier",
    what: "has no carrier: its cable is out, or what it is plugged into is off",
    isOff: false,
  };
}
