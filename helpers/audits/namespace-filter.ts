import { firewallKey } from "../cause/keys.ts";
import { listed } from "../cause/mend.ts";
import { SOMEBODY } from "../model/somebody.ts";
import { answerTo } from "../snapshot/firewall/answer.ts";
import type { Firewall } from "../snapshot/firewall/model.ts";
import type { Packet } from "../snapshot/firewall/packet.ts";
import { placeText, removal } from "../snapshot/firewall/place-text.ts";
import type { LivingContainer, LivingInside, LivingSnapshot } from "../snapshot/living.ts";
import { type Findings, NOTHING, together } from "./deviation.ts";
import { insideOf } from "./namespace-finding.ts";
import { ipFamily, type Passage, pass } from "./passage.ts";

/** A port that no rule is likely to be about in particular. */
const SOME_PORT = 65_123;

/** What it sends to somebody, and what a new caller sends to its published or any other port, by each family. */
export function auditFilter(snapshot: LivingSnapshot, container: LivingContainer, { tables }: LivingInside): Findings {
  if (tables === null || tables.length === 0) return NOTHING;
  const firewall = { tables, unread: [] };
  return together(
    ([4, 6] as const).map((family) => {
      // By Swarm's ingress network come published ports alone: the engine itself shuts the others there.
      const own = container.endpoints
        .filter(({ networkId }) => !snapshot.networks.some(({ Id, Ingress }) => Id === networkId && Ingress))
        .map(({ address, address6 }) => (family === 4 ? address : address6))
        .find((address) => address !== "");
      return own === undefined ? NOTHING : auditFamily(snapshot, container, firewall, family, own);
    }),
  );
}

function auditFamily(
  snapshot: LivingSnapshot,
  container: LivingContainer,
  firewall: Firewall,
  family: 4 | 6,
  own: string,
): Findings {
  const common = {
    family: ipFamily(family),
    protocol: "tcp",
    sourcePort: 50_000,
    state: "new",
    status: [],
    mark: 0,
    tcpFlags: ["syn"],
  } as const;
  const toSomebody = { source: own, destination: SOMEBODY[family] } as const;
  const datagram = { ...common, ...toSomebody, protocol: "udp", tcpFlags: [], destinationPort: 53 } as const;
  const out = leaving(firewall, { ...common, ...toSomebody, destinationPort: 443 });
  const toOwn = { ...common, source: SOMEBODY[family], destination: own } as const;
  // Each published port may be shut alone; without any, some port stands for all.
  const published = new Map(container.ports.map((port) => [`${port.containerPort}/${port.protocol}`, port]));
  const ports =
    published.size === 0 ? [{ protocol: "tcp", containerPort: SOME_PORT } as const] : [...published.values()];
  const into = ports.map(({ protocol, containerPort }) => ({
    port: `${containerPort}/${protocol}`,
    passage: entering(firewall, {
      ...toOwn,
      protocol,
      tcpFlags: protocol === "tcp" ? ["syn"] : [],
      destinationPort: containerPort,
    }),
  }));
  const asks = leaving(firewall, datagram);
  const answered = entering(firewall, answerTo(datagram));
  const by = family === 4 ? "" : " by IPv6";
  const at = ({ place }: Passage): string => {
    const shut = into.filter(({ passage }) => passage.place?.rule === place?.rule && passage.outcome === "shut");
    return shut.length === into.length ? "" : ` at ${listed(shut.map(({ port }) => port))}`;
  };
  const told = new Set<string>();
  const nameless = `No name server beyond this host hears or answers ${container.name}${by}, nor the engine's resolver in it.`;
  return together(
    [
      { passage: out, effect: `${container.name} reaches nobody${by}.` },
      ...into.map(({ passage }) => ({ passage, effect: `Nobody reaches ${container.name}${at(passage)}${by}.` })),
      { passage: asks, effect: nameless },
      { passage: answered, effect: nameless },
    ].map(({ passage, effect }) => {
      if (passage.outcome !== "shut" || passage.place === null) return NOTHING;
      const text = placeText(passage.place);
      // What stops everything stops what is asked of name servers as well.
      if (told.has(text)) return NOTHING;
      told.add(text);
      const command = removal(passage.place);
      if (command === null) return NOTHING;
      return insideOf(snapshot, container, {
        key: firewallKey(text),
        expected: "the packet passes",
        observed: `stopped by ${text} in its network namespace`,
        effect,
        what: `A rule in the network namespace of container ${container.name} stops its packets: \`${text}\`.`,
        mend: {
          what: "take the rule away",
          command,
          check: passage.place.table.program === "ip6tables" ? "ip6tables-save" : "iptables-save",
        },
      });
    }),
  );
}

function leaving(firewall: Firewall, packet: Packet): Passage {
  const ends = { sourceType: "local", destinationType: "unicast", inDevice: null, outDevice: "eth0" };
  return pass(firewall, { ...packet, ...ends }, ["output", "postrouting"]);
}

function entering(firewall: Firewall, packet: Packet): Passage {
  const ends = { sourceType: "unicast", destinationType: "local", inDevice: "eth0", outDevice: null };
  return pass(firewall, { ...packet, ...ends }, ["prerouting", "input"]);
}
