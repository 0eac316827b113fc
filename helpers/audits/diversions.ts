import { firewallKey } from "../cause/keys.ts";
import { listed } from "../cause/mend.ts";
import { beforePort } from "../model/address.ts";
import type { Subject } from "../model/subject.ts";
import { managerOf } from "../snapshot/firewall/managers.ts";
import type { Place } from "../snapshot/firewall/model.ts";
import { placeText, removal } from "../snapshot/firewall/place-text.ts";
import { holds } from "./addresses.ts";
import { type Attachment, attachmentsOf } from "./bridges.ts";
import { deviates, type Findings, NOTHING, notes, type Reason, together } from "./deviation.ts";
import { type Asked, diversionsOf, findDiversion } from "./diverting-rules.ts";
import { addressOf, type View } from "./network-view.ts";
import { pass } from "./passage.ts";
import { byHand, byOpening } from "./remedies.ts";
import { stopped } from "./stopped.ts";
import { findTaker, type Led } from "./takers.ts";

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
    (one) => one.bridge.name === bridge.name && addressOf(one, family) !== "" && leavesBy(range.subnet, family, one),
  );
  const found = ways.flatMap((way): Diverted[] => {
    const hit = members.flatMap((member) => {
      const asked = findDiversion(view, way, member);
      return asked === null ? [] : [{ member, asked }];
    });
    const [first] = hit;
    if (first === undefined) return [];
    const led = findTaker(snapshot, view.host, { ...first.asked, device: bridge.device });
    return led === null ? [] : [{ place: way.place, asked: first.asked, led, who: hit.map(({ member }) => member) }];
  });
  // One act made the rules that lead to the same place: one for TCP and one for UDP, one for each port.
  const acts = Map.groupBy(found, ({ asked, led, who }) =>
    [led.to, led.lost, asked.of, ...who.map(({ container }) => container.name)].join(),
  );
  return together(
    [...acts.values()].flatMap(([first, ...others]) =>
      first === undefined ? [] : judge(view, [first, ...others], first.who.length === members.length),
    ),
  );
}

/** A rule that diverts what some containers ask, with the first of that, and who takes it. */
interface Diverted {
  readonly place: Place;
  readonly asked: Asked;
  readonly led: Led;
  readonly who: readonly Attachment[];
}

/** Whether a container's way beyond its networks is this one: of several networks one has its default route. */
function leavesBy(subnet: string, family: 4 | 6, { container: { inside } }: Attachment): boolean {
  if (inside === null) return true;
  const defaults = inside.defaults.filter((route) => route.family === family);
  return defaults.some(({ gateway }) => gateway === null || holds(subnet, gateway) || /^fe80:/i.test(gateway));
}

/** @param rules which lead to the same place @param all whether everybody on the network is diverted */
function judge(view: View, rules: readonly [Diverted, ...Diverted[]], all: boolean): Findings {
  const { firewall, family, bridge } = view;
  const [{ asked, led, who }] = rules;
  const names = listed([...new Set(who.map(({ container }) => container.name))].toSorted());
  const asks = askedWords(rules);
  const cut = `${names} ${who.length === 1 ? "gets" : "get"} no answer ${asks}.`;
  const subjects: readonly Subject[] = all
    ? [{ kind: "network", name: bridge.name }]
    : who.map(({ container }) => ({ kind: "endpoint", container: container.name, network: bridge.name }));
  if (led.lost === null) {
    if (!led.local) return NOTHING;
    const input = pass(firewall.all, { ...asked.packet, destinationType: "local", outDevice: null }, ["input"]);
    return input.outcome === "shut" && asked.of !== "named" ? stopped(view, input, cut) : NOTHING;
  }
  const reason = reasonOf(rules);
  if (asked.of === "named") {
    // Who is asked so is known of the rule alone: what it leads to may be switched off on purpose.
    const lines = removalsOf(rules);
    const away = lines.map((line) => `\`${line}\``).join("; ");
    return notes({
      key: reason.key,
      what: reason.what,
      todo: `Start what is to answer there${lines.length === 0 ? "." : `, or take the rule away: ${away}.`}`,
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
        expected: `what is sent ${asks} is forwarded, or somebody takes it`,
        observed: `led to ${led.to}, ${led.lost}`,
        effect: cut,
        reason,
      }),
    ),
  );
}

/** `at port 443/tcp beyond this host`, `from the nameserver 192.0.2.53` */
function askedWords(rules: readonly Diverted[]): string {
  const words = rules.map(({ asked: { protocol, port, of, address } }) => {
    if (of === "a server") return `from the nameserver ${address}`;
    return of === "named" ? `from ${beforePort(address)}:${port}/${protocol}` : null;
  });
  const ports = worldPorts(rules);
  const beyond = ports.length === 0 ? [] : [`at port ${listed(ports)} beyond this host`];
  return listed([...new Set([...beyond, ...words.filter((one) => one !== null)])]);
}

/** Where anybody beyond this host is asked: `443/tcp` */
function worldPorts(rules: readonly Diverted[]): string[] {
  const world = rules.filter(({ asked }) => asked.of === "the world");
  return [...new Set(world.map(({ asked: { port, protocol } }) => `${port}/${protocol}`))];
}

function reasonOf(rules: readonly [Diverted, ...Diverted[]]): Reason {
  const [{ place, led }] = rules;
  const texts = [...new Set(rules.map((one) => placeText(one.place)))];
  const manager = managerOf(place);
  const lines = removalsOf(rules);
  const [one, leads] = texts.length === 1 ? ["A rule", "leads"] : ["Rules", "lead"];
  const whose = manager === null ? `that ${texts.length === 1 ? "is" : "are"} not the engine's` : `of ${manager.name}`;
  const sent = sentWords(rules);
  return {
    key: firewallKey(texts[0] ?? ""),
    what: `${one} ${whose} ${leads} what containers send ${sent} to ${led.to}, ${led.lost}: \`${texts.join("`, `")}\`.`,
    act: "the program that the rule was made for (a transparent proxy, a DNS server) has ended, or listens elsewhere by now",
    certainty: "seen",
    evidence: texts,
    remedies:
      (manager !== null && !manager.byHand) || lines.length === 0
        ? byOpening(place)
        : [
            {
              ...byHand(`take the rule${lines.length === 1 ? "" : "s"} away`, lines),
              cost: "What was to pass a proxy passes it no more: where that must not be, start the proxy instead.",
            },
          ],
  };
}

/** The lines that take all of them away; none where one can't be said as a line. */
function removalsOf(rules: readonly Diverted[]): string[] {
  const lines = rules.map(({ place }) => removal(place));
  return lines.includes(null) ? [] : [...new Set(lines.filter((line) => line !== null))];
}

/** `to port 443/tcp`, `to 169.254.169.254:80/tcp` */
function sentWords(rules: readonly Diverted[]): string {
  const named = rules
    .filter(({ asked }) => asked.of !== "the world")
    .map(({ asked: { address, port, protocol } }) => `to ${beforePort(address)}:${port}/${protocol}`);
  const ports = worldPorts(rules);
  return listed([...new Set([...(ports.length === 0 ? [] : [`to port ${listed(ports)}`]), ...named])]);
}
