import { listed } from "../cause/mend.ts";
import { isLoopback, isUnspecified, sameAddress } from "../model/address.ts";
import { word } from "../model/shell-words.ts";
import { type LivingContainer, type LivingHost, type LivingSnapshot, runs } from "../snapshot/living.ts";
import { type Findings, NOTHING, notes, together } from "./deviation.ts";
import { auditDirect } from "./direct.ts";
import { auditHairpin } from "./hairpin.ts";
import { asOneAct } from "./one-act.ts";
import { auditProxies } from "./proxies.ts";
import { type Published, publishedPorts, subjectOf } from "./published.ts";
import { auditTranslation } from "./translation.ts";

/** Every published port: what was asked for, its docker-proxy, its translation and its way to the container. */
export function auditPorts(snapshot: LivingSnapshot): Findings {
  const { deviations, notes: found } = auditEach(snapshot);
  return { deviations: asOneAct(deviations), notes: found };
}

/** What every packet filter of the host does with what is sent to published ports. */
export function auditPublications(snapshot: LivingSnapshot): Findings {
  const { host } = snapshot;
  if (host === null) return NOTHING;
  return together(
    publishedPorts(snapshot).flatMap((one) => [
      auditTranslation(snapshot, host, one),
      auditDirect(snapshot, host, one),
      auditHairpin(snapshot, host, one),
    ]),
  );
}

function auditEach(snapshot: LivingSnapshot): Findings {
  const { host } = snapshot;
  const published = publishedPorts(snapshot);
  return together([
    auditProxies(snapshot),
    ...snapshot.containers.filter(runs).map(auditNetworkless),
    ...snapshot.containers.map((container) =>
      auditServers(
        container,
        published.filter((one) => one.container === container),
      ),
    ),
    ...(host === null ? [] : published.map((one) => auditAddress(host, one))),
    auditPublications(snapshot),
  ]);
}

/** A container that was taken off all of its networks publishes nothing, whatever it was asked to. */
function auditNetworkless({ name, networkMode, endpoints, bindings }: LivingContainer): Findings {
  if (networkMode === "host" || networkMode === "none" || networkMode.startsWith("container:")) return NOTHING;
  if (endpoints.length > 0) return NOTHING;
  return notes({
    key: `networkless ${name}`,
    what: `Container ${name} is on no network: it was disconnected from ${networkMode}${bindings.length === 0 ? "" : ", and its ports are not published"}.`,
    todo: `If that is not meant: \`docker network connect ${word(networkMode)} ${word(name)}\`.`,
    subjects: [{ kind: "container", name }],
  });
}

/** An address that wanders between hosts (VRRP) is not this host's all the time. */
function auditAddress(host: LivingHost, { container, port }: Published): Findings {
  const { hostAddress } = port;
  if (isUnspecified(hostAddress) || isLoopback(hostAddress)) return NOTHING;
  const here = host.addresses.some(({ addresses }) =>
    addresses.some(({ address }) => sameAddress(address, hostAddress)),
  );
  if (here) return NOTHING;
  return notes({
    key: `address-lost ${hostAddress}`,
    what: `Ports are published on ${hostAddress}, which no interface of this host has: nobody reaches them there.`,
    todo: "Unless the address wanders between hosts, create the containers anew with one that this host has.",
    subjects: [subjectOf(container, port)],
  });
}

/** Nobody listening inside is the application's business: one note for all such ports of a container. */
function auditServers(container: LivingContainer, published: readonly Published[]): Findings {
  const { inside, name, status } = container;
  if (inside === null || status === "paused" || container.ownStack) return NOTHING;
  const unserved = published.filter(
    ({ port, family, ends }) =>
      port.protocol !== "sctp" &&
      family === 4 &&
      ends.length > 0 &&
      !inside.sockets.some(
        ({ protocol, local }) =>
          protocol === port.protocol && local.port === port.containerPort && !isLoopback(local.address),
      ),
  );
  if (unserved.length === 0) return NOTHING;
  const ports = [...new Set(unserved.map(({ port }) => `${port.containerPort}/${port.protocol}`))];
  const hostPorts = [...new Set(unserved.map(({ port }) => String(port.hostPort)))];
  return notes({
    key: `nobody-listens ${name} ${ports.join(" ")}`,
    what: `Nobody listens on ${listed(ports)} in container ${name}, published as ${listed(hostPorts)}: its server does not run, or listens on another port or on 127.0.0.1 only.`,
    todo: `Look at its log: \`docker logs ${word(name)}\`.`,
    subjects: unserved.map(({ port }) => subjectOf(container, port)),
  });
}
