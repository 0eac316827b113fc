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
  return together(
    ways.map((way) => {
      const hit = members.flatMap((member) => {
        const asked = findDiversion(view, way, member);
        return asked === null ? [] : [{ member, asked }];
      });
      const [first] = hit;
      if (first === undefined) return NOTHING;
      const who = hit.map(({ member }) => member);
      return judge(view, way.place, first.asked, who, who.length === members.length);
    }),
  );
}

/** Whether a container's way beyond its networks is this one: of several networks one has its default route. */
function leavesBy(subnet: string, family: 4 | 6, { container: { inside } }: Attachment): boolean {
  if (inside === null) return true;
  const defaults = inside.defaults.filter((route) => route.family === family);
  return defaults.some(({ gateway }) => gateway === null || holds(subnet, gateway) || /^fe80:/i.test(gateway));
}

/** @param who whose packets are diverted @param all whether that is everybody on the network */
function judge(view: View, place: Place, asked: Asked, who: readonly Attachment[], all: boolean): Findings {
  const { snapshot, host, firewall, family, bridge } = view;
  const led = findTaker(snapshot, host, { ...asked, device: bridge.device });
  if (led === null) return NOTHING;
  const names = listed([...new Set(who.map(({ container }) => container.name))].toSorted());
  const cut = `${names} ${who.length === 1 ? "gets" : "get"} no answer ${askedWords(asked)}.`;
  const subjects: readonly Subject[] = all
    ? [{ kind: "network", name: bridge.name }]
    : who.map(({ container }) => ({ kind: "endpoint", container: container.name, network: bridge.name }));
  if (led.lost === null) {
    if (!led.local) return NOTHING;
    const input = pass(firewall.all, { ...asked.packet, destinationType: "local", outDevice: null }, ["input"]);
    return input.outcome === "shut" && asked.of !== "named" ? stopped(view, input, cut) : NOTHING;
  }
  const rule = placeText(place);
  const reason = reasonOf(place, asked, led);
  if (asked.of === "named") {
    // Who is asked so is known of the rule alone: what it leads to may be switched off on purpose.
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
              ...byHand("take the rule away", [line]),
              cost: "What was to pass a proxy passes it no more: where that must not be, start the proxy instead.",
            },
          ],
  };
}

/** `to port 443/tcp`, `to 169.254.169.254:80/tcp` */
function sentWords({ protocol, port, of, address }: Asked): string {
  return of === "the world" ? `to port ${port}/${protocol}` : `to ${beforePort(address)}:${port}/${protocol}`;
}
