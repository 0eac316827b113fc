import type { Evidence } from "../probes/evidence.ts";
import type { Finding } from "./finding.ts";
import { callsHostProgram } from "./snapshot/front-programs.ts";
import { deviceOf, endpointsOf, ipv4Range, type Snapshot } from "./snapshot/snapshot.ts";

/** A requirement that failed, as far as a cause is chosen by it. */
export interface Failure {
  /** Its sentence. */
  readonly must: string;
  readonly reason: string;
  readonly expected: string;
  readonly observed: string;
  readonly probes: readonly Evidence[];
}

/** What went wrong with packets: nothing arrived, something arrived that must not, or neither is what was judged. */
export type FailureDirection = "blocked" | "leaked" | "differs";

const SILENCE =
  /timed out|refused|unreachable|no route|prohibited|no answer|not found|SERVFAIL|NXDOMAIN|positive control failed/i;

/** Reads the direction out of what was expected and observed. */
export function directionOf({ expected, observed, reason }: Failure): FailureDirection {
  if (/positive control failed/.test(reason)) return "blocked";
  if (/^(.*: )?a reply\b/.test(observed) && SILENCE.test(expected)) return "leaked";
  if (SILENCE.test(observed) && !SILENCE.test(expected)) return "blocked";
  return "differs";
}

/** Networks whose names are words that are said of other things as well. */
const PREDEFINED: ReadonlySet<string> = new Set(["bridge", "host", "none"]);

/** Names of containers and networks that a failure is about. Empty when it names none: then it is about the host. */
export function concernsOf(snapshot: Snapshot, failure: Failure): ReadonlySet<string> {
  const text = [
    failure.must,
    failure.reason,
    failure.expected,
    failure.observed,
    ...failure.probes.flatMap(({ vantage, command }) => [vantage, command]),
  ].join("\n");
  const says = (word: string): boolean =>
    word !== "" && new RegExp(`(?<![\\w.-])${escaped(word)}(?![\\w-]|\\.\\d)`).test(text);
  const found = new Set<string>();
  for (const container of snapshot.containers) {
    const addresses = endpointsOf(container).map(({ settings }) => settings.IPAddress);
    const ports = Object.values(container.inspected.NetworkSettings.Ports ?? {}).flatMap((bindings) =>
      (bindings ?? []).map(({ HostPort }) => HostPort),
    );
    const named = says(container.name) || says(container.id) || addresses.some(says);
    if (named || ports.some((port) => new RegExp(`[: ]${port}(?!\\d)`).test(text))) {
      found.add(container.name);
      for (const { name } of endpointsOf(container)) found.add(name);
    }
  }
  const containersNamed = found.size > 0;
  for (const network of snapshot.networks) {
    const { gateway, subnet } = ipv4Range(network);
    const device = network.Name === "bridge" ? (snapshot.facts.defaultBridge?.device ?? "docker0") : deviceOf(network);
    if ([device, gateway, subnet, network.Id].some(says) || (!PREDEFINED.has(network.Name) && says(network.Name)))
      found.add(network.Name);
  }
  // What is said of a network alone is about whoever is on it: a bridge has no carrier because its ports are down.
  if (!containersNamed)
    for (const container of snapshot.containers)
      if (endpointsOf(container).some(({ name }) => found.has(name))) found.add(container.name);
  return found;
}

/** At most this many findings make a cause. */
const MOST = 2;
/** A further finding is told when it fits nearly as well as the first. */
const NEARLY = 2;

/**
 * The findings that explain a failure, the best first; none where none plausibly does.
 * @param concerned what it is about, by {@link concernsOf}
 */
export function explaining(concerned: ReadonlySet<string>, found: readonly Finding[], failure: Failure): Finding[] {
  const direction = directionOf(failure);
  const words = [failure.must, failure.reason].join("\n").toLowerCase();
  const vantages = new Set(failure.probes.map(({ vantage }) => vantage));
  const commands = failure.probes.map(({ command }) => command);
  const scored = found
    .filter(({ vantage }) => vantage === null || vantages.has(vantage))
    .filter(({ program }) => program === null || commands.some((command) => callsHostProgram(command, program)))
    .flatMap((one, order) => {
      const score = scoreOf(one, concerned, direction, words);
      return score === null ? [] : [{ one, order, score }];
    })
    .toSorted((a, b) => b.score - a.score || a.order - b.order);
  const strong = scored.filter(({ one }) => !one.weak);
  const chosen = strong.length > 0 ? strong : scored;
  const best = chosen[0]?.score ?? 0;
  return chosen
    .filter(({ score }) => score >= best - NEARLY)
    .filter(({ one }, index, all) => all.findIndex((other) => other.one.what === one.what) === index)
    .slice(0, MOST)
    .map(({ one }) => one);
}

const EXPLAINS = { blocks: "blocked", opens: "leaked", differs: "differs" } as const;

/** How well a finding fits; null when it does not explain the failure at all. */
function scoreOf(
  { concerns, effect, topics, weak }: Finding,
  concerned: ReadonlySet<string>,
  direction: FailureDirection,
  words: string,
): number | null {
  const hits = concerns.filter((name) => concerned.has(name)).length;
  if (concerns.length > 0 && concerned.size > 0 && hits === 0) return null;
  const said = Math.min(topics.filter((topic) => words.includes(topic)).length, 3);
  const fits = effect === "any" ? direction : EXPLAINS[effect];
  // A host that lets too much through explains no silence, and an oddity explains neither unless it is what was judged.
  if (direction !== "differs" && fits !== direction && said === 0) return null;
  if (weak && said === 0 && fits !== direction) return null;
  return (concerns.length === 0 ? 2 : Math.min(hits, 2) * 2) + said * 2 + (fits === direction ? 3 : 0);
}

function escaped(text: string): string {
  return text.replaceAll(/[.*+?^${}()|[\]\\/]/g, "\\$&");
}
