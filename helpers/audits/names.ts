import { keyOfEach } from "../cause/keys.ts";
import { EMBEDDED_RESOLVER, loopbackCopied } from "../expectations/resolver.ts";
import { resolverWay } from "../expectations/resolver-way.ts";
import { formatRule } from "../expectations/rule-match.ts";
import { isUnspecified, sameAddress } from "../model/address.ts";
import { word } from "../model/shell-words.ts";
import { parseResolvConf } from "../probes/parse/parse-resolv-conf.ts";
import { ruleList } from "../snapshot/firewall/rule-list.ts";
import {
  type LivingContainer,
  type LivingInside,
  type LivingSnapshot,
  runs,
  sharesNetwork,
} from "../snapshot/living.ts";
import { asksEmbeddedResolver, asksLoopback } from "../snapshot/look-into-containers.ts";
import { SWARM_GATEWAY } from "../snapshot/swarm-gateway.ts";
import { deviates, type Findings, NOTHING, notes, together, unlessMeant } from "./deviation.ts";
import { ofContainer } from "./remedies.ts";

/** The engine's resolver in containers on networks of their own, and the files that the engine made for them. */
export function auditNames(snapshot: LivingSnapshot): Findings {
  return together(
    snapshot.containers
      .filter((container) => runs(container) && !sharesNetwork(container) && !container.ownStack)
      .map((container) => auditResolver(snapshot, container)),
  );
}

function auditResolver(snapshot: LivingSnapshot, container: LivingContainer): Findings {
  const { inside, name, endpoints, administersNetwork } = container;
  const served = endpoints.some(({ network }) => !["bridge", "host", "none"].includes(network));
  if (inside === null) return NOTHING;
  if (!served) return together([auditServers(snapshot, container, inside), auditLinks(snapshot, container, inside)]);
  if (!asksEmbeddedResolver(inside)) {
    // The file is the container's to write.
    return inside.resolvConf === null
      ? NOTHING
      : notes({
          key: `resolv-conf ${name}`,
          what: `/etc/resolv.conf of container ${name} does not name the engine's resolver ${EMBEDDED_RESOLVER}: somebody edited it, and names of other containers are not found.`,
          todo: "A restart of the container does not undo that; creating it anew does.",
          subjects: [{ kind: "container", name }],
        });
  }
  const effect = `${name} finds no name: neither other containers' nor any beyond the host.`;
  const say = (key: string, expected: string, observed: string, what: string, evidence: readonly string[]): Findings =>
    unlessMeant(
      {
        claim: "LIVE-14",
        subject: { kind: "container", name },
        concerns: [name],
        expected,
        observed,
        effect,
        reason: {
          key: keyOfEach(key, name),
          what,
          act: "rules inside the container's network namespace were flushed, or dockerd was restarted while it was frozen",
          certainty: "seen",
          evidence,
          remedies: ofContainer(snapshot, container),
        },
      },
      administersNetwork,
    );
  const listening = inside.sockets
    .filter(({ local }) => local.address === EMBEDDED_RESOLVER)
    .map(({ protocol, local }) => ({ protocol, port: String(local.port) }));
  const missing = (["udp", "tcp"] as const).filter(
    (protocol) => !listening.some((socket) => socket.protocol === protocol),
  );
  if (missing.length > 0)
    return say(
      "deaf-resolver",
      `sockets at ${EMBEDDED_RESOLVER} for udp and tcp`,
      `none for ${missing.join(" and ")}`,
      `The engine's resolver does not listen in container ${name} (${missing.join(" and ")}).`,
      listening.map(({ protocol, port }) => `${EMBEDDED_RESOLVER}:${port}/${protocol}`),
    );
  const { resolverRules, tables } = inside;
  const rules = tables === null ? null : ruleList(tables).rules;
  const ways = (["udp", "tcp"] as const).map((protocol) => ({
    protocol,
    port: resolverWay({ rules, resolverRules }, protocol),
  }));
  const broken = ways.filter(
    ({ protocol, port }) =>
      port !== undefined && !listening.some((socket) => socket.protocol === protocol && socket.port === port),
  );
  const wrong = broken.filter(({ port }) => port !== null).map(({ protocol, port }) => `${port}/${protocol}`);
  if (broken.length === 0) return auditHosts(snapshot, container, inside);
  return say(
    wrong.length > 0 ? "resolver-misled" : "resolver-rules",
    `rules that lead ${EMBEDDED_RESOLVER} port 53 to the resolver's sockets`,
    wrong.length > 0
      ? `they lead to ${wrong.join(" and ")}`
      : `none for ${broken.map(({ protocol }) => protocol).join(" and ")}`,
    wrong.length > 0
      ? `What container ${name} asks of the engine's resolver (${EMBEDDED_RESOLVER}) is led to port ${wrong.join(" and ")}, where that does not listen.`
      : `The rules that lead container ${name} to the engine's resolver (${EMBEDDED_RESOLVER}) are gone from its network namespace.`,
    resolverRules ?? (rules ?? []).map(formatRule),
  );
}

/** A container on the default bridge asks servers itself: those must not all be its own loopback, with nobody there. */
function auditServers({ facts }: LivingSnapshot, container: LivingContainer, inside: LivingInside): Findings {
  const { name, dns, endpoints } = container;
  const { nameservers } = parseResolvConf(inside.resolvConf ?? "");
  const listens = inside.sockets.some(
    ({ local }) => nameservers.includes(local.address) || (local.port === 53 && isUnspecified(local.address)),
  );
  if (endpoints.length === 0 || dns.length > 0 || !asksLoopback(inside) || listens) return NOTHING;
  return deviates({
    claim: "LIVE-14",
    subject: { kind: "container", name },
    concerns: [name],
    expected: "a nameserver that answers",
    observed: `${nameservers.join(", ")}, where nobody listens`,
    effect: `${name} finds no name.`,
    reason: {
      key: "loopback nameservers",
      what: `Containers are told to ask ${nameservers.join(", ")}, which is their own loopback, where nobody listens. Name a server that they reach in "dns" of daemon.json, and create them anew.`,
      act: loopbackCopied(facts),
      certainty: "seen",
      evidence: nameservers.map((server) => `/etc/resolv.conf: nameserver ${server}`),
      remedies: [],
    },
  });
}

/**
 * The engine writes a container's own addresses into its hosts file as it starts, but for those by which a task of Swarm is reached from
 * outside. The file is the container's to change.
 */
function auditHosts(
  { networks }: LivingSnapshot,
  { name, endpoints, networkMode }: LivingContainer,
  { hostsFile }: LivingInside,
): Findings {
  const fromOutside = networks.filter(({ Name, Ingress }) => Ingress || Name === SWARM_GATEWAY).map(({ Id }) => Id);
  // Of networks that it was connected to later the engine writes nothing.
  const named = endpoints.filter(
    ({ network, networkId }) =>
      !fromOutside.includes(networkId) && (network === networkMode || networkId.startsWith(networkMode)),
  );
  const own = named.flatMap(({ address, address6 }) => [address, address6]).filter((address) => address !== "");
  const written = new Set((hostsFile ?? "").split(/\s+/));
  if (hostsFile === null || own.length === 0 || own.some((address) => written.has(address))) return NOTHING;
  return notes({
    key: `hosts-file ${name}`,
    what: `/etc/hosts of container ${name} has none of its addresses (${own.join(", ")}): it was connected anew while it ran, or somebody edited the file. What looks up its own host name there does not find it.`,
    todo: "A restart of the container writes it anew.",
    subjects: [{ kind: "container", name }],
  });
}

/**
 * Lines of options `--link` whose container has other addresses by now: its number stands behind its name there. The engine
 * keeps them right on the default bridge.
 */
function auditLinks({ containers }: LivingSnapshot, { name }: LivingContainer, { hostsFile }: LivingInside): Findings {
  const lines = (hostsFile ?? "").split("\n").map((line) => line.trim().split(/\s+/));
  return together(
    lines.map(([address = "", ...names]) => {
      const linked = containers.find(({ id, name: one }) => names.includes(id.slice(0, 12)) && names.includes(one));
      const own = (linked?.endpoints ?? []).flatMap((one) => [one.address, one.address6]).filter((one) => one !== "");
      if (linked === undefined || own.length === 0 || own.some((one) => sameAddress(one, address))) return NOTHING;
      return notes({
        key: `stale-link ${name} ${linked.name}`,
        what: `/etc/hosts of container ${name} says that container ${linked.name}, which it was linked to, is at ${address}; it is at ${own.join(", ")}. By that name it does not reach it.`,
        todo: `\`docker restart ${word(name)}\` has the file written anew.`,
        subjects: [{ kind: "container", name }],
      });
    }),
  );
}
