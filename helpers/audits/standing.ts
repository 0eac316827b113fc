import { isLoopback, sameAddress } from "../model/address.ts";
import { isEngines } from "../snapshot/firewall/managers.ts";
import type { Firewall, Place } from "../snapshot/firewall/model.ts";
import type { Packet } from "../snapshot/firewall/packet.ts";
import { placeText } from "../snapshot/firewall/place-text.ts";
import type { LivingContainer, LivingHost } from "../snapshot/living.ts";
import { holds } from "./addresses.ts";
import { type Asking, askedBy, opening } from "./opening.ts";
import { endsSenders } from "./operators-word.ts";
import { arrive, type Passage, pass, take } from "./passage.ts";
import type { Published } from "./published.ts";
import { takes } from "./takers.ts";

/**
 * How a connection stands: `blocked` is silence or a refusal by a rule; `unknown` where a rule can't be read, or lets some
 * of such packets pass.
 */
export type Standing = "connects" | "refused" | "blocked" | "unknown";

export interface Expected {
  readonly standing: Standing;
  /** `DNAT`, `docker-proxy`, the rule that stops it, or that nobody listens. */
  readonly by: string;
  /** The rules that translate it and let it pass. */
  readonly accepts: readonly Place[];
  /** What stops it stops senders whom it does not know, and lets others in. */
  readonly chosen: boolean;
}

/** What takes a connection that no rule translates. */
export const BY_PROXY = "docker-proxy";

/** What the rules, the sockets and the docker-proxies of a look say that a connection to a published port comes to. */
export function standingOf(host: LivingHost, published: Published, asking: Asking): Expected {
  const { filters: firewall } = host;
  if (firewall === null || firewall.tables.length === 0) return unknown("the rules were not read");
  if (isDroppedUnseen(asking)) return KEPT;
  const { port, family, container, ends } = published;
  const asked = askedBy(opening(port, family), asking);
  const before = arrive(firewall, asked);
  if (before.outcome !== "open") return stopped(before);
  const { destination } = before.packet;
  if (before.translatedBy.length === 0) {
    const taken = takenByHost(host, firewall, before.packet, asking);
    if (taken.standing !== "connects") return taken;
    return listensOn(host.sockets, port.protocol, port.hostPort, asking.to)
      ? { ...taken, by: BY_PROXY }
      : plainly("refused", "nothing listens on this host");
  }
  const end = ends.find(({ address }) => destination !== undefined && sameAddress(address, destination));
  if (end === undefined) return unknown("it is translated to another place");
  const { device } = end.attachment.bridge;
  const onward = pass(
    firewall,
    before.packet,
    asking.device === null ? ["postrouting"] : ["forward", "postrouting"],
    () => device,
  );
  if (onward.outcome !== "open") return stopped(onward);
  if (answersElsewhere(published, asking)) return unknown("the container answers by another way");
  const inside = insideOf(container, onward.packet);
  if (inside.outcome !== "open")
    return inside.outcome === "shut" ? stopped(inside) : unknown("its own rules lead it on");
  // A network stack of its own has its sockets elsewhere.
  if (container.inside === null || container.ownStack) return unknown("nobody could look into the container");
  const accepts = [...before.translatedBy, ...onward.accepts];
  return ends.some(({ address }) =>
    listensOn(container.inside?.sockets ?? [], port.protocol, inside.packet.destinationPort ?? 0, address),
  )
    ? { ...plainly("connects", "DNAT"), accepts }
    : { ...plainly("refused", "nobody listens in the container"), accepts };
}

/** Without a rule that decides. */
export function plainly(standing: Standing, by: string): Expected {
  return { standing, by, accepts: [], chosen: false };
}

/** Whatever is not known disagrees with nothing. */
export function unknown(by: string): Expected {
  return plainly("unknown", by);
}

/** What {@link Expected} is of a packet that does not surely pass. */
export function stopped(passage: Passage): Expected {
  const { outcome, place } = passage;
  if (outcome === "unsure" || place === null) return unknown("a rule that can't be followed");
  return { ...plainly("blocked", placeText(place)), chosen: !isEngines(place) && endsSenders(passage) };
}

const OPENNESS: readonly Standing[] = ["connects", "refused", "unknown", "blocked"];

/** Of several who ask the one who gets furthest; null for nobody. */
export function mostOpen(all: readonly Expected[]): Expected | null {
  return all.toSorted((a, b) => OPENNESS.indexOf(a.standing) - OPENNESS.indexOf(b.standing))[0] ?? null;
}

/** What is for ::1 and comes in by another device the kernel drops before any rule. */
function isDroppedUnseen({ device, to }: Asking): boolean {
  return device !== null && isLoopback(to) && to.includes(":");
}

/** What no rule leads elsewhere the kernel takes for its loopback from no other device, unless it is told to. */
function keptByKernel({ sysctls }: LivingHost, { device, to }: Asking): boolean {
  if (device === null || !isLoopback(to)) return false;
  return [device, "all"].every((name) => sysctls[`ipv4/conf/${name}/route_localnet`] !== "1");
}

const KEPT = plainly("blocked", "the kernel takes that address by its loopback alone");

/** What no rule translates is the host's own to answer. */
function takenByHost(host: LivingHost, firewall: Firewall, packet: Packet, asking: Asking): Expected {
  const taken = pass(firewall, { ...packet, inDevice: asking.device ?? "lo", outDevice: null }, ["input"]);
  if (taken.outcome !== "open") return stopped(taken);
  if (keptByKernel(host, asking)) return KEPT;
  return { ...plainly("connects", "the host's own"), accepts: taken.accepts };
}

/** What a connection to a port comes to on which a program listens in the host's own network. */
export function standingAtHost(
  host: LivingHost,
  { family, protocol, port }: { readonly family: 4 | 6; readonly protocol: "tcp" | "udp"; readonly port: number },
  asking: Asking,
): Expected {
  const { filters: firewall } = host;
  if (firewall === null || firewall.tables.length === 0) return unknown("the rules were not read");
  if (isDroppedUnseen(asking)) return KEPT;
  const before = arrive(firewall, askedBy(opening({ protocol, hostPort: port }, family), asking));
  if (before.outcome !== "open") return stopped(before);
  if (before.translatedBy.length > 0) return unknown("it is translated to another place");
  return takenByHost(host, firewall, before.packet, asking);
}

/** Whether somebody waits at a port for what is sent to an address. Sockets of SCTP the kernel shows to nobody. */
export function listensOn(sockets: LivingHost["sockets"], protocol: string, port: number, address: string): boolean {
  if (protocol === "sctp") return true;
  return sockets.some((one) => one.protocol === protocol && one.local.port === port && takes(one, address));
}

/** By the container's own rules, as a mesh's sidecar or a firewall inside has them. */
export function insideOf({ inside }: LivingContainer, arriving: Packet): Passage {
  const { inDevice: _, ...rest } = arriving;
  return take({ tables: inside?.tables ?? [], unread: [] }, { ...rest, outDevice: null });
}

/** A VPN's client has led its answers to other networks away from its gateway: whether they come back, nobody here knows. */
function answersElsewhere({ container, family }: Published, { from }: Asking): boolean {
  const { endpoints, inside } = container;
  const ranges = endpoints.map(({ address, prefix, address6, prefix6 }) =>
    family === 4 ? `${address}/${prefix}` : `${address6}/${prefix6}`,
  );
  if (inside === null || ranges.some((range) => holds(range, from))) return false;
  const gateways = endpoints.map(({ gateway, gateway6 }) => (family === 4 ? gateway : gateway6));
  const defaults = inside.defaults.filter((route) => route.family === family);
  return !defaults.some(({ gateway }) => gateway !== null && gateways.some((one) => sameAddress(one, gateway)));
}
