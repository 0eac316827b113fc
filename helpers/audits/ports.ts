import { firewallKey } from "../cause/keys.ts";
import { listed } from "../cause/mend.ts";
import { isLoopback, isUnspecified, sameAddress } from "../expectations/address.ts";
import { acceptsPublished, dnat, type PublishedPort, usesProxy } from "../expectations/firewall.ts";
import type { Subject } from "../model/subject.ts";
import type { Packet } from "../snapshot/firewall/packet.ts";
import { placeText, removal } from "../snapshot/firewall/place-text.ts";
import { familyOfPort } from "../snapshot/foreign-containers.ts";
import {
  type LivingContainer,
  type LivingHost,
  type LivingPort,
  type LivingSnapshot,
  runs,
} from "../snapshot/living.ts";
import { type Attachment, attachmentsOf } from "./bridges.ts";
import {
  type ClaimId,
  type Deviation,
  deviates,
  type Findings,
  NOTHING,
  notes,
  type Reason,
  together,
} from "./deviation.ts";
import { firewallOf, type JudgedFirewall, missingBasics, reasonOfBasics } from "./engine-rules.ts";
import { ipFamily, type Passage, pass, SOMEBODY } from "./passage.ts";
import { byHand, JUDGE_AGAIN, restartContainer, restartDocker, word } from "./remedies.ts";
import { uplinkOf } from "./uplink.ts";

/** What it is to put a rule back by hand. */
const RULE_BACK = "put the rule back";

/** A published port with where it leads. */
export interface Published {
  readonly container: LivingContainer;
  readonly port: LivingPort;
  readonly family: 4 | 6;
  /** Attachments that it may lead to: which of several the engine took, it does not say. */
  readonly ends: readonly { readonly attachment: Attachment; readonly address: string }[];
}

/** Every published port of running containers on bridge networks. */
export function publishedPorts(snapshot: LivingSnapshot): Published[] {
  const attachments = attachmentsOf(snapshot);
  return snapshot.containers.filter(runs).flatMap((container) => {
    const own = attachments.filter((one) => one.container === container && !one.bridge.internal);
    return container.ports.map((port) => {
      const family = familyOfPort(port);
      const ends = own.flatMap((attachment) => {
        const address = family === 4 ? attachment.endpoint.address : attachment.endpoint.address6;
        return address === "" ? [] : [{ attachment, address }];
      });
      return { container, port, family, ends };
    });
  });
}

/** Every published port: what was asked for, its docker-proxy, its translation and its way to the container. */
export function auditPorts(snapshot: LivingSnapshot): Findings {
  const found = auditEach(snapshot);
  return { ...found, deviations: oneActPerContainer(found.deviations) };
}

function auditEach(snapshot: LivingSnapshot): Findings {
  const { host } = snapshot;
  const published = publishedPorts(snapshot);
  return together([
    ...snapshot.containers.filter(runs).map(auditNetworkless),
    ...snapshot.containers.map((container) =>
      auditServers(
        container,
        published.filter((one) => one.container === container),
      ),
    ),
    ...(host === null
      ? []
      : published.flatMap((one) => [
          auditAddress(host, one),
          auditProxy(snapshot, host, one),
          auditTranslation(snapshot, host, one),
        ])),
  ]);
}

/** What is gone, by the beginnings of its reasons' keys, in the words of one sentence. */
const PARTS: Readonly<Record<string, string>> = {
  "dnat-gone": "its DNAT rules",
  "accept-gone": "the rules that let its packets through",
  "no-proxy": "its docker-proxy",
};

/** Several parts of what the engine made for a container's ports that are gone are one act, with one remedy for all. */
function oneActPerContainer(deviations: readonly Deviation[]): Deviation[] {
  const partOf = ({ reason }: Deviation): string => reason.key.split(" ")[0] ?? "";
  const nameOf = ({ reason }: Deviation): string => reason.key.split(" ").slice(1).join(" ");
  const gone = Map.groupBy(
    deviations.filter((one) => PARTS[partOf(one)] !== undefined),
    nameOf,
  );
  return deviations.map((deviation) => {
    const group = PARTS[partOf(deviation)] === undefined ? [] : (gone.get(nameOf(deviation)) ?? []);
    const parts = [...new Set(group.map(partOf))].toSorted();
    if (parts.length < 2) return deviation;
    const remedies = group.flatMap(({ reason }) => reason.remedies);
    const name = nameOf(deviation);
    return {
      ...deviation,
      reason: {
        key: `published-gone ${name}`,
        what: `What the engine made for the published ports of container ${name} is gone: ${parts.map((part) => PARTS[part]).join(", and ")}.`,
        act: "a firewall reload, or a script that cleans up",
        certainty: "seen",
        evidence: [...new Set(group.flatMap(({ reason }) => reason.evidence))],
        // A docker-proxy can't be started by hand.
        remedies: parts.includes("no-proxy") ? remedies.filter(({ what }) => what !== RULE_BACK) : remedies,
      },
    };
  });
}

export function subjectOf({ name }: LivingContainer, port: LivingPort): Subject {
  return { kind: "published port", container: name, ...port };
}

/** `8080/tcp of container shop-web` */
export function portText({ name }: LivingContainer, { hostAddress, hostPort, protocol }: LivingPort): string {
  const at = isUnspecified(hostAddress)
    ? hostAddress.includes(":")
      ? "[::]:"
      : ""
    : `${hostAddress.includes(":") ? `[${hostAddress}]` : hostAddress}:`;
  return `${at}${hostPort}/${protocol} of container ${name}`;
}

function about(
  { container, port }: Published,
  claim: ClaimId,
  parts: Omit<Deviation, "claim" | "subject" | "concerns">,
) {
  return deviates({
    claim,
    subject: subjectOf(container, port),
    concerns: [container.name],
    ...parts,
  });
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

function auditProxy(snapshot: LivingSnapshot, host: LivingHost, published: Published): Findings {
  const { container, port } = published;
  const { protocol, hostAddress, hostPort, containerPort } = port;
  if (!usesProxy(snapshot.facts) || protocol === "sctp") return NOTHING;
  const addresses = container.endpoints
    .flatMap(({ address, address6 }) => [address, address6])
    .filter((one) => one !== "");
  // Routed and isolated networks publish nothing by the host's addresses.
  if (!leadsByHost(snapshot, published)) return NOTHING;
  const text = portText(container, port);
  const mine = host.proxies.filter((proxy) => proxy.hostPort === hostPort && proxy.protocol === protocol);
  const right = mine.find(({ hostIp }) => sameAddress(hostIp, hostAddress));
  const restart = restartContainer(snapshot, container);
  const say = (key: string, observed: string, what: string, act: string | null): Findings =>
    about(published, "LIVE-13", {
      expected: `a docker-proxy at ${hostAddress}:${hostPort} that leads to ${addresses.join(" or ")} port ${containerPort}`,
      observed,
      effect: `Port ${text} is not served on 127.0.0.1, nor for packets that no rule translates.`,
      reason: {
        key: `${key} ${container.name}`,
        what,
        act,
        certainty: "seen",
        evidence: mine.map(
          (proxy) => `docker-proxy ${proxy.hostIp}:${proxy.hostPort} → ${proxy.containerIp}:${proxy.containerPort}`,
        ),
        remedies: [restart],
      },
    });
  const listener = host.sockets.find(
    (socket) =>
      socket.protocol === protocol &&
      socket.local.port === hostPort &&
      (sameAddress(socket.local.address, hostAddress) || isUnspecified(socket.local.address)),
  );
  // Where none is left, all went by one act.
  const publishing = new Set(snapshot.containers.filter((one) => runs(one) && one.ports.length > 0)).size;
  if (host.proxies.length === 0 && publishing > 1)
    return about(published, "LIVE-13", {
      expected: `a docker-proxy at ${hostAddress}:${hostPort}`,
      observed: "no docker-proxy runs on this host",
      effect: "Published ports are not served on 127.0.0.1, nor for packets that no rule translates.",
      reason: {
        key: "no-proxies",
        what: "No docker-proxy runs any more: all of them were killed.",
        act: "an out-of-memory kill, a person, or a script that ends what holds ports",
        certainty: "seen",
        evidence: [],
        remedies: [restart, restartDocker(snapshot)],
      },
    });
  if (right === undefined)
    return say(
      "no-proxy",
      mine.length === 0
        ? `no docker-proxy for port ${hostPort}${listener === undefined ? ", and nothing listens there" : ", and another process listens there"}`
        : `docker-proxy at ${mine.map(({ hostIp }) => hostIp).join(", ")}`,
      `The docker-proxy of the published ports of container ${container.name} does not run.`,
      "it was killed",
    );
  if (listener === undefined)
    return say(
      "deaf-proxy",
      `nothing listens at ${hostAddress}:${hostPort}`,
      `A docker-proxy of container ${container.name} runs and does not listen.`,
      null,
    );
  if (!addresses.some((address) => sameAddress(address, right.containerIp)) || right.containerPort !== containerPort)
    return say(
      "stale-proxy",
      `docker-proxy leads to ${right.containerIp}:${right.containerPort}`,
      `The docker-proxy of a published port of container ${container.name} leads to ${right.containerIp}:${right.containerPort}, which is not the container's.`,
      "the container got another address, and its proxy was not started anew",
    );
  return NOTHING;
}

/** Whether its networks publish by the host's addresses at all. */
function leadsByHost(snapshot: LivingSnapshot, { container }: Published): boolean {
  return attachmentsOf(snapshot).some(
    ({ container: one, bridge }) =>
      one === container && !bridge.internal && bridge.ranges.every(({ mode }) => mode.startsWith("nat")),
  );
}

function auditTranslation(snapshot: LivingSnapshot, host: LivingHost, published: Published): Findings {
  const { port, family, ends } = published;
  const [first] = ends;
  const firewall = firewallOf(snapshot, host, family);
  // IPv6 to a container without an IPv6 address is docker-proxy's alone.
  if (first === undefined || firewall === null || !leadsByHost(snapshot, published)) return NOTHING;
  const { outside, own } = questions(snapshot, host, published);
  const leaves = ({ destination }: Packet): string | null =>
    ends.find(({ address }) => destination !== undefined && sameAddress(address, destination))?.attachment.bridge
      .device ?? null;
  const reaches = ({ packet }: Passage): boolean =>
    ends.some(
      ({ address }) =>
        packet.destination !== undefined &&
        sameAddress(packet.destination, address) &&
        packet.destinationPort === port.containerPort,
    );
  const asked = [
    ...(outside === null ? [] : [{ packet: outside, hook: "prerouting" as const, who: "other machines" }]),
    ...(own === null ? [] : [{ packet: own, hook: "output" as const, who: "this host itself" }]),
  ];
  const found: Findings[] = [];
  for (const { packet, hook, who } of asked) {
    const before = pass(firewall.all, packet, [hook]);
    if (before.outcome === "unsure") continue;
    if (before.outcome === "shut") {
      found.push(shut(snapshot, published, before, who));
      continue;
    }
    if (!reaches(before)) {
      found.push(untranslated(snapshot, host, firewall, published, before, hook, who));
      if (before.translatedBy.length > 0) continue;
    }
    if (hook !== "prerouting") continue;
    // Its way on is judged also where nothing translates it: mending the one must not uncover the other.
    const translated = reaches(before)
      ? before.packet
      : {
          ...before.packet,
          destination: first.address,
          destinationPort: port.containerPort,
          destinationType: "unicast",
          status: ["dnat"] as const,
        };
    const onward = pass(firewall.all, translated, ["forward", "postrouting"], leaves);
    if (onward.outcome === "shut") found.push(shut(snapshot, published, onward, who, firewall));
  }
  return together(found);
}

/** The packets by which a published port is asked for: from another machine, and from this host. */
export function questions(
  snapshot: LivingSnapshot,
  host: LivingHost,
  { port, family }: Published,
): { readonly outside: Packet | null; readonly own: Packet | null } {
  const uplink = uplinkOf(host, family);
  const anywhere = isUnspecified(port.hostAddress);
  const address = anywhere ? uplink?.address : port.hostAddress;
  const base = {
    family: ipFamily(family),
    protocol: port.protocol,
    destinationPort: port.hostPort,
    sourcePort: 50_000,
    state: "new",
    status: [],
    mark: 0,
    destinationType: "local",
    ...(port.protocol === "tcp" ? { tcpFlags: ["syn"] } : {}),
  } as const;
  const loopback = !anywhere && isLoopback(port.hostAddress);
  return {
    outside:
      uplink === null || address === undefined || loopback
        ? null
        : { ...base, source: SOMEBODY[family], sourceType: "unicast", destination: address, inDevice: uplink.device },
    // With docker-proxy, 127.0.0.1 is its own; what a host sends itself by IPv6 the engine leaves to it as well.
    own:
      address === undefined || (usesProxy(snapshot.facts) && (loopback || family === 6))
        ? null
        : { ...base, source: address, sourceType: "local", destination: address, inDevice: null, outDevice: "lo" },
  };
}

function shut(
  snapshot: LivingSnapshot,
  published: Published,
  { place }: Passage,
  who: string,
  firewall?: JudgedFirewall,
): Findings {
  const { container, port, ends } = published;
  const text = portText(container, port);
  if (place === null) return NOTHING;
  const rule = placeText(place);
  if (place.chain.name === "DOCKER-USER")
    return notes({
      key: `docker-user ${rule}`,
      what: `A rule in DOCKER-USER stops packets to published ports: \`${rule}\`.`,
      todo: "If that is not meant, delete it there.",
      subjects: [subjectOf(container, port)],
    });
  const [end] = ends;
  const engines = firewall !== undefined && /^DOCKER|^filter-forward/.test(place.chain.name);
  const policy = place.rule === null;
  const basics = firewall === undefined ? [] : missingBasics(snapshot, firewall, published.family);
  const restart = restartDocker(snapshot);
  if (firewall !== undefined && (engines || policy) && end !== undefined) {
    const reason: Reason =
      basics.length > 0
        ? reasonOfBasics(snapshot, basics)
        : {
            key: `accept-gone ${container.name}`,
            what: `The rule that lets packets through to the published ports of container ${container.name} is gone; they end at \`${rule}\`.`,
            act: "a firewall reload, or a script that restored older rules",
            certainty: "concluded",
            evidence: [rule],
            remedies: [
              ...(firewall.layout === null || published.family === 6
                ? []
                : [
                    byHand(
                      RULE_BACK,
                      [insertion(firewall, acceptsPublished([], wanted(published, end)).wanted)],
                      `${firewall.program} -S DOCKER | grep -- ${end.address}`,
                    ),
                  ]),
              restartContainer(snapshot, container),
              restart,
            ],
          };
    return about(published, "LIVE-12", {
      expected: `${end.address}:${port.containerPort} is forwarded to`,
      observed: `stopped by ${rule}`,
      effect: `Port ${text} is not reached by ${who} but through docker-proxy, if at all.`,
      reason,
    });
  }
  const line = removal(place);
  return about(published, "LIVE-12", {
    expected: "the packet passes",
    observed: `stopped by ${rule}`,
    effect: `Port ${text} is not reached by ${who}.`,
    reason: {
      key: firewallKey(rule),
      what: `A rule that is not the engine's stops what is sent to published ports: \`${rule}\`.`,
      act: "a firewall program or a person added it",
      certainty: "seen",
      evidence: [rule],
      remedies: line === null ? [] : [byHand("take the rule away", [line], JUDGE_AGAIN)],
    },
  });
}

function wanted({ port }: Published, { attachment, address }: Published["ends"][number]): PublishedPort {
  return {
    hostIp: port.hostAddress,
    hostPort: port.hostPort,
    protocol: port.protocol,
    to: { address, port: port.containerPort },
    device: attachment.bridge.device,
  };
}

/** A wanted rule as the command that puts it in front of its chain. */
export function insertion({ program }: JudgedFirewall, rule: string): string {
  return `${program} ${rule.replace(/(^|\s)-A (\S+)/, "$1-I $2").replaceAll(/-i ! (\S+)/g, "! -i $1")}`;
}

/** Whether a docker-proxy serves what no rule translates. */
function isProxied({ proxies }: LivingHost, { port }: Published): boolean {
  return proxies.some(({ hostPort, protocol }) => hostPort === port.hostPort && protocol === port.protocol);
}

function untranslated(
  snapshot: LivingSnapshot,
  host: LivingHost,
  firewall: JudgedFirewall,
  published: Published,
  { packet, translatedBy }: Passage,
  hook: "prerouting" | "output",
  who: string,
): Findings {
  const { container, port, ends, family } = published;
  const [end] = ends;
  const text = portText(container, port);
  if (end === undefined) return NOTHING;
  const [elsewhere] = translatedBy;
  const basics = missingBasics(snapshot, firewall, family);
  const restart = restartDocker(snapshot);
  const base = {
    expected: `translated to ${end.address}:${port.containerPort}`,
    observed:
      elsewhere === undefined
        ? "not translated"
        : `translated to ${packet.destination ?? "elsewhere"}:${packet.destinationPort ?? ""}`,
    effect: isProxied(host, published)
      ? `Port ${text} is served for ${who} by docker-proxy alone: slower, and without the client's address.`
      : `Port ${text} is not reached by ${who}.`,
  };
  if (elsewhere !== undefined) {
    const line = removal(elsewhere);
    return about(published, "LIVE-11", {
      ...base,
      effect: `Port ${text} leads ${who} to ${packet.destination ?? "another place"} instead.`,
      reason: {
        key: `translated-elsewhere ${placeText(elsewhere)}`,
        what: `A rule sends what is meant for port ${text} elsewhere: \`${placeText(elsewhere)}\`.`,
        act: "it was left behind by a container that is gone, or a person added it",
        certainty: "seen",
        evidence: [placeText(elsewhere)],
        remedies: line === null ? [restart] : [byHand("take the rule away", [line], JUDGE_AGAIN)],
      },
    });
  }
  if (basics.length > 0) return about(published, "LIVE-11", { ...base, reason: reasonOfBasics(snapshot, basics) });
  return about(published, "LIVE-11", {
    ...base,
    reason: {
      key: `dnat-gone ${container.name}`,
      what: `The DNAT rules of the published ports of container ${container.name} are gone.`,
      act: "a firewall reload, or a script that restored older rules",
      certainty: "seen",
      evidence: [`${hook}: nothing translates ${packet.destination ?? ""}:${port.hostPort}/${port.protocol}`],
      remedies: [
        ...(firewall.layout === null || family === 6
          ? []
          : [
              byHand(
                RULE_BACK,
                [
                  `${firewall.program} ${dnat(snapshot.facts, [], wanted(published, end)).wanted.replaceAll(/-i ! (\S+)/g, "! -i $1")}`,
                ],
                `${firewall.program} -t nat -S DOCKER | grep -- ${end.address}`,
              ),
            ]),
        restartContainer(snapshot, container),
        restart,
      ],
    },
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
