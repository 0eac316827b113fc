import type { ContainerRow, LivingMap, NetworkRow } from "../model/living-map.ts";
import type { AskedQuestion } from "../model/question.ts";
import type { ReportedProbe, RequirementResult, Results } from "../model/results.ts";
import type { BoundPort, Site, SiteContainer } from "../model/site.ts";
import type { Subject } from "../model/subject.ts";
import { isAgainst } from "./against.ts";
import { modeNetwork, portText } from "./living-words.ts";

/** By which requirements a thing on a map was judged. */
export interface JudgedBy {
  readonly failed: readonly string[];
  readonly others: readonly string[];
}

/** What a suite had on the engine, as a map. */
export interface SuiteSite {
  readonly suite: string;
  readonly map: LivingMap;
  /** By {@link thingKey}. */
  readonly judged: ReadonlyMap<string, JudgedBy>;
}

/** A thing on a map, by kind and name. */
export function thingKey(kind: "container" | "network", name: string): string {
  return `${kind} ${name}`;
}

/**
 * The suites' own containers and networks, suite by suite, those with something wrong first. Wrong is what a failure's
 * cause names, else what the failed question came from or went to.
 */
export function suiteSites(
  results: Pick<Results, "sites" | "requirements" | "runId" | "living" | "facts">,
): SuiteSite[] {
  const { sites = [], requirements } = results;
  const bySuite = Map.groupBy(sites, ({ file }) => requirements.find((one) => one.file === file)?.suite ?? file);
  return [...bySuite]
    .map(([suite, members]) => siteOf(suite, members, results))
    .toSorted((a, b) => Number(isBroken(b)) - Number(isBroken(a)) || a.suite.localeCompare(b.suite));
}

/** Whether something on it is wrong. */
function isBroken({ judged }: SuiteSite): boolean {
  return [...judged.values()].some(({ failed }) => failed.length > 0);
}

type OfRun = Parameters<typeof suiteSites>[0];

function siteOf(suite: string, sites: readonly Site[], { requirements, runId, living, facts }: OfRun): SuiteSite {
  const touched = new Touched();
  for (const site of sites) for (const result of requirements) if (result.file === site.file) touched.by(result, site);
  const short = (name: string) => name.replaceAll(`dnc-${runId}-`, "");
  const containers = sites.flatMap((site) => site.containers.map((container) => ({ container, file: site.file })));
  const rowOf = ({ container, file }: (typeof containers)[number], network: string | null): ContainerRow => ({
    name: short(container.name),
    project: file.replace(/^suites\//, "").replace(/(\.quiet|\.lab)?\.test\.ts$/, ""),
    status: "running",
    addresses: container.networks.flatMap(({ name, addresses }) => (name === network ? addresses : [])),
    ports: container.ports.map((port) => ({
      text: portText(port),
      state: touched.isWrong(portKey(port)) ? "broken" : "right",
    })),
    ...(container.nameServers.length === 0 ? {} : { nameServers: container.nameServers }),
    state: touched.isWrong(thingKey("container", container.name)) ? "broken" : "right",
  });
  const made = new Map(sites.flatMap(({ networks }) => networks).map((network) => [network.name, network]));
  const names = new Set([
    ...made.keys(),
    ...containers.flatMap(({ container }) => container.networks.map(({ name }) => name)),
  ]);
  const networks = [...names].map((name): NetworkRow => {
    const {
      driver = "bridge",
      device = "",
      subnets = [],
      internal = false,
    } = made.get(name) ?? theEngines(name, facts);
    return {
      ...{ name: short(name), driver, device, subnets, internal },
      state: touched.isWrong(thingKey("network", name)) ? "broken" : "right",
      containers: containers
        .filter(({ container }) => container.networks.some((one) => one.name === name))
        .map((one) => rowOf(one, name)),
    };
  });
  const modes = Map.groupBy(
    containers.filter(({ container }) => container.networks.length === 0),
    ({ container: { mode } }) => modeNetwork(mode ?? "none", short),
  );
  const without = [...modes].map(
    ([name, members]): NetworkRow => ({
      ...{ name, driver: "", device: "", subnets: [], internal: false, state: "right" },
      containers: members.map((one) => rowOf(one, null)),
    }),
  );
  return {
    suite,
    map: {
      uplinks: living?.uplinks ?? [],
      ...(living?.nameServers === undefined ? {} : { nameServers: living.nameServers }),
      networks: [...networks, ...without],
      stopped: [],
    },
    judged: new Map([...touched.all()].map(([key, by]) => [short(key), by])),
  };
}

/** A network that no suite made: the default bridge, or one that a check made itself. */
function theEngines(name: string, facts: Results["facts"]): Partial<NetworkRow> {
  const subnet = facts?.["default bridge subnet"];
  return name === "bridge"
    ? { device: facts?.["default bridge"] ?? "", subnets: subnet === undefined ? [] : [subnet] }
    : {};
}

function portKey({ protocol, hostPort }: BoundPort): string {
  return `port ${protocol} ${hostPort}`;
}

/** Which things requirements asked, and which of them something was wrong with. */
class Touched {
  readonly #failed = new Map<string, Set<string>>();
  readonly #others = new Map<string, Set<string>>();

  by(result: RequirementResult, site: Site): void {
    if (result.verdict !== "fail" && result.verdict !== "pass") return;
    const asked = result.probes.map((probe) => ({ probe, things: thingsOf(probe, site) }));
    const all = asked.flatMap(({ things }) => things);
    const wrong = result.verdict === "fail" ? wrongOf(result, asked, site) : [];
    for (const thing of new Set(wrong)) add(this.#failed, thing, result.id);
    for (const thing of new Set(all)) if (!wrong.includes(thing)) add(this.#others, thing, result.id);
  }

  isWrong(thing: string): boolean {
    return this.#failed.has(thing);
  }

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
