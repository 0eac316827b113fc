import { firewallKey } from "../cause/keys.ts";
import { listed } from "../cause/mend.ts";
import { EMBEDDED_RESOLVER } from "../expectations/resolver.ts";
import { SOMEBODY } from "../model/somebody.ts";
import { parseResolvConf } from "../probes/parse/parse-resolv-conf.ts";
import { answerTo } from "../snapshot/firewall/answer.ts";
import { discoveryOf } from "../snapshot/firewall/discovery.ts";
import type { Firewall, Place, Table } from "../snapshot/firewall/model.ts";
import type { Packet } from "../snapshot/firewall/packet.ts";
import { placeText, removal } from "../snapshot/firewall/place-text.ts";
import type { LivingContainer, LivingEndpoint, LivingInside, LivingSnapshot } from "../snapshot/living.ts";
import { type Findings, NOTHING, together } from "./deviation.ts";
import { nicOf } from "./endpoint.ts";
import { insideOf } from "./namespace-finding.ts";
import { DATAGRAM, packetOf } from "./network-view.ts";
import { arrive, leave, type Passage, take } from "./passage.ts";
import { listensOn } from "./standing.ts";

/** A port that no rule is likely to be about in particular. */
const SOME_PORT = 65_123;

/** What it sends to somebody, and what a new caller sends to its published or any other port, by each family. */
export function auditFilter(snapshot: LivingSnapshot, container: LivingContainer, inside: LivingInside): Findings {
  const { tables } = inside;
  if (tables === null || tables.length === 0) return NOTHING;
  const firewall = { tables, unread: [] };
  return together(
    ([4, 6] as const).map((family) => {
      // By Swarm's ingress network come published ports alone: the engine itself shuts the others there.
      const endpoint = container.endpoints
        .filter(({ networkId }) => !snapshot.networks.some(({ Id, Ingress }) => Id === networkId && Ingress))
        .find(({ address, address6 }) => (family === 4 ? address : address6) !== "");
      if (endpoint === undefined) return NOTHING;
      return auditFamily(snapshot, container, firewall, endFor(inside, endpoint, family), inside);
    }),
  );
}

/** A container's end of a network. */
interface End {
  readonly family: 4 | 6;
  readonly own: string;
  readonly gateway: string;
  readonly device: string;
}

function endFor(inside: LivingInside, endpoint: LivingEndpoint, family: 4 | 6): End {
  const { address, gateway, address6, gateway6 } = endpoint;
  const [own, next] = family === 4 ? [address, gateway] : [address6, gateway6];
  return { family, own, gateway: next, device: nicOf(inside, endpoint)?.name ?? "eth0" };
}

/** What of a container's packets is followed through its own packet filter, and what it means where it ends there. */
interface Followed {
  readonly passage: Passage;
  readonly effect: string;
  /** The rule that leads it to where nobody takes it; null where none does. */
  readonly misledBy?: Place | null;
}

function followAll(container: LivingContainer, firewall: Firewall, end: End, inside: LivingInside): Followed[] {
  const { family, own, gateway, device } = end;
  const { name } = container;
  const outward = { inDevice: null, outDevice: device, sourceType: "local" } as const;
  const inward = { inDevice: device, outDevice: null, destinationType: "local" } as const;
  const toSomebody = { source: own, destination: SOMEBODY[family] } as const;
  const toOwn = packetOf({ family }, { ...inward, source: SOMEBODY[family], destination: own });
  const datagram = packetOf({ family }, { ...outward, ...toSomebody, ...DATAGRAM, destinationPort: 53 });
  const by = family === 4 ? "" : " by IPv6";
  // Each published port may be shut alone; without any, some port stands for all.
  const published = new Map(container.ports.map((port) => [`${port.containerPort}/${port.protocol}`, port]));
  const ports =
    published.size === 0 ? [{ protocol: "tcp", containerPort: SOME_PORT } as const] : [...published.values()];
  const into = ports.map(({ protocol, containerPort }) => {
    const asked = { ...toOwn, ...(protocol === "tcp" ? {} : DATAGRAM), protocol, destinationPort: containerPort };
    const passage = take(firewall, asked);
    return { port: `${containerPort}/${protocol}`, passage, misledBy: misleader(inside, passage, asked) };
  });
  const at = ({ place }: Passage): string => {
    const shut = into.filter(({ passage }) => passage.place?.rule === place?.rule && passage.outcome === "shut");
    return shut.length === into.length ? "" : ` at ${listed(shut.map(({ port }) => port))}`;
  };
  const out = leave(firewall, packetOf({ family }, { ...outward, ...toSomebody }));
  const other = leave(firewall, packetOf({ family }, { ...outward, ...toSomebody, destinationPort: SOME_PORT }));
  const alone = other.place?.rule === out.place?.rule ? "" : " at port 443/tcp";
  const nameless = `No name server beyond this host hears or answers ${name}${by}, nor the engine's resolver in it.`;
  return [
    { passage: out, effect: `${name} reaches nobody${alone}${by}.` },
    ...into.map(({ port, passage, misledBy }) => ({
      passage,
      misledBy,
      effect: `Nobody reaches ${name}${misledBy === null ? at(passage) : ` at ${port}`}${by}.`,
    })),
    ...namesAsked(firewall, inside, family).map((passage) => ({
      passage,
      misledBy: passage.packet.destination === EMBEDDED_RESOLVER ? null : (passage.translatedBy[0] ?? null),
      effect: `What ${name} asks of the engine's resolver goes elsewhere: it finds no other container by name.`,
    })),
    { passage: leave(firewall, datagram), effect: nameless },
    { passage: take(firewall, { ...answerTo(datagram), ...inward }), effect: nameless },
    ...discovers(firewall, { own, gateway, family }, inward, outward).map((passage) => ({
      passage,
      effect: `${name} and its neighbours don't learn each other's hardware addresses: it reaches nobody${by}, and nobody reaches it.`,
    })),
  ];
}

/** The rule by which a port that somebody listens on is led to another one, where nobody does; null where none is. */
function misleader({ sockets }: LivingInside, { outcome, packet, translatedBy }: Passage, asked: Packet): Place | null {
  const [rule] = translatedBy;
  const { protocol = "", destination = "", destinationPort } = asked;
  const to = packet.destinationPort;
  if (outcome !== "open" || rule === undefined || to == null || destinationPort == null) return null;
  const isHere = packet.destination === undefined || packet.destination === destination;
  const listens = (port: number): boolean => listensOn(sockets, protocol, port, destination);
  return isHere && listens(destinationPort) && !listens(to) ? rule : null;
}

/** What its programs ask of the engine's resolver, where they ask that one. */
function namesAsked(firewall: Firewall, { resolvConf }: LivingInside, family: 4 | 6): Passage[] {
  if (family === 6 || resolvConf === null || !parseResolvConf(resolvConf).nameservers.includes(EMBEDDED_RESOLVER))
    return [];
  const asked = { inDevice: null, outDevice: "lo", source: EMBEDDED_RESOLVER, destination: EMBEDDED_RESOLVER };
  const passage = arrive(firewall, packetOf({ family }, { ...DATAGRAM, ...asked, destinationPort: 53 }));
  return [passage];
}

/** The questions for a hardware address, its own and its gateway's, and the answers. */
function discovers(
  firewall: Firewall,
  { own, gateway, family }: Pick<End, "own" | "gateway" | "family">,
  inward: Partial<Packet>,
  outward: Partial<Packet>,
): Passage[] {
  const asks = discoveryOf(family, own, gateway);
  const asked = discoveryOf(family, gateway, own);
  const sent = [asks.question, asked.answer].map((packet) => leave(firewall, { ...packet, ...outward }));
  const got = [asked.question, asks.answer].map((packet) => take(firewall, { ...packet, ...inward }));
  return gateway === "" ? [] : [...sent, ...got];
}

function auditFamily(
  snapshot: LivingSnapshot,
  container: LivingContainer,
  firewall: Firewall,
  end: End,
  inside: LivingInside,
): Findings {
  const told = new Set<string>();
  return together(
    followAll(container, firewall, end, inside).map(({ passage, effect, misledBy = null }) => {
      const place = passage.outcome === "shut" ? passage.place : misledBy;
      if (place === null) return NOTHING;
      const text = placeText(place);
      // What stops everything stops what is asked of name servers as well.
      if (told.has(text)) return NOTHING;
      told.add(text);
      const command = removal(place);
      if (command === null) return NOTHING;
      const does = place === misledBy ? "leads what is sent to or by it to where nobody takes it" : "stops its packets";
      return insideOf(snapshot, container, {
        key: firewallKey(text),
        expected: "the packet passes",
        observed: `${place === misledBy ? "led elsewhere" : "stopped"} by ${text} in its network namespace`,
        effect,
        what: `A rule in the network namespace of container ${container.name} ${does}: \`${text}\`.`,
        mend: { what: "take the rule away", command, check: listing(place.table) },
      });
    }),
  );
}

/** What lists a table's rules. */
function listing({ program }: Table): string {
  return program === "nft" ? "nft list ruleset" : `${program}-save`;
}
