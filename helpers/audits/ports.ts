import { listed } from "../cause/mend.ts";
import { NONLOCAL_BIND } from "../expectations/kernel-values.ts";
import { isLoopback, isUnspecified, sameAddress } from "../model/address.ts";
import { word } from "../model/shell-words.ts";
import {
  type LivingContainer,
  type LivingHost,
  type LivingPort,
  type LivingSnapshot,
  runs,
} from "../snapshot/living.ts";
import { holds } from "./addresses.ts";
import { type Findings, NOTHING, notes, together } from "./deviation.ts";
import { auditDirect } from "./direct.ts";
import { auditHairpin } from "./hairpin.ts";
import { asOneAct } from "./one-act.ts";
import { auditProxies } from "./proxies.ts";
import { about, type Published, portText, publishedPorts, subjectOf } from "./published.ts";
import { auditTranslation } from "./translation.ts";
import { uplinkOf } from "./uplink.ts";

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

/**
 * Whether the host has the address that a port is published on. One that wanders between hosts (VRRP) is not this host's all
 * the time: who has it wander lets programs bind addresses that are elsewhere, or its containers would not start here.
 */
function auditAddress(host: LivingHost, published: Published): Findings {
  const { container, port, family } = published;
  const { hostAddress } = port;
  if (isUnspecified(hostAddress) || isLoopback(hostAddress)) return NOTHING;
  const here =
    host.addresses.some(({ addresses }) => addresses.some(({ address }) => sameAddress(address, hostAddress))) ||
    host.routes.some(({ type, destination }) => type === "local" && holds(destination, hostAddress));
  if (here) return NOTHING;
  const what = `Ports are published on ${hostAddress}, which no interface of this host has: nobody reaches them there.`;
  if (family === 6 || host.sysctls[NONLOCAL_BIND] !== "0")
    return notes({
      key: `address-lost ${hostAddress}`,
      what,
      todo: "Unless the address wanders between hosts, create the containers anew with one that this host has.",
      subjects: [subjectOf(container, port)],
    });
  const { device, address } = uplinkOf(host, family) ?? {};
  return about(published, "LIVE-11", {
    expected: `${hostAddress} is an address of this host`,
    observed: "no interface has it",
    effect: `Port ${portText(container, port)} is reached by nobody.`,
    reason: {
      key: `address-lost ${hostAddress}`,
      what: `${what} Containers that publish there don't start again either${address === undefined ? "" : `; create them anew with one that the host has (${address})`}.`,
      act: "the host got another address (DHCP), or an interface was set up anew without it",
      certainty: "seen",
      evidence: [`ip addr: no ${hostAddress}`],
      remedies:
        device === undefined
          ? []
          : [
              {
                what: "give the host its address back, where no other machine has it by now",
                commands: [`ip addr add ${hostAddress}/32 dev ${device}`],
                cost: "It lasts until the next reboot. Where another machine has the address, both are reached by chance.",
                check: `ip addr show ${device}`,
              },
            ],
    },
  });
}

/** The same port, published for the other IP version. */
function isTwin(one: LivingPort, other: LivingPort): boolean {
  return (
    one.protocol === other.protocol && one.hostPort === other.hostPort && one.containerPort === other.containerPort
  );
}

/** Nobody listening inside is the application's business: one note for all such ports of a container. */
function auditServers(container: LivingContainer, published: readonly Published[]): Findings {
  const { inside, name, status } = container;
  if (inside === null || status === "paused" || container.ownStack) return NOTHING;
  const unserved = published.filter(
    ({ port, ends }) =>
      port.protocol !== "sctp" &&
      // IPv6 to a container without an IPv6 address is docker-proxy's: it asks where IPv4 leads.
      (ends.length > 0 || published.some((one) => one.ends.length > 0 && isTwin(one.port, port))) &&
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
