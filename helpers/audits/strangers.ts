import { isEngines } from "../snapshot/firewall/managers.ts";
import { answer } from "../snapshot/firewall/matching.ts";
import { isMatch, type Match, type Place, type Rule } from "../snapshot/firewall/model.ts";
import type { Packet } from "../snapshot/firewall/packet.ts";
import type { LivingSnapshot } from "../snapshot/living.ts";
import { bridgesOf } from "./bridges.ts";

/** What the engine's own rules do only with what comes from or goes to one of its bridges. */
const DECIDES: ReadonlySet<string> = new Set(["accept", "drop", "reject", "return", "queue"]);

/** What the engine calls its bridges, and the device of WSL that it makes an exception for. */
const OF_ENGINE = /^(docker|br-|loopback0$)/;

/**
 * Whether a rule in one of the engine's chains is somebody's: it decides about packets without naming a bridge of the
 * engine's. Before DOCKER-USER there was no other place, and people still put theirs there.
 */
export function isStranger(snapshot: LivingSnapshot, { chain, rule }: Place): boolean {
  if (rule === null || !/^DOCKER(-(?!USER|INGRESS)|$)/.test(chain.name)) return false;
  const matches = rule.steps.filter(isMatch);
  if (matches.length === 0 || !rule.steps.some(({ kind }) => DECIDES.has(kind))) return false;
  const own = new Set(bridgesOf(snapshot).map(({ device }) => device));
  return !matches.some((match) => devicesOf(match).some((name) => own.has(name) || OF_ENGINE.test(name)));
}

/** The engine's own work: what it made, and nobody put among it. */
export function isOfEngine(snapshot: LivingSnapshot, place: Place): boolean {
  return isEngines(place) && !isStranger(snapshot, place);
}

/** Somebody's rule among the engine's that surely takes a packet out of their chain; null where there is none. */
export function strangerTaking(snapshot: LivingSnapshot, packet: Packet): Place | null {
  for (const table of snapshot.host?.filters?.tables ?? [])
    for (const chain of table.chains)
      for (const rule of chain.rules)
        if (isStranger(snapshot, { table, chain, rule }) && returns(rule) && surelyMatches(rule, packet, table))
          return { table, chain, rule };
  return null;
}

function returns({ steps }: Rule): boolean {
  return steps.some(({ kind }) => kind === "return");
}

function surelyMatches({ steps }: Rule, packet: Packet, table: Place["table"]): boolean {
  return steps.filter(isMatch).every((match) => answer(match, packet, table) === "yes");
}

/** The devices that a match names; a set of ipset or of nftables may hold some of the engine's. */
function devicesOf(match: Match): string[] {
  if (match.kind === "set" || match.kind === "ipset") return match.set.startsWith("docker") ? [match.set] : [];
  if (match.kind !== "field") return [];
  const at = match.fields.findIndex((field) => field === "in device" || field === "out device");
  return match.any.flatMap((element) => {
    const value = element[at];
    return value !== undefined && "word" in value ? [value.word] : [];
  });
}
