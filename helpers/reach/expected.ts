import { holds } from "../audits/addresses.ts";
import { ipFamily, type Passage, pass } from "../audits/passage.ts";
import type { Published } from "../audits/published.ts";
import { takes } from "../audits/takers.ts";
import { sameAddress } from "../model/address.ts";
import type { Firewall } from "../snapshot/firewall/model.ts";
import type { Packet } from "../snapshot/firewall/packet.ts";
import { placeText } from "../snapshot/firewall/place-text.ts";
import type { LivingHost } from "../snapshot/living.ts";
import type { Attempt } from "./places.ts";

/** How a connection stands: `blocked` is silence or a refusal by a rule; `unknown` where a rule can't be read. */
export type Standing = "connects" | "refused" | "blocked" | "unknown";

export interface Expected {
  readonly standing: Standing;
  /** `DNAT`, `docker-proxy`, the rule that stops it, or that nobody listens. */
  readonly by: string;
}

/** What the rules, the sockets and the docker-proxies of a look say that a connection comes to. */
export function expectedOf(host: LivingHost, published: Published, attempt: Attempt): Expected {
  const { filters: firewall } = host;
  if (firewall === null || firewall.tables.length === 0) return { standing: "unknown", by: "the rules were not read" };
  const { caller } = attempt;
  const asked = packetOf(published, attempt);
  const before = pass(firewall, asked, [caller === null ? "output" : "prerouting"]);
  if (before.outcome !== "open") return stopped(before);
  const end = published.ends.find(
    ({ address }) => before.packet.destination !== undefined && sameAddress(address, before.packet.destination),
  );
  if (before.translatedBy.length > 0) {
    if (end === undefined) return { standing: "unknown", by: "it is translated to another place" };
    const { device } = end.attachment.bridge;
    const onward = pass(
      firewall,
      before.packet,
      caller === null ? ["postrouting"] : ["forward", "postrouting"],
      () => device,
    );
    if (onward.outcome !== "open") return stopped(onward);
    if (answersElsewhere(published, attempt))
      return { standing: "unknown", by: "the container answers by another way" };
    const port = portInside(published, onward.packet);
    if (port === null) return { standing: "unknown", by: "the container's own rules lead it on" };
    return listens(published, port)
      ? { standing: "connects", by: "DNAT" }
      : { standing: "refused", by: "nobody listens in the container" };
  }
  return byHost(host, firewall, published, attempt, before.packet);
}

function packetOf({ port, family }: Published, { caller, from, to }: Attempt): Packet {
  const own = caller === null;
  return {
    family: ipFamily(family),
    protocol: "tcp",
    source: from,
    destination: to,
    sourcePort: 50_000,
    destinationPort: port.hostPort,
    sourceType: own ? "local" : "unicast",
    destinationType: "local",
    state: "new",
    status: [],
    mark: 0,
    tcpFlags: ["syn"],
    inDevice: own ? null : caller.bridge.device,
    outDevice: own ? "lo" : null,
  };
}

/** What no rule translates is the host's own to answer: docker-proxy's, where it listens. */
function byHost(
  { sockets }: LivingHost,
  firewall: Firewall,
  { port }: Published,
  { caller, to }: Attempt,
  packet: Packet,
): Expected {
  const arriving: Packet = { ...packet, inDevice: caller === null ? "lo" : caller.bridge.device, outDevice: null };
  const taken = pass(firewall, arriving, ["input"]);
  if (taken.outcome !== "open") return stopped(taken);
  const served = sockets.some(
    (socket) => socket.protocol === "tcp" && socket.local.port === port.hostPort && takes(socket, to),
  );
  return served
    ? { standing: "connects", by: "docker-proxy" }
    : { standing: "refused", by: "nothing listens on this host" };
}

function stopped({ outcome, place }: Passage): Expected {
  if (outcome === "unsure" || place === null) return { standing: "unknown", by: "a rule that can't be followed" };
  return { standing: "blocked", by: placeText(place) };
}

/** A VPN's client has led its answers to other networks away from its gateway: whether they come back, nobody here knows. */
function answersElsewhere({ container, family }: Published, { from }: Attempt): boolean {
  const { endpoints, inside } = container;
  const ranges = endpoints.map(({ address, prefix, address6, prefix6 }) =>
    family === 4 ? `${address}/${prefix}` : `${address6}/${prefix6}`,
  );
  if (inside === null || ranges.some((range) => holds(range, from))) return false;
  const gateways = endpoints.map(({ gateway, gateway6 }) => (family === 4 ? gateway : gateway6));
  const defaults = inside.defaults.filter((route) => route.family === family);
  return !defaults.some(({ gateway }) => gateway !== null && gateways.some((one) => sameAddress(one, gateway)));
}

/** The port behind the container's own rules, as a mesh's sidecar has them; null where these leave it open. */
function portInside({ container }: Published, arriving: Packet): number | null {
  const { inDevice: _, ...rest } = arriving;
  const tables = container.inside?.tables ?? [];
  const { outcome, packet } = pass({ tables, unread: [] }, { ...rest, outDevice: null }, ["prerouting"]);
  return outcome === "open" ? (packet.destinationPort ?? null) : null;
}

/** Whether somebody in the container waits at a port for what is sent to it. */
function listens({ container, ends }: Published, port: number): boolean {
  return (
    container.inside?.sockets.some(
      (socket) =>
        socket.protocol === "tcp" && socket.local.port === port && ends.some(({ address }) => takes(socket, address)),
    ) === true
  );
}
