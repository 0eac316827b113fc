import { isIP } from "node:net";
import type { Layer } from "../audits/bearings.ts";
import type { Deviation } from "../audits/deviation.ts";
import { isFirewallKey } from "../cause/keys.ts";
import type { Evidence } from "../model/evidence.ts";
import { type Expected, meets, type Outcome } from "../model/outcome.ts";
import type { AskedQuestion, Direction, Place, ReadThing } from "../model/question.ts";
import type { Subject } from "../model/subject.ts";
import { callsHostProgram } from "../snapshot/front-programs.ts";
import {
  answersTo,
  type ContainerState,
  deviceOf,
  endpointsOf,
  ipv4Range,
  portsBehind,
  type Snapshot,
} from "../snapshot/snapshot.ts";

/** A requirement that failed, as far as a cause is chosen by it: data only, never its sentences. */
export interface Failure {
  readonly direction: Direction;
  /** What was answered otherwise than it had to be; where the check does not say which, all that it asked. */
  readonly questions: readonly AskedQuestion[];
  /** What it is about beyond what the questions name. */
  readonly subjects: readonly Subject[];
  /** The one thing that shows it, where its check says which. */
  readonly read?: ReadThing;
  /** Names of all containers and networks that its check had at hand. */
  readonly scope: readonly string[];
  /** Each with what had to come of it, where that is known. */
  readonly probes: readonly (Evidence & { readonly expected?: Expected })[];
  /** The engine's words where it failed at what it was asked (status 500); null where it did not. */
  readonly refusal: string | null;
}

/** How a question was answered last; null where that is not known. */
export function outcomeOf(question: AskedQuestion, probes: Failure["probes"]): Outcome | null {
  const text = JSON.stringify(question);
  return probes.findLast((probe) => JSON.stringify(probe.question) === text)?.outcome ?? null;
}

/** Whether a question's last answer was the one that had to come; false where that is not known. */
export function isMet(question: AskedQuestion, probes: Failure["probes"]): boolean {
  const text = JSON.stringify(question);
  const last = probes.findLast((probe) => JSON.stringify(probe.question) === text);
  return last?.expected !== undefined && meets(last.expected, last.outcome, last.stdout);
}

/** Names of containers and networks that a failure is about. Empty when it names none: then it is about the host. */
export function concernsOf(snapshot: Snapshot, failure: Failure): ReadonlySet<string> {
  const found = new Set<string>();
  const add = (container: ContainerState): void => {
    found.add(container.name);
    for (const { name } of endpointsOf(container)) found.add(name);
  };
  for (const subject of failure.subjects) for (const name of namesOf(subject)) found.add(name);
  for (const question of failure.questions) {
    for (const container of snapshot.containers) if (isAbout(container, question)) add(container);
    for (const network of snapshot.networks) if (isOfNetwork(snapshot, network, question)) found.add(network.Name);
  }
  for (const { place } of failure.probes)
    for (const container of snapshot.containers) if (isAt(container, place)) add(container);
  if (found.size === 0) for (const name of failure.scope) found.add(name);
  // What is said of a network alone is about whoever is on it: a bridge has no carrier because its ports are down.
  if (!snapshot.containers.some(({ name }) => found.has(name)))
    for (const container of snapshot.containers)
      if (endpointsOf(container).some(({ name }) => found.has(name))) found.add(container.name);
  return found;
}

/** The same with the networks that these containers are on: what is wrong with one of them strikes them too. */
export function withNetworks(snapshot: Snapshot, concerned: ReadonlySet<string>): ReadonlySet<string> {
  const networks = snapshot.containers
    .filter(({ name }) => concerned.has(name))
    .flatMap((container) => endpointsOf(container).map(({ name }) => name));
  return new Set([...concerned, ...networks]);
}

function namesOf(subject: Subject): string[] {
  switch (subject.kind) {
    case "host":
      return [];
    case "container":
    case "network":
      return [subject.name];
    case "endpoint":
      return [subject.container, subject.network];
    case "published port":
      return [subject.container];
  }
}

function isAt({ name }: ContainerState, place: Place | undefined): boolean {
  return place?.kind === "container" && place.name === name;
}

function isAbout(container: ContainerState, question: AskedQuestion): boolean {
  if (isAt(container, question.from)) return true;
  switch (question.kind) {
    case "read":
      return question.of === container.name;
    case "resolve":
      return answersTo(container, question.name);
    case "reach":
      return (
        answersTo(container, question.to) ||
        addressesOf(container).includes(question.to) ||
        isPublished(container, question)
      );
  }
}

function addressesOf(container: ContainerState): string[] {
  return endpointsOf(container).flatMap(({ settings }) => [settings.IPAddress, settings.GlobalIPv6Address]);
}

/** Whether a question goes to a port of the host that a container publishes. */
function isPublished(container: ContainerState, question: AskedQuestion): boolean {
  return question.kind === "reach" && question.port !== null && portsBehind(container, question.port).length > 0;
}

function isOfNetwork(snapshot: Snapshot, network: Snapshot["networks"][number], question: AskedQuestion): boolean {
  const { gateway } = ipv4Range(network);
  if (question.kind === "reach") return gateway !== "" && question.to === gateway;
  if (question.kind === "resolve" || question.of === null) return false;
  const device = network.Name === "bridge" ? (snapshot.facts.defaultBridge?.device ?? "docker0") : deviceOf(network);
  return [network.Name, network.Id, device].includes(question.of);
}

/** At most this many findings make a cause. */
const MOST = 2;
/** A further finding is told when it fits nearly as well as the first. */
const NEARLY = 2;

/**
 * The findings that explain a failure, the best first; none where none plausibly does.
 * @param concerned what it is about, by {@link concernsOf}
 */
export function explaining(
  snapshot: Snapshot,
  concerned: ReadonlySet<string>,
  found: readonly Deviation[],
  failure: Failure,
): Deviation[] {
  const topics = topicsOf(snapshot, failure);
  const commands = failure.probes.map(({ command }) => command);
  const scored = found
    .filter(({ vantage }) => vantage === null || failure.probes.some(({ place }) => place?.kind === vantage))
    .filter(({ program }) => program === null || commands.some((command) => callsHostProgram(command, program)))
    .filter((one) => canProduce(one, failure, topics))
    .flatMap((one, order) => {
      const score = scoreOf(one, concerned, failure, topics);
      return score === null ? [] : [{ one, order, score }];
    })
    .toSorted((a, b) => b.score - a.score || a.order - b.order);
  const strong = scored.filter(({ one }) => !one.weak);
  const chosen = strong.length > 0 ? strong : scored;
  const best = chosen[0]?.score ?? 0;
  const fitting = chosen
    .filter(({ score }) => score >= best - NEARLY)
    .map(({ one }) => one)
    .filter((one, index, all) => all.findIndex((other) => other.reason.what === one.reason.what) === index);
  // Two of a kind say less than one of each: what is missing at one container is often missing at its neighbour too.
  const kindOf = ({ topics: words }: Deviation): string => words.join();
  const firsts = fitting.filter((one, index) => fitting.findIndex((other) => kindOf(other) === kindOf(one)) === index);
  return [...firsts, ...fitting.filter((one) => !firsts.includes(one))].slice(0, MOST);
}

/** What shows where a thing was read. */
const SHOWN_BY: Readonly<Record<ReadThing, readonly Layer[]>> = {
  links: ["links", "namespaces"],
  addresses: ["links", "routes", "namespaces"],
  routes: ["routes", "links", "namespaces"],
  firewall: ["nat", "filter"],
  sockets: ["ports", "names", "namespaces"],
  namespaces: ["namespaces"],
  sysctl: ["routes"],
  "resolv.conf": ["names"],
  "hosts file": ["names"],
  container: ["engine", "ports", "namespaces"],
  network: ["engine"],
  networks: ["engine"],
  file: [],
};

const OF_NAMES = [
  "name",
  "dns",
  "lookup",
  "look up",
  "resolve",
  "resolv.conf",
  "resolver",
  "127.0.0.11",
  "nameserver",
  "masquerade",
];
const OF_LEAKS = ["isolation", "unpublished", "direct", "raw", "route to", "internal", "icc", "accept", "policy"];

/** The topics of findings that what was asked is about. */
function topicsOf(snapshot: Snapshot, { questions, direction }: Failure): ReadonlySet<string> {
  return new Set([
    ...questions.flatMap((question) => topicsOfQuestion(snapshot, question)),
    ...(direction === "leaked" ? OF_LEAKS : []),
  ]);
}

function topicsOfQuestion(snapshot: Snapshot, question: AskedQuestion): string[] {
  if (question.kind === "read") return [];
  if (question.kind === "resolve") return OF_NAMES;
  const { to, protocol, size } = question;
  const found = protocol === "icmp" ? ["ping", "icmp"] : protocol === "arp" ? ["arp"] : [];
  if (size !== null) found.push("mtu", "fragment");
  if (isIP(to) === 0) found.push(...OF_NAMES);
  if (to.startsWith("127.")) found.push("127.0.0.1", "loopback", "route_localnet");
  if (snapshot.containers.some((container) => addressesOf(container).includes(to))) return found;
  if (snapshot.networks.some((network) => ipv4Range(network).gateway === to)) found.push("gateway");
  if (snapshot.containers.some((container) => isPublished(container, question)))
    return [...found, "port", "publish", "dnat", "nat"];
  return question.from.kind === "container" ? [...found, "masquerade", "default route"] : found;
}

/** Whether a deviation can bring about what was observed at all. */
function canProduce(
  { kind, topics, does, family, reason }: Deviation,
  failure: Failure,
  asked: ReadonlySet<string>,
): boolean {
  if (does === "any") return true;
  const { questions, direction, probes } = failure;
  const sent = questions.filter((question) => question.kind !== "read");
  // What IPv4's rules and routes do keeps no IPv6 packet from arriving.
  if (family !== null && sent.length > 0 && sent.every((question) => isOfOther(family, question))) return false;
  if (direction === "differs") {
    // Where one rule differs, one more that drops is no cause.
    if (failure.read !== undefined)
      return SHOWN_BY[failure.read].includes(kind) && !(kind === "filter" && isFirewallKey(reason.key));
    // Packets that were answered passed the filters: only what was not, or the rules themselves, can show what these do.
    // What is not translated may be answered in another way.
    if (does === "blocks" && kind === "filter")
      return (
        sent.some((question) => outcomeOf(question, probes) !== "replied") ||
        probes.some(({ question, exitCode }) =>
          question == null ? exitCode !== 0 : question.kind === "read" && question.what === "firewall",
        )
      );
    // Where each probe says what it read, what none of them shows is another matter.
    const read = probes.map(({ question }) => (question?.kind === "read" ? SHOWN_BY[question.what] : null));
    if (read.length === 0 || read.includes(null) || sent.length > 0) return true;
    return read.some((kinds) => kinds?.includes(kind));
  }
  if (sent.length === 0) return true;
  // Names and translations matter only to what goes by a name, or is translated on its way.
  const needsTopic = kind === "names" || kind === "ports" || kind === "nat";
  return !needsTopic || topics.some((topic) => asked.has(topic));
}

/** Whether a question is about an address of the other family. */
function isOfOther(family: 4 | 6, question: AskedQuestion): boolean {
  if (question.kind !== "reach") return false;
  const asked = isIP(question.to.replace(/%.*$/, ""));
  return asked !== 0 && asked !== family;
}

const EXPLAINS = { blocks: "blocked", opens: "leaked", differs: "differs" } as const;

/** How well a finding fits; null when it does not explain the failure at all. */
function scoreOf(
  { concerns, does, topics, weak, kind }: Deviation,
  concerned: ReadonlySet<string>,
  { direction, questions }: Failure,
  asked: ReadonlySet<string>,
): number | null {
  const hits = concerns.filter((name) => concerned.has(name)).length;
  if (concerns.length > 0 && concerned.size > 0 && hits === 0) return null;
  const shown = questions.some((question) => question.kind === "read" && SHOWN_BY[question.what].includes(kind));
  const said = Math.min(
    topics.filter((topic) => asked.has(topic)).length + (shown ? 1 : 0),
    // The topics of what lets too much through are all asked about at once: how many words it has for it says nothing.
    direction === "leaked" ? 1 : 3,
  );
  const fits = does === "any" ? direction : EXPLAINS[does];
  // A host that lets too much through explains no silence, and an oddity explains neither unless it is what was judged.
  if (direction !== "differs" && fits !== direction && said === 0) return null;
  if (weak && said === 0 && fits !== direction) return null;
  // What lets packets through alters nothing that is read, unless that is what was read.
  if (does === "opens" && direction === "differs" && said === 0) return null;
  return (concerns.length === 0 ? 2 : Math.min(hits, 2) * 2) + said * 2 + (fits === direction ? 3 : 0);
}
