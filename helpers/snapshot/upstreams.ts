import { FALLBACK_RESOLVERS, hostsOwnResolver } from "../expectations/resolver.ts";
import { isLoopback } from "../model/address.ts";
import type { Facts } from "../model/facts.ts";
import { nameServerAnswers } from "../probes/name-server.ts";
import { parseResolvConf } from "../probes/parse/parse-resolv-conf.ts";
import { externalServers } from "../probes/resolv-conf.ts";
import type { HostView } from "../vantage/host-view.ts";
import { type LivingContainer, runs, type ServerAnswer, sharesNetwork } from "./living.ts";
import { asksEmbeddedResolver } from "./look-into-containers.ts";

/** How long a server may take; all are asked at once. */
const SECONDS = 2;

/**
 * The name servers by which a container finds names beyond the host: those that its resolv.conf names, or those behind
 * the engine's own resolver. A server on its own loopback is its own affair.
 */
export function upstreamsOf({ inside, dns, networkMode }: LivingContainer, facts: Facts): string[] {
  if (inside === null || inside.resolvConf === null || sharesNetwork({ networkMode })) return [];
  const read = parseResolvConf(inside.resolvConf);
  if (!asksEmbeddedResolver(inside)) return read.nameservers.filter((server) => !isLoopback(server));
  const told = externalServers(read);
  if (told !== null)
    return told.filter((server) => !isLoopback(server) || inside.resolvConf?.includes(`host(${server})`));
  // Before Engine 26 nothing in the container tells them.
  const given = [dns, facts.configuration.dns ?? []].map((servers) => servers.filter((server) => !isLoopback(server)));
  // The host's are asked from the host, a stub on its loopback too.
  const chosen = [...given, facts.host === null ? [] : hostsOwnResolver(facts.host).nameservers].find(
    (servers) => servers.length > 0,
  );
  return [...(chosen ?? FALLBACK_RESOLVERS.ipv4)];
}

/**
 * Asks each name server of running containers one question from the host: the only packets that a look at the living
 * host sends.
 */
export async function askUpstreams(
  host: HostView,
  containers: readonly LivingContainer[],
  facts: Facts,
): Promise<Readonly<Record<string, ServerAnswer>>> {
  const servers = new Set(containers.filter(runs).flatMap((container) => upstreamsOf(container, facts)));
  const asked = [...servers].map(async (server) => {
    const { outcome, detail } = await nameServerAnswers(host, server, "UDP").ask(SECONDS);
    return [server, { answers: outcome === "replied", detail: outcome === "replied" ? detail : outcome }] as const;
  });
  return Object.fromEntries(await Promise.all(asked));
}
