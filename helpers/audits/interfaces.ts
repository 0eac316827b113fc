import { keyOfEach } from "../cause/keys.ts";
import type { Deed } from "../cause/mend.ts";
import { sameAddress } from "../model/address.ts";
import type { NetworkRecord } from "../model/engine-answers.ts";
import { word } from "../model/shell-words.ts";
import { has } from "../model/version-switches.ts";
import type { IpLink } from "../probes/parse/parse-ip-address.ts";
import {
  type LivingContainer,
  type LivingEndpoint,
  type LivingInside,
  type LivingSnapshot,
  runs,
} from "../snapshot/living.ts";
import type { Does } from "./bearings.ts";
import { type Findings, NOTHING, unlessMeant } from "./deviation.ts";
import { about, nicOf } from "./endpoint.ts";
import { LEAST_OF_IPV6 } from "./lost-addresses.ts";
import { byHand, inNamespaceOf, ofContainer } from "./remedies.ts";

/** What is not as the engine made it, in the words of its report. */
interface Wrong {
  /** Beginning of the cause's key; the container and the network follow. */
  readonly key: string;
  readonly expected: string;
  readonly observed: string;
  readonly effect: string;
  readonly what: string;
  readonly act?: string;
  readonly evidence: readonly string[];
  /** Beside the container's restart. */
  readonly narrower?: Deed;
  /** A restart makes it the same way again. */
  readonly remains?: true;
  readonly does?: Does;
  readonly topics?: readonly string[];
}

/** An endpoint, and what the engine and the kernel say of it. */
interface Seen {
  readonly snapshot: LivingSnapshot;
  readonly container: LivingContainer;
  readonly inside: LivingInside;
  readonly endpoint: LivingEndpoint;
  readonly network: NetworkRecord | undefined;
  /** Its interface. */
  readonly nic: IpLink;
  /** A command in the container's network namespace follows. */
  readonly enter: string;
}

/**
 * The interface that an endpoint is inside its container: there, up, and as the engine made it. Of several things that
 * are wrong with one the first is told: it likely took the others along.
 */
export function auditInterface(
  snapshot: LivingSnapshot,
  container: LivingContainer,
  inside: LivingInside,
  endpoint: LivingEndpoint,
): Findings {
  const { name, administersNetwork } = container;
  if (addressesOf(endpoint).length === 0) return NOTHING;
  const nic = nicOf(inside, endpoint);
  const network = snapshot.networks.find(({ Id }) => Id === endpoint.networkId);
  const seen = { snapshot, container, inside, endpoint, network, enter: inNamespaceOf(name) };
  const wrong = nic === undefined ? missing(seen) : wrongWith({ ...seen, nic });
  if (wrong === null) return NOTHING;
  const { key, what, act = null, evidence, narrower, remains, ...told } = wrong;
  const byHands = narrower === undefined ? [] : [narrower];
  return unlessMeant(
    about(container, endpoint, "LIVE-01", {
      ...told,
      reason: {
        key: keyOfEach(key, `${name} ${endpoint.network}`),
        what,
        act,
        certainty: "seen",
        evidence,
        remedies: remains && snapshot.whose === "everybody" ? byHands : ofContainer(snapshot, container, byHands),
      },
    }),
    administersNetwork,
  );
}

function wrongWith(seen: Seen): Wrong | null {
  // Going down takes an interface's IPv6 addresses along, and so does a small MTU: put back alone, they would serve nobody.
  const small = seen.nic.mtu < LEAST_OF_IPV6 ? hasOtherMtu(seen) : null;
  return isDown(seen) ?? small ?? lacksAddress(seen) ?? answersNoArp(seen) ?? hasOtherMac(seen) ?? hasOtherMtu(seen);
}

function addressesOf({ address, prefix, address6, prefix6 }: LivingEndpoint) {
  return [
    { family: 4, address, prefix },
    { family: 6, address: address6, prefix: prefix6 },
  ].filter((one) => one.address !== "");
}

function shownIn(inside: LivingInside): string[] {
  return inside.addresses.map(({ name, addresses }) =>
    `${name} ${addresses.map((one) => `${one.address}/${one.prefix}`).join(" ")}`.trim(),
  );
}

function missing({ container: { name }, inside, endpoint }: Omit<Seen, "nic">): Wrong {
  const told = addressesOf(endpoint).map(({ address, prefix }) => `${address}/${prefix}`);
  return {
    key: "no-interface",
    expected: `an interface with ${told.join(" and ")}`,
    observed: shownIn(inside).join("; "),
    effect: `${name} reaches nobody on network ${endpoint.network}, and nobody there reaches it.`,
    what: `The engine says that container ${name} is on network ${endpoint.network} (${[...told, endpoint.mac].join(", ")}), but no interface in it has that address or MAC: it was deleted, or changed inside.`,
    act: "ip link delete, or a script that cleans up interfaces",
    evidence: shownIn(inside),
  };
}

/** The endpoint's addresses that its interface has not. */
function lostAddresses({ endpoint, nic }: Seen): ReturnType<typeof addressesOf> {
  return addressesOf(endpoint).filter(
    ({ family, address, prefix }) =>
      !nic.addresses.some((one) => sameAddress(one.address, address) && (family === 6 || one.prefix === prefix)),
  );
}

/** The lines that put addresses back, with the default routes that the kernel took away with them. */
function addressesBack({ inside, endpoint, nic, enter }: Seen, lost: ReturnType<typeof addressesOf>): string[] {
  return lost.flatMap(({ family, address, prefix }) => {
    const gateway = family === 4 ? endpoint.gateway : endpoint.gateway6;
    const hadDefault = gateway !== "" && !inside.defaults.some((route) => route.family === family);
    return [
      `${enter} ip addr add ${address}/${prefix} dev ${nic.name}${family === 6 ? " nodad" : ""}`,
      ...(hadDefault
        ? [`${enter} ip ${family === 6 ? "-6 " : ""}route replace default via ${gateway} dev ${nic.name}`]
        : []),
    ];
  });
}

function lacksAddress(seen: Seen): Wrong | null {
  const {
    container: { name },
    inside,
    endpoint,
    nic,
    enter,
  } = seen;
  const lost = lostAddresses(seen);
  if (lost.length === 0) return null;
  const lacking = lost.map(({ address, prefix }) => `${address}/${prefix}`).join(" and ");
  return {
    key: "no-address",
    expected: `${lacking} on ${nic.name}`,
    observed: shownIn(inside).join("; "),
    effect: `${name} is not reached at ${lacking}, and its answers have nowhere to come from.`,
    what: `The address ${lacking} that the engine says container ${name} has on network ${endpoint.network} is not on its ${nic.name}, which has ${nic.addresses.map((one) => `${one.address}/${one.prefix}`).join(", ") || "none"}.`,
    evidence: shownIn(inside),
    narrower: byHand("put the address back", addressesBack(seen, lost), `${enter} ip addr show dev ${nic.name}`),
  };
}

function isDown({ container: { name }, endpoint: { network }, nic }: Seen): Wrong | null {
  if (nic.flags.includes("UP")) return null;
  return {
    key: "interface-down",
    expected: `${nic.name} up`,
    observed: `${nic.name} is down`,
    effect: `${name} reaches nobody on network ${network}, and nobody there reaches it.`,
    what: `The interface ${nic.name} of container ${name} on network ${network} is down.`,
    // Its routes went with it: switching it on alone would not bring them back.
    evidence: [`${nic.name}: <${nic.flags.join(",")}>`],
  };
}

function answersNoArp({ container: { name }, network, nic, enter }: Seen): Wrong | null {
  // ipvlan in its mode l3 asks nobody, and answers nobody.
  if (network?.Driver !== "bridge" || !nic.flags.includes("NOARP")) return null;
  return {
    key: "interface-arp",
    topics: ["arp"],
    expected: `${nic.name} answers ARP`,
    observed: `${nic.name} is switched to NOARP`,
    effect: `${name} asks for nobody's hardware address and answers nobody: it is not found on network ${network.Name}.`,
    what: `The interface ${nic.name} of container ${name} on network ${network.Name} answers no ARP.`,
    act: "ip link set arp off in its network namespace",
    evidence: [`${nic.name}: <${nic.flags.join(",")}>`],
    narrower: byHand(
      "switch it on",
      [`${enter} ip link set dev ${nic.name} arp on`],
      `${enter} ip link show dev ${nic.name}`,
    ),
  };
}

/** On a bridge an interface has the hardware address that the engine gave it, and no other container there has it as well. */
function hasOtherMac(seen: Seen): Wrong | null {
  const {
    snapshot,
    container: { name },
    endpoint,
    network,
    nic,
    enter,
  } = seen;
  const { mac } = endpoint;
  const own = nic.mac?.toLowerCase();
  if (network?.Driver !== "bridge" || mac === "" || own === undefined) return null;
  const twins = snapshot.containers.filter(
    (other) =>
      other.name !== name &&
      runs(other) &&
      other.endpoints.some((one) => one.networkId === network.Id && one.mac.toLowerCase() === own),
  );
  const shared = twins.map((twin) => twin.name).join(" and ");
  // Of two that were given the same one is told.
  if (own === mac.toLowerCase())
    return shared === "" || twins.some((twin) => twin.name > name) ? null : givenTwice(seen, shared);
  return {
    key: "hardware-address",
    does: "differs",
    expected: `${nic.name} with hardware address ${mac}`,
    observed: `${nic.name} with ${own}`,
    effect:
      shared === ""
        ? `${name} is not reached by who remembers its address, nor by what filters hardware addresses.`
        : `What is meant for ${name} and for ${shared} goes now to the one, now to the other.`,
    what: `The interface ${nic.name} of container ${name} on network ${network.Name} has the MAC address ${own}; the engine says ${mac}${shared === "" ? "" : `, and ${own} is that of container ${shared}`}.`,
    act: "ip link set address in its network namespace, or a network manager that took the interface over",
    evidence: [`${nic.name}: ${own}, inspect: ${mac}`],
    narrower: byHand(
      "give it its own hardware address back",
      [`${enter} ip link set dev ${nic.name} address ${mac}`],
      `${enter} ip link show dev ${nic.name}`,
    ),
  };
}

/** The engine asks nobody whether a hardware address that it is to give is another's. */
function givenTwice({ snapshot: { facts }, container: { name }, endpoint, nic }: Seen, shared: string): Wrong {
  const { network, mac } = endpoint;
  // Before, a container kept the address for whatever network it is connected to.
  const forgets = has(facts, "mac-of-endpoint");
  const [container, on] = [word(name), word(network)];
  return {
    key: "hardware-address-twice",
    remains: true,
    does: "differs",
    expected: `${mac} on container ${name} alone`,
    observed: `container ${shared} has it as well`,
    effect: `What is meant for ${name} and for ${shared} goes now to the one, now to the other.`,
    what: `Container ${name} and container ${shared} were given the same MAC address ${mac} on network ${network}: create one of them anew with another one.`,
    act: "--mac-address or `mac_address` of compose, copied from one container to the other",
    evidence: [`${nic.name} of ${name}: ${mac}`],
    ...(forgets
      ? {
          narrower: {
            what: "connect one of them anew, with an address of the engine's choice",
            commands: [`docker network disconnect ${on} ${container}`, `docker network connect ${on} ${container}`],
            cost: `${name} is cut off for a moment, and may get another IP address; aliases on the network are lost.`,
            check: null,
          },
        }
      : {}),
  };
}

/** Of interfaces that nobody asked for otherwise. */
const USUAL_MTU = 1500;

function hasOtherMtu(seen: Seen): Wrong | null {
  const {
    container: { name },
    network,
    nic,
    enter,
  } = seen;
  if (network?.Driver !== "bridge") return null;
  const wanted = Number(network.Options?.["com.docker.network.driver.mtu"] ?? 0) || USUAL_MTU;
  if (nic.mtu === wanted) return null;
  const lost = nic.mtu < LEAST_OF_IPV6 ? lostAddresses(seen).filter(({ family }) => family === 6) : [];
  const gone = lost.map(({ address }) => address).join(" and ");
  return {
    key: "mtu",
    topics: ["mtu", "fragment"],
    expected: `${nic.name} with MTU ${wanted}`,
    observed: `${nic.name} with MTU ${nic.mtu}`,
    effect: `Packets of more than ${Math.min(nic.mtu, wanted)} bytes from or to ${name} may be lost without a word${gone === "" ? "" : ", and it has no IPv6 there"}.`,
    what: `The interface ${nic.name} of container ${name} on network ${network.Name} has MTU ${nic.mtu}; the network's is ${wanted}.${gone === "" ? "" : ` Below ${LEAST_OF_IPV6} the kernel gives an interface no IPv6: its address ${gone} is gone.`}`,
    act: "ip link set mtu in its network namespace",
    evidence: [`${nic.name}: mtu ${nic.mtu}`],
    narrower: byHand(
      "give it the network's MTU back",
      [`${enter} ip link set dev ${nic.name} mtu ${wanted}`, ...addressesBack(seen, lost)],
      `${enter} ip link show dev ${nic.name}`,
    ),
  };
}
