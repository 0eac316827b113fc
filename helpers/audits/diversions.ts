import { firewallKey } from "../cause/keys.ts";
import { listed } from "../cause/mend.ts";
import { beforePort, sameAddress } from "../model/address.ts";
import { formatIpv4 } from "../model/ipv4.ts";
import { formatIpv6 } from "../model/ipv6.ts";
import { SOMEBODY } from "../model/somebody.ts";
import type { Subject } from "../model/subject.ts";
import { managerOf } from "../snapshot/firewall/managers.ts";
import type { Action, Place, Value } from "../snapshot/firewall/model.ts";
import { meets } from "../snapshot/firewall/packet.ts";
import { placeText, removal } from "../snapshot/firewall/place-text.ts";
import { valuesAsked, type WayTo, waysTo } from "../snapshot/firewall/ways-to.ts";
import type { LivingHost, LivingSnapshot } from "../snapshot/living.ts";
import { upstreamsOf } from "../snapshot/upstreams.ts";
import { holds } from "./addresses.ts";
import { type Attachment, attachmentsOf, bridgesOf } from "./bridges.ts";
import { deviates, type Findings, NOTHING, notes, type Reason, together } from "./deviation.ts";
import { addressOf, packetOf, senderOf, type View } from "./network-view.ts";
import { once } from "./once.ts";
import { type Passage, pass } from "./passage.ts";
import { byHand, byOpening, JUDGE_AGAIN } from "./remedies.ts";
import { stopped } from "./stopped.ts";
import { type Led, ledBy } from "./taken.ts";

/**
 * Rules that are not the engine's and lead what containers ask of others to this host or to a container, as those of
 * transparent proxies do: somebody has to take it there.
 */
export function auditDiversions(view: View): Findings {
  const { snapshot, family, bridge } = view;
  const range = bridge.ranges.find((one) => one.family === family);
  const ways = diversionsOf(snapshot);
  if (ways.length === 0 || bridge.internal || range === undefined || range.mode === "isolated") return NOTHING;
  const members = attachmentsOf(snapshot).filter(
    (one) => one.bridge.name === bridge.name && addressOf(one, family) !== "",
  );
  return together(
    ways.map((way) => {
      const hit = members.flatMap((member) => {
        const asked = divertedBy(view, way, member);
        return asked === null ? [] : [{ member, asked }];
      });
      const [first] = hit;
      if (first === undefined) return NOTHING;
      const who = hit.map(({ member }) => member);
      return judge(view, way.place, first.asked, who, who.length === members.length);
    }),
  );
}

/** Every way to a rule that may lead what containers send to this host or to a container. */
const diversionsOf = once((snapshot: LivingSnapshot): readonly WayTo[] => {
  const { host } = snapshot;
  if (host?.filters == null) return [];
  return waysTo(host.filters, "prerouting", (action) => leadsHere(snapshot, host, action));
});

function leadsHere(snapshot: LivingSnapshot, { addresses }: LivingHost, action: Action): boolean {
  if (action.kind === "redirect") return true;
  if (action.kind !== "dnat" || action.address === null) return false;
  const { address: to } = action;
  return (
    /^127\.|^::1$/.test(to) ||
    addresses.some((one) => one.addresses.some(({ address }) => sameAddress(address, to))) ||
    bridgesOf(snapshot).some(({ ranges }) => ranges.some(({ subnet }) => holds(subnet, to)))
  );
}

/** What a container asks, and what has become of it. */
interface Asked {
  readonly protocol: string;
  readonly port: number;
  /** `the world`: anybody beyond this host. `a server`: a name server of the container's. `named`: the rule alone tells of it. */
  readonly of: "the world" | "a server" | "named";
  readonly address: string;
  readonly passage: Passage;
}

/** What people ask for where the rule leaves it open. */
const USUAL: Readonly<Record<string, readonly number[]>> = { tcp: [443, 80, 53], udp: [53, 443] };
/** So many values of a rule are tried. */
const TRIED = 8;

/** The first of what a container may ask that this rule diverts. */
function divertedBy(view: View, way: WayTo, member: Attachment): Asked | null {
  const { snapshot, host, firewall, family, bridge } = view;
  const protocols = valuesAsked(way, "protocol").flatMap((value) => ("word" in value ? [value.word] : []));
  const servers = upstreamsOf(member.container, snapshot.facts).filter((one) => one.includes(":") === (family === 6));
  const named = valuesAsked(way, "destination address").flatMap((value) => addressText(value, family));
  for (const protocol of protocols.length === 0 ? ["tcp"] : new Set(protocols)) {
    for (const port of portsOf(way, protocol)) {
      const destinations = [
        { of: "the world" as const, address: SOMEBODY[family] },
        ...(port === 53 ? servers.map((address) => ({ of: "a server" as const, address })) : []),
        ...named.map((address) => ({ of: "named" as const, address })),
      ];
      for (const { of, address } of destinations) {
        const isOwn = host.addresses.some((one) => one.addresses.some((each) => sameAddress(each.address, address)));
        // What is this host's own is asked of a published port, or of nobody.
        if (isOwn && of === "named") continue;
        const passage = pass(
          firewall.all,
          packetOf(view, {
            protocol,
            source: addressOf(member, family),
            ...senderOf(member),
            destination: address,
            destinationType: isOwn ? "local" : "unicast",
            destinationPort: port,
            ...(protocol === "tcp" ? {} : { tcpFlags: [] }),
            inDevice: bridge.device,
            outDevice: null,
          }),
          ["prerouting"],
        );
        if (passage.outcome === "open" && passage.translatedBy.some(({ rule }) => rule === way.place.rule))
          return { protocol, port, of, address, passage };
      }
    }
  }
  return null;
}

function portsOf(way: WayTo, protocol: string): number[] {
  const asked = valuesAsked(way, "destination port");
  const usual = USUAL[protocol] ?? [];
  if (asked.length === 0) return [...usual];
  return [
    ...usual.filter((port) => asked.some((value) => meets(BigInt(port), value))),
    ...asked.flatMap((value) => ("from" in value ? [Number(value.from)] : [])).slice(0, TRIED),
  ];
}

function addressText(value: Value, family: 4 | 6): string[] {
  if (!("from" in value)) return [];
  return [family === 4 ? formatIpv4(Number(value.from)) : formatIpv6(value.from)];
}

/** @param who whose packets are diverted @param all whether that is everybody on the network */
function judge(view: View, place: Place, asked: Asked, who: readonly Attachment[], all: boolean): Findings {
  const { snapshot, host, firewall, family, bridge } = view;
  const led = ledBy(snapshot, host, { packet: asked.passage.packet, device: bridge.device });
  if (led === null) return NOTHING;
  const names = listed([...new Set(who.map(({ container }) => container.name))].toSorted());
  const cut = `${names} ${who.length === 1 ? "gets" : "get"} no answer ${askedWords(asked)}.`;
  const subjects: readonly Subject[] = all
    ? [{ kind: "network", name: bridge.name }]
    : who.map(({ container }) => ({ kind: "endpoint", container: container.name, network: bridge.name }));
  if (led.lost === null) {
    if (!led.local) return NOTHING;
    const { packet } = asked.passage;
    const input = pass(firewall.all, { ...packet, destinationType: "local", outDevice: null }, ["input"]);
    return input.outcome === "shut" && asked.of !== "named" ? stopped(view, input, cut) : NOTHING;
  }
  const rule = placeText(place);
  const reason = reasonOf(place, asked, led);
  if (asked.of === "named") {
    // Who is asked so is known of the rule alone: what it leads to may be switched off on purpose.
    if (managerOf(place)?.byHand === false) return NOTHING;
    const line = removal(place);
    return notes({
      key: firewallKey(rule),
      what: reason.what,
      todo: `Start what is to answer there${line === null ? "." : `, or take the rule away: \`${line}\`.`}`,
      subjects,
    });
  }
  return together(
    subjects.map((subject) =>
      deviates({
        claim: "LIVE-07",
        kind: "nat",
        family,
        subject,
        concerns: [bridge.name, ...(all ? [] : who.map(({ container }) => container.name))],
        expected: `what is sent ${askedWords(asked)} is forwarded, or somebody takes it`,
        observed: `led to ${led.to}, ${led.lost}`,
        effect: cut,
        reason,
      }),
    ),
  );
}

/** `at port 443/tcp beyond this host`, `from the nameserver 192.0.2.53` */
function askedWords({ protocol, port, of, address }: Asked): string {
  if (of === "a server") return `from the nameserver ${address}`;
  return of === "named"
    ? `from ${beforePort(address)}:${port}/${protocol}`
    : `at port ${port}/${protocol} beyond this host`;
}

function reasonOf(place: Place, asked: Asked, { to, lost }: Led): Reason {
  const rule = placeText(place);
  const manager = managerOf(place);
  const line = removal(place);
  const whose = manager === null ? "that is not the engine's" : `of ${manager.name}`;
  return {
    key: firewallKey(rule),
    what: `A rule ${whose} leads what containers send ${sentWords(asked)} to ${to}, ${lost}: \`${rule}\`.`,
    act: "the program that the rule was made for (a transparent proxy, a DNS server) has ended, or listens elsewhere by now",
    certainty: "seen",
    evidence: [rule],
    remedies:
      (manager !== null && !manager.byHand) || line === null
        ? byOpening(place)
        : [
            {
              ...byHand("take the rule away", [line], JUDGE_AGAIN),
              cost: "What was to pass a proxy passes it no more: where that must not be, start the proxy instead.",
            },
          ],
  };
}

/** `to port 443/tcp`, `to 169.254.169.254:80/tcp` */
function sentWords({ protocol, port, of, address }: Asked): string {
  return of === "the world" ? `to port ${port}/${protocol}` : `to ${beforePort(address)}:${port}/${protocol}`;
}
