import { usesProxy } from "../expectations/firewall.ts";
import { isLoopback, isUnspecified } from "../model/address.ts";
import { answerTo } from "../snapshot/firewall/answer.ts";
import type { Packet } from "../snapshot/firewall/packet.ts";
import type { LivingSnapshot } from "../snapshot/living.ts";
import type { JudgedFirewall } from "./engine-rules.ts";
import { askedBy, opening } from "./opening.ts";
import { type Passage, pass } from "./passage.ts";
import type { Published } from "./published.ts";

/**
 * What this host sends to a port at its loopback: to docker-proxy, from there to the container, and the answer. Ends where
 * the packet filter first does not surely let it pass.
 * @returns null where no docker-proxy is there for it
 */
export function throughProxy(
  { facts }: LivingSnapshot,
  firewall: JudgedFirewall,
  published: Published,
): { readonly passage: Passage; readonly address: string } | null {
  const { port, family } = published;
  const address = isUnspecified(port.hostAddress) ? "127.0.0.1" : port.hostAddress;
  if (!usesProxy(facts) || family !== 4 || !isLoopback(address)) return null;
  const came = toProxy(firewall, published, address);
  const taken = came.outcome === "open" && came.translatedBy.length === 0;
  return { address, passage: taken ? (fromProxy(firewall, published) ?? came) : came };
}

function toProxy({ all }: JudgedFirewall, { port, family }: Published, address: string): Passage {
  const sent = pass(all, askedBy(opening(port, family), { device: null, from: address, to: address }), ["output"]);
  if (sent.outcome !== "open" || sent.translatedBy.length > 0) return sent;
  return pass(all, { ...sent.packet, inDevice: "lo", outDevice: null }, ["input"]);
}

/** docker-proxy asks the container from its bridge's address; null where that is not known. */
function fromProxy({ all }: JudgedFirewall, { port, family, ends }: Published): Passage | null {
  const [end] = ends;
  const { device, ranges } = end?.attachment.bridge ?? { ranges: [] };
  const { gateway = "" } = ranges.find((range) => range.family === family) ?? {};
  if (end === undefined || device === undefined || gateway === "") return null;
  const asks: Packet = {
    ...opening(port, family),
    source: gateway,
    sourceType: "local",
    destination: end.address,
    destinationPort: port.containerPort,
    destinationType: "unicast",
    inDevice: null,
    outDevice: device,
  };
  const asked = pass(all, asks, ["output", "postrouting"]);
  if (asked.outcome !== "open") return asked;
  const answer: Packet = {
    ...answerTo(asks),
    sourceType: "unicast",
    destinationType: "local",
    inDevice: device,
    outDevice: null,
  };
  return pass(all, answer, ["prerouting", "input"]);
}
