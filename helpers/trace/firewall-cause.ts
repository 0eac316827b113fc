import { firewallKey, MISSING_RULES } from "../cause/keys.ts";
import { RESTART_ENGINE, remedyOf } from "../cause/mend.ts";
import type { Cause, Remedy } from "../model/cause.ts";
import { words } from "../model/shell-words.ts";
import type { Place as RulePlace } from "../snapshot/firewall/index.ts";
import {
  decisionOf,
  type End,
  evaluate,
  type Firewall,
  isDiversion,
  isEngines,
  lacksEngine,
  managerOf,
  openings,
  type Packet,
  placeText,
} from "../snapshot/firewall/index.ts";
import { type Passage, packetAt } from "./passages.ts";
import type { Space } from "./spaces.ts";
import { spaceText, subjectOf } from "./words.ts";

/** A rule or policy that ends the packet, or may. */
export interface Suspect {
  readonly space: Space;
  readonly end: End;
  readonly place: RulePlace;
  /** Nothing else can become of the packet at this hook. */
  readonly certain: boolean;
}

/**
 * What in a namespace's packet filter ends the packet at one of these hooks: the first hook that surely does ends the
 * search; before it, what may do so.
 */
export function suspectsAt(
  firewall: Firewall,
  packet: Packet,
  passages: readonly Passage[],
): { readonly suspects: readonly Suspect[]; readonly packet: Packet } {
  const suspects: Suspect[] = [];
  let carried = packet;
  for (const passage of passages) {
    const { ends, packet: after } = evaluate(firewall, packetAt(carried, passage), passage.hook, passage.layer);
    const bad = ends.flatMap((end) => {
      const place = decisionOf(end);
      return place === null ? [] : [{ space: passage.space, end, place, certain: ends.length === 1 }];
    });
    suspects.push(...bad);
    if (bad.some(({ certain }) => certain)) break;
    carried = after;
  }
  return { suspects, packet: carried };
}

/** What a suspect's rule has counted; null where it counts nothing. */
export function countedBy(firewall: Firewall, { place }: Suspect): number | null {
  const table = firewall.tables.find(
    ({ program, family, name }) =>
      program === place.table.program && family === place.table.family && name === place.table.name,
  );
  const chain = table?.chains.find(({ name }) => name === place.chain.name);
  if (place.rule === null) return chain?.base?.policyCounters?.packets ?? null;
  const index = place.chain.rules.indexOf(place.rule);
  const rule = chain?.rules[index];
  return rule !== undefined && rule.text === place.rule.text ? (rule.counters?.packets ?? null) : null;
}

/** What a suspect does with the packet. */
const DOES: Readonly<Record<string, (packet: string) => string>> = {
  drop: (packet) => `drops ${packet}`,
  reject: (packet) => `rejects ${packet}`,
  queue: (packet) => `hands ${packet} over to a program that reads a queue`,
  take: (packet) => `hands ${packet} to a program of this host, or to another device`,
  expire: (packet) => `leaves ${packet} no hop (TTL), so the kernel passes them on no further`,
  bare: (packet) => `takes ${packet} from connection tracking, so they, or their answers, are not translated`,
  unknown: (packet) => `does something unknown to ${packet}`,
};

/** Two ends that share no network: the target's, and the container that would have to be on it. */
interface Apart {
  readonly network: string;
  readonly container: string;
}

/**
 * The cause of one suspect.
 * @param what the packet in words
 * @param counted by how much its counter rose while so many were sent, or null; `some` where only a part is lost
 * @param apart where the two ends share no network, which the engine's own rules are there for
 * @param readers queues of NFQUEUE that some program reads; null when not known
 */
export function firewallCause(
  suspect: Suspect,
  what: string,
  counted: { readonly by: number; readonly sent: number; readonly some: boolean } | null,
  readers: readonly number[] | null,
  apart: Apart | null,
): Cause {
  const { place, end, space } = suspect;
  const manager = managerOf(place);
  const text = placeText(place);
  const where = spaceText(space);
  const kept = manager === null ? "" : ` (kept by ${manager.name})`;
  const queue = end.action?.kind === "queue" ? end.action : null;
  const unread = queue !== null && readers !== null && !readers.includes(queue.first);
  const does =
    queue === null
      ? (DOES[end.verdict]?.(what) ?? `${end.verdict}s ${what}`)
      : `hands ${what} to queue ${queue.first}${unread ? ", which no program reads" : ", where a program decides"}`;
  const confirmed = counted !== null && counted.by > 0 && (counted.some || counted.by >= counted.sent);
  return {
    key: keyOf(suspect, text),
    what: `${place.rule === null ? "The policy" : "A rule"} of the packet filter ${where}${kept} ${does}: \`${text}\`.`,
    act:
      isEngines(place) && apart !== null
        ? `The two share no network, and the engine keeps networks apart: it is meant so.`
        : actOf(suspect, manager?.name ?? null),
    certainty: confirmed ? "seen" : "concluded",
    subjects: [subjectOf(space)],
    evidence: [
      text,
      ...(counted === null ? [] : [`its counter rose by ${counted.by} while ${counted.sent} probes were sent`]),
      ...(unread ? [`/proc/net/netfilter/nfnetlink_queue names no reader of queue ${queue.first}`] : []),
    ],
    remedies: remediesOf(suspect, apart),
  };
}

/**
 * What has led a packet to a place that is not its target's: the first rule that gives it another destination.
 * @param what the packet in words
 * @returns none where no rule surely does
 */
export function diversionCauses(
  firewall: Firewall,
  packet: Packet,
  passages: readonly Passage[],
  what: string,
): Cause[] {
  let carried = packet;
  for (const passage of passages) {
    const { changes, packet: after } = evaluate(firewall, packetAt(carried, passage), passage.hook, passage.layer);
    const change = changes.find(isDiversion);
    if (change !== undefined) {
      const { place } = change;
      const { space } = passage;
      const text = placeText(place);
      const to = [after.destination, after.destinationPort].filter((part) => part != null).join(" port ");
      return [
        {
          key: keyOf({ place, space }, text),
          what: `A rule of the packet filter ${spaceText(space)} sends ${what} elsewhere${to === "" ? "" : ` (to ${after.destination === undefined ? "port " : ""}${to})`}: \`${text}\`.`,
          act: actOf({ place }, managerOf(place)?.name ?? null),
          certainty: "concluded",
          subjects: [subjectOf(space)],
          evidence: [text],
          remedies: remediesOf({ place, space }, null),
        },
      ];
    }
    carried = after;
  }
  return [];
}

/** The host's as every look at it has them; a container's own filter is another cause in each. */
function keyOf({ place, space }: Pick<Suspect, "place" | "space">, text: string): string {
  if (space.where.kind !== "host") return `${firewallKey(text)} ${spaceText(space)}`;
  return lacksEngine(place) ? MISSING_RULES : firewallKey(text);
}

/** Kept by whom nobody should take a rule away behind their back. */
function remediesOf({ place, space }: Pick<Suspect, "place" | "space">, apart: Apart | null): Remedy[] {
  const inside = space.where.kind === "container" ? `nsenter -t ${space.pid} -n -- ` : "";
  const check = `${inside}${place.table.program === "nft" ? `nft list table ${place.table.family} ${place.table.name}` : `${place.table.program} -t ${place.table.name} -S ${place.chain.name}`}`;
  const restart = remedyOf(RESTART_ENGINE, null, check);
  if (lacksEngine(place)) return [restart];
  // What a host lets in is said by device; inside a container there is one.
  const opens = isEngines(place) ? [] : openings(place).slice(inside === "" ? 0 : -1);
  if (opens.length > 0)
    return opens.map((opening) => ({
      ...opening,
      commands: opening.commands.map((command) => `${inside}${command}`),
      check,
    }));
  if (isEngines(place) && apart !== null)
    return [
      {
        what: `let ${apart.container} into the network ${apart.network}`,
        commands: [`docker network connect ${words([apart.network, apart.container])}`],
        cost: "From then on every container of that network reaches it, and it them.",
        check: `docker network inspect ${words([apart.network])}`,
      },
    ];
  return isEngines(place) ? [restart] : [];
}

function actOf({ place }: Pick<Suspect, "place">, manager: string | null): string | null {
  if (lacksEngine(place))
    return "The engine's rules are gone from this chain: the table was flushed or replaced, as a firewall's reload does.";
  if (place.table.program.endsWith("legacy") && place.rule === null)
    return "Something used iptables-legacy beside the nftables variant: both are asked about every packet.";
  if (manager === null && place.table.program === "nft")
    return `Whoever loaded the table ${place.table.family} ${place.table.name} did: /etc/nftables.conf, or a program's own.`;
  return null;
}
