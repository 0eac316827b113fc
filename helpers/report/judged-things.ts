import type { AskedQuestion } from "../model/question.ts";
import type { ReportedProbe, RequirementResult } from "../model/results.ts";
import type { BoundPort, Site, SiteContainer } from "../model/site.ts";
import type { Subject } from "../model/subject.ts";
import { isAgainst } from "./against.ts";

/** By which requirements a thing on a map was judged. */
export interface JudgedBy {
  readonly failed: readonly string[];
  readonly others: readonly string[];
}

/** A thing on a map, by kind and name. */
export function thingKey(kind: "container" | "network", name: string): string {
  return `${kind} ${name}`;
}

/** A published port, by what no other has at the time. */
export function portKey({ protocol, hostPort }: BoundPort): string {
  return `port ${protocol} ${hostPort}`;
}

/**
 * Which of a site's things requirements asked, and which of them something was wrong with: what a failure's cause names,
 * and both ends of a question that came out otherwise; where neither is known, all that the failure asked.
 */
export class JudgedThings {
  readonly #failed = new Map<string, Set<string>>();
  readonly #others = new Map<string, Set<string>>();

  /** Adds what a requirement asked of a site. */
  add(result: RequirementResult, site: Site): void {
    if (result.verdict !== "fail" && result.verdict !== "pass") return;
    const asked = result.probes.map((probe) => ({ probe, things: thingsOf(probe, site) }));
    const all = asked.flatMap(({ things }) => things);
    const wrong = result.verdict === "fail" ? wrongOf(result, asked, site) : [];
    for (const thing of new Set(wrong)) add(this.#failed, thing, result.id);
    for (const thing of new Set(all)) if (!wrong.includes(thing)) add(this.#others, thing, result.id);
  }

  /** @param thing by its key */
  isWrong(thing: string): boolean {
    return this.#failed.has(thing);
  }

  /** Each thing that was asked, by its key. */
  all(): ReadonlyMap<string, JudgedBy> {
    const things = [...new Set([...this.#failed.keys(), ...this.#others.keys()])];
    const idsIn = (map: ReadonlyMap<string, ReadonlySet<string>>, thing: string) => [...(map.get(thing) ?? [])];
    return new Map(
      things.map((thing) => [thing, { failed: idsIn(this.#failed, thing), others: idsIn(this.#others, thing) }]),
    );
  }
}

function add(map: Map<string, Set<string>>, thing: string, id: string): void {
  map.set(thing, (map.get(thing) ?? new Set()).add(id));
}

interface Asked {
  readonly probe: ReportedProbe;
  readonly things: readonly string[];
}

/** What a failure's causes name, and both ends of what came out otherwise; where neither is known, all that it asked. */
function wrongOf(result: RequirementResult, asked: readonly Asked[], site: Site): readonly string[] {
  const named = (result.explanation?.causes ?? []).flatMap(({ subjects }) => subjects.flatMap(thingsNamed));
  const known = new Set([
    ...site.containers.map(({ name }) => thingKey("container", name)),
    ...site.networks.map(({ name }) => thingKey("network", name)),
  ]);
  const against = asked.flatMap(({ probe, things }) => (isAgainst(result, probe) ? things : []));
  const wrong = [...named.filter((thing) => known.has(thing)), ...against];
  return wrong.length > 0 ? wrong : asked.flatMap(({ things }) => things);
}

function thingsNamed(subject: Subject): string[] {
  switch (subject.kind) {
    case "host":
      return [];
    case "container":
    case "network":
      return [thingKey(subject.kind, subject.name)];
    case "endpoint":
    case "published port":
      return [thingKey("container", subject.container)];
  }
}

/** The containers, networks and ports of a site that a probe asked or was asked from. */
function thingsOf({ question, place }: ReportedProbe, site: Site): string[] {
  const names = [place, question?.from].flatMap((one) => (one?.kind === "container" ? [one.name] : []));
  const from = site.containers.filter(({ name }) => names.includes(name));
  const to = question === undefined ? [] : site.containers.filter((container) => isAsked(container, question));
  const ports =
    question?.kind === "reach" ? to.flatMap((one) => one.ports.filter((port) => isPort(port, question))) : [];
  const networks = site.networks.filter(({ name }) => question?.kind === "read" && question.of === name);
  return [
    ...new Set([...from, ...to].map(({ name }) => thingKey("container", name))),
    ...ports.map(portKey),
    ...networks.map(({ name }) => thingKey("network", name)),
  ];
}

function isAsked({ name, networks, ports }: SiteContainer, question: AskedQuestion): boolean {
  if (question.kind === "read") return question.of === name;
  if (question.kind === "resolve") return question.name === name;
  return (
    question.to === name ||
    networks.some(({ addresses }) => addresses.includes(question.to)) ||
    ports.some((port) => isPort(port, question))
  );
}

function isPort({ protocol, hostPort }: BoundPort, { protocol: by, port }: Extract<AskedQuestion, { kind: "reach" }>) {
  return protocol === by && hostPort === port;
}
