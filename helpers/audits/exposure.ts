import { listed } from "../cause/mend.ts";
import { beforePort, isLoopback, isUnspecified } from "../model/address.ts";
import { managerOf } from "../snapshot/firewall/managers.ts";
import type { Place } from "../snapshot/firewall/model.ts";
import { placeText } from "../snapshot/firewall/place-text.ts";
import type { LivingContainer, LivingHost, LivingSnapshot } from "../snapshot/living.ts";
import { runs } from "../snapshot/living.ts";
import { senderBeyond, senderOn, sendersElsewhere, senderTo, WHO, type Who } from "./askers.ts";
import { type Findings, NOTHING, notes, together } from "./deviation.ts";
import { anyFirewallOf } from "./engine-rules.ts";
import { type Listener, listenersOf, openPorts, standingAt } from "./listeners.ts";
import { once } from "./once.ts";
import { type Asking, askedBy, opening } from "./opening.ts";
import { OPERATORS, operatorsWord } from "./operators-word.ts";
import { pass } from "./passage.ts";
import { hostPortText, leadsByHost, type Published, portText, publishedPorts, subjectOf } from "./published.ts";
import { type Expected, mostOpen, plainly, standingAtHost, standingOf, unknown } from "./standing.ts";
import { uplinkOf } from "./uplink.ts";

/** How somebody who asks fares. `some`: a rule lets in whom it knows, and nobody else. */
export interface Access {
  readonly standing: Expected["standing"] | "some";
  /** `DNAT`, `docker-proxy`, `routing`, the rule that stops it, or why nobody answers. */
  readonly by: string;
}

/** What of a port is open otherwise than people expect. */
export const SURPRISES = ["past the firewall", "across networks", "into an internal network", "by a route"] as const;

/** Who can reach one port at one kind of address. */
export interface Exposure {
  readonly container: string;
  readonly project: string | null;
  /** Networks of the container that lead there; none for a port of the host's own. */
  readonly networks: readonly string[];
  readonly kind: "published" | "not published" | "host mode";
  readonly family: 4 | 6;
  /** `8080/tcp`, `127.0.0.1:8080/tcp`; `any` where they are not known. */
  readonly port: string;
  /** Where it is asked for: `0.0.0.0:8080`, `172.18.0.2:5432`; empty where that is not known. */
  readonly at: string;
  /** Null where nobody can be there. */
  readonly from: Readonly<Record<Who, Access | null>>;
  /** The rules that let other machines in, or where they are kept out containers of other networks, in full. */
  readonly rules: readonly string[];
  /** Whose rule seems to shut the port to other machines, and does not; null where nobody's does. */
  readonly despite: { readonly of: string; readonly rule: string } | null;
  readonly surprise: (typeof SURPRISES)[number] | null;
}

/** One row for each port that somebody may ask for, by following the packets of all who may. Surprises first. */
export const exposureOf = once((snapshot: LivingSnapshot): readonly Exposure[] => {
  const { host } = snapshot;
  if (host === null) return [];
  const rank = ({ surprise }: Exposure): number => (surprise === null ? SURPRISES.length : SURPRISES.indexOf(surprise));
  return [
    ...publishedAtHost(snapshot).map(({ exposure }) => exposure),
    ...listenersOf(snapshot).flatMap((listener) => exposedListener(snapshot, host, listener)),
    ...snapshot.containers
      .filter((one) => runs(one) && one.networkMode === "host")
      .flatMap((container) => exposedByHost(snapshot, host, container)),
  ].toSorted((a, b) => rank(a) - rank(b));
});

const publishedAtHost = once((snapshot: LivingSnapshot) => {
  const { host } = snapshot;
  if (host === null) return [];
  return publishedPorts(snapshot)
    .filter((published) => published.ends.length === 0 || leadsByHost(snapshot, published))
    .map((published) => ({ published, exposure: exposed(snapshot, host, published) }));
});

function exposed(snapshot: LivingSnapshot, host: LivingHost, published: Published): Exposure {
  const { container, port, family, ends } = published;
  const anywhere = isUnspecified(port.hostAddress);
  const loopback = isLoopback(port.hostAddress);
  const own = anywhere ? (uplinkOf(host, family)?.address ?? null) : port.hostAddress;
  const ask = (asking: Asking): Expected => standingOf(host, published, asking);
  const asks = ({ device, from }: { readonly device: string; readonly from: string }): Expected =>
    loopback
      ? plainly("blocked", "the loopback is this host's own")
      : own === null
        ? unknown("this host has no address there")
        : ask({ device, from, to: own });
  const bridges = [...new Set(ends.map(({ attachment }) => attachment.bridge))];
  const beyond = own === null ? null : senderTo(snapshot, host, own, family);
  const outside = beyond === null || own === null ? null : ask({ ...beyond, to: own });
  const loops = anywhere ? [family === 4 ? "127.0.0.1" : "::1"] : [];
  const despite =
    outside?.by === "DNAT" && beyond !== null && own !== null
      ? seemsShut(snapshot, host, published, { ...beyond, to: own })
      : null;
  return {
    ...rowOf(container, family),
    networks: bridges.length > 0 ? bridges.map(({ name }) => name) : container.endpoints.map(({ network }) => network),
    kind: "published",
    port: hostPortText(port),
    at: `${beforePort(port.hostAddress)}:${port.hostPort}`,
    from: {
      thisHost: access(firstOpen(own === null ? loops : [own, ...loops], ask)),
      sameNetwork: access(mostOpen(bridges.flatMap((one) => senderOn(one, family) ?? []).map(asks))),
      otherNetworks: access(
        mostOpen(
          sendersElsewhere(
            snapshot,
            container.endpoints.map(({ network }) => network),
            family,
          ).map(asks),
        ),
      ),
      otherMachines: access(outside),
    },
    rules: (outside?.accepts ?? []).map(placeText),
    despite,
    surprise:
      despite !== null ? "past the firewall" : loopback && outside?.standing === "connects" ? "by a route" : null,
  };
}

/** At its own addresses, one after another until it gets in. */
function firstOpen(addresses: readonly string[], ask: (asking: Asking) => Expected): Expected | null {
  const tried: Expected[] = [];
  for (const address of addresses) {
    const expected = ask({ device: null, from: address, to: address });
    if (expected.standing === "connects") return expected;
    tried.push(expected);
  }
  return mostOpen(tried);
}

function rowOf({ name, project }: LivingContainer, family: 4 | 6): Pick<Exposure, "container" | "project" | "family"> {
  return { container: name, project, family };
}

function access(expected: Expected | null): Access | null {
  if (expected === null) return null;
  const { standing, by, chosen } = expected;
  return { standing: standing === "blocked" && chosen ? "some" : standing, by };
}

/**
 * What would stop a packet if nothing translated it, as people believe who read the rule: the host's own INPUT, and a rule
 * in DOCKER-USER about the host's port or address, where packets have the container's.
 */
function seemsShut(
  snapshot: LivingSnapshot,
  { filters: firewall }: LivingHost,
  { port, family, ends }: Published,
  asking: Asking,
): Exposure["despite"] {
  if (firewall === null) return null;
  const asked = askedBy(opening(port, family), asking);
  const input = pass(firewall, asked, ["input"]);
  if (input.outcome === "shut" && input.place !== null)
    return { of: managerOf(input.place)?.name ?? "the host's own firewall", rule: placeText(input.place) };
  const device = ends[0]?.attachment.bridge.device ?? null;
  const user = pass(firewall, { ...asked, outDevice: device }, ["forward"]);
  if (user.outcome !== "shut" || user.place === null || operatorsWord(user) === null) return null;
  // It may be about another container's own port.
  const meant = publishedPorts(snapshot).some((one) => one.port.containerPort === port.hostPort);
  return meant || !namesDestination(user.place) ? null : { of: OPERATORS, rule: placeText(user.place) };
}

/** Whether a rule asks for an address or a port that packets go to. */
function namesDestination({ rule }: Place): boolean {
  return (rule?.steps ?? []).some(
    (step) =>
      step.kind === "field" && !step.not && step.fields.some((field) => /^destination (address|port)$/.test(field)),
  );
}

/** A listener at its container's own address. What is published is in the table already, but where nothing is at the host. */
function exposedListener(snapshot: LivingSnapshot, host: LivingHost, listener: Listener): Exposure[] {
  const { container, bridge, family, address, port, protocol, endpoint } = listener;
  const publications = publishedPorts(snapshot).filter(
    (one) => one.container === container && one.port.containerPort === port && one.port.protocol === protocol,
  );
  if (publications.some((one) => leadsByHost(snapshot, one))) return [];
  const from = Object.fromEntries(WHO.map((who) => [who, standingAt(snapshot, host, listener, who)])) as Record<
    Who,
    Expected | null
  >;
  const range = bridge?.ranges.find((one) => one.family === family);
  const guarded = range?.mode === "nat" && anyFirewallOf(snapshot, host, family)?.ruled === "by the engine";
  const open = (who: Who): boolean => from[who]?.standing === "connects";
  return [
    {
      ...rowOf(container, family),
      networks: [endpoint.network],
      kind: publications.length > 0 ? "published" : "not published",
      port: `${port}/${protocol}`,
      at: `${beforePort(address)}:${port}`,
      from: Object.fromEntries(WHO.map((who) => [who, access(from[who])])) as Exposure["from"],
      rules: ((open("otherMachines") ? from.otherMachines : from.otherNetworks)?.accepts ?? []).map(placeText),
      despite: null,
      surprise: !guarded
        ? null
        : bridge?.internal === true && (open("otherNetworks") || open("otherMachines"))
          ? "into an internal network"
          : open("otherNetworks")
            ? "across networks"
            : open("otherMachines")
              ? "by a route"
              : null,
    },
  ];
}

/** What the programs of a container in host mode listen on, at the host's own addresses. */
function exposedByHost(snapshot: LivingSnapshot, host: LivingHost, container: LivingContainer): Exposure[] {
  const { heldSockets } = container;
  const base = { networks: [], kind: "host mode", rules: [], despite: null, surprise: null } as const;
  if (heldSockets == null) {
    const untold: Access = { standing: "unknown", by: "its sockets can't be told from the host's own" };
    return [
      {
        ...base,
        ...rowOf(container, 4),
        port: "any",
        at: "",
        from: Object.fromEntries(WHO.map((who) => [who, who === "sameNetwork" ? null : untold])) as Exposure["from"],
      },
    ];
  }
  const held = new Set(heldSockets);
  const sockets = host.sockets.filter(({ inode }) => held.has(inode));
  return ([4, 6] as const).flatMap((family) => {
    const own = uplinkOf(host, family)?.address;
    if (own === undefined) return [];
    const beyond = senderBeyond(host, family);
    return openPorts(sockets, own).map(({ protocol, port }): Exposure => {
      const ask = (asking: Omit<Asking, "to">): Expected =>
        standingAtHost(host, { protocol, port, family }, { ...asking, to: own });
      const outside = beyond === null ? null : ask(beyond);
      return {
        ...base,
        ...rowOf(container, family),
        port: `${port}/${protocol}`,
        at: `${beforePort(own)}:${port}`,
        from: {
          thisHost: access(ask({ device: null, from: own })),
          sameNetwork: null,
          otherNetworks: access(mostOpen(sendersElsewhere(snapshot, [], family).map(ask))),
          otherMachines: access(outside),
        },
        rules: (outside?.accepts ?? []).map(placeText),
      };
    });
  });
}

/** Ports that are open to the world although somebody's rules seem to shut them: one note for each who does. */
export function auditExposure(snapshot: LivingSnapshot): Findings {
  const surprising = publishedAtHost(snapshot).flatMap(({ published, exposure }) =>
    exposure.despite === null ? [] : [{ published, exposure, despite: exposure.despite }],
  );
  return together(
    [...Map.groupBy(surprising, ({ despite }) => despite.of).values()].map((same) => {
      const [first] = same;
      if (first === undefined) return NOTHING;
      const { of, rule } = first.despite;
      const ports = listed(same.map(({ published: { container, port } }) => portText(container, port)));
      const user = of === OPERATORS;
      return notes({
        key: user ? "open-despite-docker-user" : "open-despite-firewall",
        what: user
          ? `Open to every machine although a rule in ${OPERATORS} names it (\`${rule}\`): port ${ports}. What comes there has the container's address and port already.`
          : `Open to every machine although ${of} shuts it (\`${rule}\`): port ${ports}. What is published is translated before that firewall is asked.`,
        todo: user
          ? `Ask there for what the client asked for: \`-m conntrack --ctdir ORIGINAL --ctorigdstport ${first.published.port.hostPort}\`.`
          : `To keep other machines off, publish on 127.0.0.1, or drop in the chain ${OPERATORS}.`,
        subjects: same.map(({ published }) => subjectOf(published.container, published.port)),
      });
    }),
  );
}
