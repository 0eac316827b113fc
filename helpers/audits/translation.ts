import { firewallKey } from "../cause/keys.ts";
import { acceptsPublished, usesProxy } from "../expectations/firewall.ts";
import { isLoopback, isUnspecified, sameAddress } from "../model/address.ts";
import { SOMEBODY } from "../model/somebody.ts";
import { isEngines, managerOf } from "../snapshot/firewall/managers.ts";
import type { Packet } from "../snapshot/firewall/packet.ts";
import { placeText, removal } from "../snapshot/firewall/place-text.ts";
import type { LivingHost, LivingSnapshot } from "../snapshot/living.ts";
import { auditAnswered } from "./answered.ts";
import { comesBack } from "./answers.ts";
import { senderTo } from "./askers.ts";
import { type Findings, NOTHING, notes, type Reason, together } from "./deviation.ts";
import {
  firewallOf,
  isPolicyBehindEngines,
  type JudgedFirewall,
  missingBasics,
  reasonOfBasics,
} from "./engine-rules.ts";
import { askedBy, opening } from "./opening.ts";
import { operatorsNote } from "./operators-word.ts";
import { arrive, type Passage, pass } from "./passage.ts";
import { throughProxy } from "./proxied-way.ts";
import { about, leadsByHost, type Published, portText, RULE_BACK, subjectOf } from "./published.ts";
import { byHand, byOpening } from "./remedies.ts";
import { reasonOfRuleBefore } from "./rule-before.ts";
import { rulesGone } from "./rules-gone.ts";
import { reasonOfForeignRule } from "./stopped.ts";
import { isOfEngine, isStranger } from "./strangers.ts";
import { findTaker } from "./takers.ts";
import { uplinkOf, wayOutOf } from "./uplink.ts";
import { missingOf, publishedPort, translations } from "./written-rules.ts";

/** What the packet filter does with what is sent to a published port: its translation, and its way to the container. */
export function auditTranslation(snapshot: LivingSnapshot, host: LivingHost, published: Published): Findings {
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
    const before = arrive(firewall.all, packet);
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
    else if (packet.inDevice === uplinkOf(host, family)?.device) {
      const answers = auditAnswers(snapshot, host, firewall, published, { sent: onward.packet, who });
      found.push(answers === NOTHING ? auditAnswered(host, firewall, published, onward) : answers);
    }
  }
  const proxied = throughProxy(snapshot, firewall, published);
  const atLoopback = `this host itself at ${proxied?.address}`;
  if (proxied?.passage.outcome === "shut") found.push(shut(snapshot, published, proxied.passage, atLoopback));
  // The engine leads what is sent to the loopback nowhere: docker-proxy waits there.
  if (proxied?.passage.outcome === "open" && !reaches(proxied.passage))
    found.push(elsewhere(snapshot, host, published, proxied.passage, atLoopback));
  return together(found);
}

/** The way of a published port's answers. What is missing there of the engine's own rules all that containers send misses. */
function auditAnswers(
  snapshot: LivingSnapshot,
  host: LivingHost,
  firewall: JudgedFirewall,
  published: Published,
  { sent, who }: { readonly sent: Packet; readonly who: string },
): Findings {
  const [end] = published.ends;
  const uplink = uplinkOf(host, published.family);
  // Where a VPN takes what is sent to others, who may ask is not known.
  if (end === undefined || uplink === null || wayOutOf(host, published.family) !== uplink.device) return NOTHING;
  const asker = SOMEBODY[published.family];
  const ways = { enters: end.attachment.bridge.device, leaves: uplink.device, arrivesFor: asker, asker };
  const back = comesBack(firewall.all, sent, ways);
  const { place } = back;
  if (back.outcome !== "shut" || place === null) return NOTHING;
  if (isPolicyBehindEngines(firewall, place) || isOfEngine(snapshot, place)) return NOTHING;
  return shut(snapshot, published, back, who, undefined, "what published ports answer");
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
  const base = opening(port, family);
  const loopback = !anywhere && isLoopback(port.hostAddress);
  const sender = address === undefined || loopback ? null : senderTo(snapshot, host, address, family);
  return {
    outside: sender === null || address === undefined ? null : askedBy(base, { ...sender, to: address }),
    // With docker-proxy, 127.0.0.1 is its own; what a host sends itself by IPv6 the engine leaves to it as well.
    own:
      address === undefined || (usesProxy(snapshot.facts) && (loopback || family === 6))
        ? null
        : askedBy(base, { device: null, from: address, to: address }),
  };
}

function shut(
  snapshot: LivingSnapshot,
  published: Published,
  passage: Passage,
  who: string,
  firewall?: JudgedFirewall,
  sent = "what is sent to published ports",
): Findings {
  const { container, port, ends } = published;
  const { place } = passage;
  const text = portText(container, port);
  if (place === null) return NOTHING;
  const rule = placeText(place);
  // As a packet arrives the engine lets nobody in that another rule would stop: a list of senders there is the operator's.
  const lists = { chosen: true, listed: firewall === undefined };
  const meant = operatorsNote(passage, [subjectOf(container, port)], lists);
  if (meant !== null) return meant;
  const [end] = ends;
  const engines =
    firewall !== undefined && /^DOCKER|^filter-forward/.test(place.chain.name) && !isStranger(snapshot, place);
  const policy = firewall !== undefined && isPolicyBehindEngines(firewall, place);
  const basics = firewall === undefined ? [] : missingBasics(snapshot, firewall, published.family);
  if (firewall !== undefined && (engines || policy) && end !== undefined) {
    const reason: Reason =
      basics.length > 0
        ? reasonOfBasics(basics)
        : rulesGone(
            snapshot,
            { part: "accept", container },
            [`they end at ${rule}`],
            firewall.layout === null || published.family === 6
              ? []
              : [
                  byHand(
                    RULE_BACK,
                    [insertion(firewall, acceptsPublished([], publishedPort(published, end)).wanted)],
                    `${firewall.program} -S DOCKER | grep -- ${end.address}`,
                  ),
                ],
            "concluded",
          );
    return about(published, "LIVE-12", {
      expected: `${end.address}:${port.containerPort} is forwarded to`,
      observed: `stopped by ${rule}`,
      effect: `Port ${text} is not reached by ${who} but through docker-proxy, if at all.`,
      reason,
    });
  }
  return about(published, "LIVE-12", {
    expected: "the packet passes",
    observed: `stopped by ${rule}`,
    effect: `Port ${text} is not reached by ${who}.`,
    reason: reasonOfForeignRule(place, sent),
  });
}

/** A wanted rule as the command that puts it in front of its chain. */
export function insertion({ program }: JudgedFirewall, rule: string): string {
  return `${program} ${rule.replace(/(^|\s)-A (\S+)/, "$1-I $2")}`;
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
  before: Passage,
  hook: "prerouting" | "output",
  who: string,
): Findings {
  const { container, port, ends, family } = published;
  const [end] = ends;
  const text = portText(container, port);
  if (end === undefined) return NOTHING;
  if (before.translatedBy.length > 0) return elsewhere(snapshot, host, published, before, who);
  const basics = missingBasics(snapshot, firewall, family);
  const base = {
    expected: `translated to ${end.address}:${port.containerPort}`,
    observed: "not translated",
    effect: isProxied(host, published)
      ? `Port ${text} is served for ${who} by docker-proxy alone: slower, and without the client's address.`
      : `Port ${text} is not reached by ${who}.`,
  };
  if (basics.length > 0) return about(published, "LIVE-11", { ...base, reason: reasonOfBasics(basics) });
  const known = firewall.layout !== null && family === 4;
  const gone = { part: "translation", container } as const;
  const isThere = missingOf(snapshot, family, gone)?.length === 0;
  const taken = isThere ? reasonOfRuleBefore(snapshot, before, "what is sent to published ports") : null;
  return about(published, "LIVE-11", {
    ...base,
    reason:
      taken ??
      rulesGone(
        snapshot,
        gone,
        [`${hook}: nothing translates ${before.packet.destination ?? ""}:${port.hostPort}/${port.protocol}`],
        !known
          ? []
          : translations(snapshot.facts, [], published)
              .slice(0, 1)
              .map((rule) =>
                byHand(
                  RULE_BACK,
                  [`${firewall.program} ${rule.wanted}`],
                  `${firewall.program} -t nat -S DOCKER | grep -- ${end.address}`,
                ),
              ),
      ),
  });
}

/** A rule that is not the engine's leads what is sent to a published port to another place; nothing where none does. */
function elsewhere(
  snapshot: LivingSnapshot,
  host: LivingHost,
  published: Published,
  { packet, translatedBy }: Passage,
  who: string,
): Findings {
  const { container, port, ends } = published;
  const [end] = ends;
  const [place] = translatedBy;
  if (place === undefined || end === undefined) return NOTHING;
  const text = portText(container, port);
  const rule = placeText(place);
  const led = findTaker(snapshot, host, { packet, device: packet.inDevice ?? "lo", asItIs: false });
  // Somebody between clients and the container, who was put there by hand.
  if (led?.local === true && led.lost === null && !isEngines(place)) {
    const line = removal(place);
    return notes({
      key: firewallKey(rule),
      what: `A rule that is not the engine's leads what is meant for port ${text} to ${led.to}, where somebody listens: \`${rule}\`.`,
      todo: line === null ? "" : `If that is not meant: \`${line}\`.`,
      subjects: [subjectOf(container, port)],
    });
  }
  const lost = led?.lost ?? null;
  const manager = isEngines(place) ? null : managerOf(place);
  return about(published, "LIVE-11", {
    expected: `led to ${end.address}:${port.containerPort}`,
    observed: `translated to ${packet.destination ?? "elsewhere"}:${packet.destinationPort ?? ""}`,
    effect: `Port ${text} leads ${who} to ${led?.to ?? packet.destination ?? "another place"} instead.`,
    reason: {
      key: firewallKey(rule),
      what: `A rule${manager === null ? "" : ` of ${manager.name}`} sends what is meant for port ${text} elsewhere${led === null || lost === null ? "" : `, to ${led.to}, ${lost}`}: \`${rule}\`.`,
      act: manager === null ? "it was left behind by a container that is gone, or a person added it" : null,
      certainty: "seen",
      evidence: [rule],
      remedies: byOpening(place),
    },
  });
}
