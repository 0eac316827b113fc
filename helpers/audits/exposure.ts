import { listed } from "../cause/mend.ts";
import { usesProxy } from "../expectations/firewall.ts";
import { isLoopback } from "../model/address.ts";
import { managerOf } from "../snapshot/firewall/managers.ts";
import { placeText } from "../snapshot/firewall/place-text.ts";
import type { LivingHost, LivingSnapshot } from "../snapshot/living.ts";
import { type Findings, NOTHING, notes } from "./deviation.ts";
import { once } from "./once.ts";
import { pass } from "./passage.ts";
import { type Published, portText, publishedPorts, subjectOf } from "./published.ts";
import { questions } from "./translation.ts";

/** Who can reach a published port, and by what. */
export interface Exposure {
  readonly container: string;
  /** `8080/tcp of container shop-web` */
  readonly port: string;
  /** `unknown` where a rule lets some pass, or could not be read. */
  readonly openTo: "every machine" | "this host alone" | "unknown";
  /** `DNAT` past the host's own firewall, or `docker-proxy` behind it. */
  readonly by: "DNAT" | "docker-proxy" | "";
  /** What of the host's own firewall shuts the port, and is not asked; null where nothing does. */
  readonly despite: string | null;
}

/** One row for each published port, by following the packet of another machine through every rule. */
export function exposureOf(snapshot: LivingSnapshot): readonly Exposure[] {
  return exposuresOf(snapshot).map(({ exposure }) => exposure);
}

const exposuresOf = once((snapshot: LivingSnapshot) => {
  const { host } = snapshot;
  if (host === null) return [];
  return publishedPorts(snapshot).map((published) => ({ published, exposure: exposed(snapshot, host, published) }));
});

function exposed(snapshot: LivingSnapshot, host: LivingHost, published: Published): Exposure {
  const { container, port, ends } = published;
  const base = { container: container.name, port: portText(container, port) };
  if (isLoopback(port.hostAddress)) return { ...base, openTo: "this host alone", by: "docker-proxy", despite: null };
  const { outside } = questions(snapshot, host, published);
  const { filters: firewall } = host;
  if (outside === null || firewall === null || firewall.tables.length === 0)
    return { ...base, openTo: "unknown", by: "", despite: null };
  const arrived = pass(firewall, outside, ["prerouting"]);
  if (arrived.outcome === "unsure") return { ...base, openTo: "unknown", by: "", despite: null };
  if (arrived.outcome === "shut") return { ...base, openTo: "this host alone", by: "", despite: null };
  const own = pass(firewall, outside, ["input"]);
  if (arrived.translatedBy.length === 0) {
    if (!usesProxy(snapshot.facts) || own.outcome === "shut")
      return { ...base, openTo: "this host alone", by: "docker-proxy", despite: null };
    return { ...base, openTo: own.outcome === "open" ? "every machine" : "unknown", by: "docker-proxy", despite: null };
  }
  const end = ends.find(({ address }) => address === arrived.packet.destination);
  const onward = pass(firewall, arrived.packet, ["forward"], () => end?.attachment.bridge.device ?? null);
  if (onward.outcome !== "open")
    return { ...base, openTo: onward.outcome === "shut" ? "this host alone" : "unknown", by: "DNAT", despite: null };
  return {
    ...base,
    openTo: "every machine",
    by: "DNAT",
    despite: own.outcome === "shut" && own.place !== null ? placeText(own.place) : null,
  };
}

/** Ports that are open to the world although the host's own firewall shuts them: one note, for one reason. */
export function auditExposure(snapshot: LivingSnapshot): Findings {
  const { host } = snapshot;
  if (host === null) return NOTHING;
  const surprising = exposuresOf(snapshot).filter(({ exposure }) => exposure.despite !== null);
  const [first] = surprising;
  if (first === undefined) return NOTHING;
  const { outside } = questions(snapshot, host, first.published);
  const place = outside === null || host.filters === null ? null : pass(host.filters, outside, ["input"]).place;
  const who = place === null ? null : managerOf(place);
  return notes({
    key: "open-despite-firewall",
    what: `Open to every machine although ${who === null ? "the host's own firewall" : who.name} shuts it (\`${first.exposure.despite ?? ""}\`): port ${listed(surprising.map(({ exposure }) => exposure.port))}. What is published is translated before that firewall is asked.`,
    todo: "To keep other machines off, publish on 127.0.0.1, or drop in the chain DOCKER-USER.",
    subjects: surprising.map(({ published }) => subjectOf(published.container, published.port)),
  });
}
