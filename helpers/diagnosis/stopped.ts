import type { Deviation } from "../audits/deviation.ts";
import { firewallKey, missingRuleKey } from "../cause/keys.ts";
import type { Mend } from "../cause/mend.ts";
import { noIpv6Rules } from "../expectations/ipv6-rules.ts";
import type { Certainty } from "../model/cause.ts";
import type { AskedQuestion } from "../model/question.ts";
import {
  isEngines,
  isOfIptables,
  lacksEngine,
  managerOf,
  openings,
  type Place,
  placeText,
} from "../snapshot/firewall/index.ts";
import type { Snapshot } from "../snapshot/snapshot.ts";
import type { Stop } from "./ending.ts";
import { type About, byHand, finding, missingRules } from "./finding.ts";
import { openersOf } from "./openers.ts";
import { isBridged, sentBy } from "./packets.ts";
import { diversionOf, passageOf, type Unmasqueraded, unmasquerades } from "./passage.ts";
import type { Failure } from "./relevance.ts";

/** What the host's packet filters do with what a failure sent. */
export interface Stopped {
  /** The rules and policies that end it, each once. */
  readonly found: readonly Deviation[];
  /** Whether these end every such packet; else a part of them, or what a rule asks for can't be told. */
  readonly surely: boolean;
  /** Whether one that is not the engine's surely does: whatever else deviates, without it they would have gone further. */
  readonly decided: boolean;
  /** Whether the filters were asked about all that was sent: a rule that was not found ends none of it. */
  readonly evaluated: boolean;
  /** Whether all that was sent surely passes every filter. */
  readonly open: boolean;
  /** What each of these does with which question's packets: on their way, to the answers, or so that no answer finds back. */
  readonly at: readonly {
    readonly question: AskedQuestion;
    readonly ended: Stop["way"] | "lost";
    readonly found: Deviation;
  }[];
}

/** Rules that let a packet go its way, so that no answer to it finds back. */
const LOSES: ReadonlySet<Stop["how"]> = new Set(["keep", "misaddress", "bare"]);

/**
 * Follows what a failure sent through every packet filter of the host: the rule that ends it is the cause, whoever made
 * it; of what must not arrive the rule that lets it pass by the engine's own; of whatever else was not expected the one
 * that leads it elsewhere.
 */
export function stoppedBy(snapshot: Snapshot, { questions, direction }: Failure): Stopped {
  if (direction !== "blocked") {
    const opened = direction === "leaked" ? questions.flatMap((question) => openersOf(snapshot, question)) : [];
    const diverted = questions.flatMap((question) => diversionOf(snapshot, question) ?? []);
    const found = [...opened.map(opens), ...diverted.map((stop) => findingOf(snapshot, stop))];
    return { found: once(found), surely: found.length > 0, decided: false, evaluated: false, open: false, at: [] };
  }
  const ends = questions.map((question) => {
    const end = passageOf(snapshot, question);
    return { question, end: end !== null && end !== "open" && keepsApart(snapshot, question, end) ? null : end };
  });
  const bare = questions.flatMap((question) => {
    const one = unmasquerades(snapshot, question);
    if (one === null) return [];
    const found =
      one.by === null
        ? withoutMasquerade(one)
        : findingOf(snapshot, { place: one.by, how: "keep", queue: null, surely: true, way: "there" });
    return [{ question, ended: "lost" as const, found }];
  });
  const stops = ends
    .flatMap(({ question, end }) => (end === null || end === "open" ? [] : [{ question, stop: end }]))
    // What comes to a container's own address Docker drops with good reason: why it comes there is the cause.
    // Where it is not sure that a rule ends them, one that has counted nothing has not.
    .filter(({ stop: { surely, place } }) => surely || place.rule?.counters?.packets !== 0)
    .filter(({ stop: { way, place } }) => bare.length === 0 || way === "there" || !isEngines(place));
  const sure = stops.filter(({ stop }) => stop.surely);
  const at = [
    ...(sure.length > 0 ? sure : stops).map(({ question, stop }) => ({
      question,
      ended: LOSES.has(stop.how) ? ("lost" as const) : stop.way,
      found: findingOf(snapshot, stop),
    })),
    ...bare,
  ];
  return {
    found: once(at.map(({ found }) => found)),
    surely: bare.length > 0 || sure.length > 0,
    decided: sure.some(({ stop }) => !isEngines(stop.place)),
    evaluated: ends.length > 0 && ends.every(({ end }) => end !== null),
    open: ends.length > 0 && ends.every(({ end }) => end === "open"),
    at,
  };
}

/**
 * Whether it is the engine's own drop that closes a container's bridge to all but its neighbours, as it must. Who asked
 * has left that network since: the look is no longer at what the question met.
 */
function keepsApart(snapshot: Snapshot, question: AskedQuestion, { place, how, way }: Stop): boolean {
  const sent = sentBy(snapshot, question);
  if (sent === null || how !== "drop" || way !== "there" || place.rule === null || !isEngines(place)) return false;
  const { from, to } = sent;
  if (to.mac === undefined || to.device === null || from.device === null || isBridged(from, to)) return false;
  return place.rule.text.includes(to.device);
}

/** One rule may end what several questions send. */
function once(found: readonly Deviation[]): readonly Deviation[] {
  return [...new Map(found.map((one) => [one.reason.key, one])).values()];
}

function opens(place: Place): Deviation {
  const what = `A rule of the host's firewall accepts these packets before a rule of Docker's can drop them: \`${placeText(place)}\`.`;
  return finding("filter", "opens", [], ["accept"], what, {
    ...ofPlace(place),
    mends: withoutPlace(place),
    family: null,
  });
}

/** What is known of a rule or policy beside what it does. */
function ofPlace(place: Place): Pick<About, "group" | "act" | "evidence"> {
  const manager = managerOf(place);
  return {
    group: firewallKey(placeText(place)),
    act: manager === null ? null : `It is kept by ${manager.name}. ${manager.changes}`,
    evidence: [`${programOf(place)}: table ${place.table.family} ${place.table.name}, chain ${place.chain.name}`],
  };
}

function programOf({ table }: Place): string {
  return isOfIptables(table) ? table.program : "nft";
}

function withoutPlace(place: Place): readonly Mend[] {
  const shows =
    managerOf(place)?.shows ?? (isOfIptables(place.table) ? `${place.table.program}-save` : "nft list ruleset");
  return openings(place).map((opening) => ({ ...opening, check: shows }));
}

function withoutMasquerade({ network, subnet, device, family }: Unmasqueraded): Deviation {
  const program = family === 6 ? "ip6tables" : "iptables";
  const rule = `-t nat -A POSTROUTING -s ${subnet} ! -o ${device} -j MASQUERADE`;
  const key = missingRuleKey("masquerade", network);
  const about = missingRules("nat", rule, family === 6 ? `${key} ipv6` : key);
  const back = byHand(
    "put the rule back",
    `${program} ${rule.replace("-A ", "-I ")}`,
    `${program} -t nat -S POSTROUTING`,
  );
  return finding(
    "nat",
    "blocks",
    [],
    [],
    `Nothing masquerades what network ${network} (${subnet}) sends beyond the host: Docker's rule is missing (\`${program} ${rule}\`), so no answer finds back.`,
    {
      ...about,
      evidence: [`no rule of ${program} -t nat POSTROUTING translates ${subnet}`],
      mends: [...(back.mends ?? []), ...(about.mends ?? [])],
      family,
    },
  );
}

/** What a rule does with `these packets`, as they are called. */
const DOES: Readonly<Record<Stop["how"], (packets: string) => string>> = {
  drop: (packets) => `drops ${packets}`,
  reject: (packets) => `rejects ${packets}`,
  queue: (packets) => `queues ${packets}`,
  divert: (packets) => `sends ${packets} elsewhere`,
  misaddress: (packets) => `gives ${packets} a source address that this host does not have, so answers go elsewhere`,
  keep: (packets) => `keeps ${packets} from being masqueraded, so no answer finds back`,
  take: (packets) => `hands ${packets} to a program of the host, or to another device`,
  expire: (packets) => `leaves ${packets} no hop (TTL), so the host discards them where it would pass them on`,
  bare: (packets) => `takes ${packets} from connection tracking, so they, or their answers, are not translated`,
};

function findingOf({ host, facts }: Snapshot, { place, how, queue, surely }: Stop): Deviation {
  const text = placeText(place);
  const made = place.table.family === "ip6" ? noIpv6Rules(facts) === null : facts.configuration.iptables !== false;
  if (made && lacksEngine(place))
    return finding(
      "filter",
      "blocks",
      [],
      [],
      `Docker's rules are gone from the FORWARD chain, which ${place.rule === null ? "drops what no rule accepts" : "lets nothing else pass"}: \`${text}\`.`,
      { ...missingRules(place.table.name, `-A FORWARD … -j DOCKER… (${place.table.program})`), family: null },
    );
  const isDockers = isEngines(place);
  const unread = queue !== null && host?.queues.includes(queue) === false;
  const does =
    how === "queue"
      ? unread
        ? `hands packets to queue ${queue}, which no program reads, so the kernel drops them`
        : `hands packets to queue ${queue}, and the program that reads it decides`
      : DOES[how](surely ? "these packets" : "such packets, or a part of them");
  const what =
    place.rule === null
      ? `The host's firewall drops what no rule accepts, and none accepts these packets: \`${text}\`.`
      : `A rule of the host's firewall ${does}: \`${text}\`.`;
  const found = finding("filter", "blocks", [], [], what, {
    ...(isDockers ? missingRules(place.table.name, `an accept before ${text}`) : { mends: withoutPlace(place) }),
    ...ofPlace(place),
  });
  return surely ? found : { ...found, reason: { ...found.reason, certainty: certaintyOf(place) } };
}

/** How a rule is known that ends a part of such packets, or may: without a counter nothing says that it ever did. */
function certaintyOf({ rule }: Place): Certainty {
  return rule !== null && !rule.counters?.packets ? "guessed" : "concluded";
}
