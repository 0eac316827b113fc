import type { Breach } from "../audits/deviation.ts";
import { type Exposure, exposureOf } from "../audits/exposure.ts";
import { cardsOf, distinct } from "../audits/judge.ts";
import type { Judged } from "../audits/look-twice.ts";
import { uplinkOf } from "../audits/uplink.ts";
import type { Card } from "../model/cause.ts";
import type { ContainerRow, LivingMap, NetworkRow, State } from "../model/living-map.ts";
import type { Note } from "../model/note.ts";
import type { RunVerdict } from "../model/run-verdict.ts";
import { type Subject, subjectKey, subjectText } from "../model/subject.ts";
import type { ReachRow } from "../reach/try-reach.ts";
import { type LivingContainer, type LivingSnapshot, runs } from "../snapshot/living.ts";
import { deviceOf } from "../snapshot/snapshot.ts";
import { modeNetwork, portText } from "./living-words.ts";

/** Version of the shape of `workloads.json`; raised on every incompatible change. */
export const WORKLOADS_SCHEMA_VERSION = 2;

/** How each is shown in one sign. */
export const STATE_SIGNS: Readonly<Record<State, string>> = {
  right: "✓",
  broken: "✗",
  noted: "!",
  changed: "~",
  "not running": "·",
};

/** `workloads.json` */
export interface WorkloadsReport extends LivingMap {
  readonly schemaVersion: typeof WORKLOADS_SCHEMA_VERSION;
  readonly startedAt: string;
  readonly durationMs: number;
  readonly engine: { readonly version: string; readonly hostname: string };
  readonly verdict: RunVerdict;
  readonly summary: string;
  /** 2 also for `partial`: what deviates and could not be judged is not as the engine says. */
  readonly exitCode: 0 | 1 | 2;
  readonly cards: readonly Card[];
  readonly notes: readonly Note[];
  /** Who can reach which port, published or not; surprises first. */
  readonly exposure: readonly Exposure[];
  /** What deviated each time, and each time the engine had just changed it: not judged. */
  readonly changed: readonly string[];
  /** What could not be looked at, and so was not judged. */
  readonly unseen: readonly string[];
  /** Null unless it was asked for (`--reach`). */
  readonly reach: ExplainedReach | null;
}

/** The connections that were tried to published TCP ports. */
export interface ReachReport {
  /** Containers of ours that asked, by the network that each was on for that time. */
  readonly callers: readonly { readonly name: string; readonly network: string }[];
  /** Networks that no container of ours could be started on, with the engine's words. */
  readonly failed: readonly string[];
  readonly rows: readonly ReachRow[];
}

/** With the cards that tell why a port is not reached. */
interface ExplainedReach extends Omit<ReachReport, "rows"> {
  readonly rows: readonly (ReachRow & {
    /** Keys of cards; none where all connect, and where nothing was found. */
    readonly causes: readonly string[];
  })[];
}

/** Puts together what is reported of one judgement of the living host. */
export function workloadsReport(
  { judgement, snapshot }: Judged,
  startedAt: Date,
  hostUnseen: string | null,
  reach: ReachReport | null = null,
): WorkloadsReport {
  const cards = cardsOf(judgement.deviations, snapshot);
  const running = snapshot.containers.filter(runs);
  const tried = (reach?.rows ?? []).flatMap(({ cells }) => cells);
  const otherwise = tried.filter(({ agrees }) => agrees === false).length;
  const unseen = [...judgement.unseen.map(({ why }) => why), ...undecidedOf(tried)];
  const changed = [...new Set(judgement.changed.map(({ subject }) => subjectText(subject)))];
  const verdict =
    cards.length > 0 || otherwise > 0
      ? "not conformant"
      : hostUnseen !== null
        ? "not judged"
        : changed.length + unseen.length > 0
          ? "partial"
          : "conformant";
  return {
    schemaVersion: WORKLOADS_SCHEMA_VERSION,
    startedAt: startedAt.toISOString(),
    durationMs: Date.now() - startedAt.getTime(),
    engine: { version: snapshot.facts.engine.version, hostname: snapshot.facts.engine.hostname },
    verdict,
    summary: summaryOf(verdict, running, cards, { changed, unseen, hostUnseen }, otherwise),
    exitCode: verdict === "conformant" ? 0 : verdict === "not conformant" ? 1 : 2,
    ...livingMap({ judgement, snapshot }),
    cards,
    notes: distinct(judgement.notes),
    exposure: exposureOf(snapshot),
    changed,
    unseen,
    reach:
      reach === null ? null : { ...reach, rows: reach.rows.map((row) => ({ ...row, causes: causesOf(row, cards) })) },
  };
}

/** That connections did not come about of which nobody can tell whether they are meant to. */
function undecidedOf(tried: ReachRow["cells"]): string[] {
  const open = tried.filter(({ agrees }) => agrees === null).length;
  const many = open === 1 ? "one connection was not made" : `${open} connections were not made`;
  return open === 0 ? [] : [`${many}, and what the rules say of ${open === 1 ? "it" : "them"} can't be followed`];
}

/** The cards about a port that somebody does not reach, its container, its networks and those of who asked in vain. */
function causesOf({ cells, container, networks, subject }: ReachRow, cards: readonly Card[]): string[] {
  const failing = cells.filter(({ agrees, observed }) => agrees !== true || observed !== "connects");
  if (failing.length === 0) return [];
  const concerned = new Set([...networks, ...failing.flatMap(({ callerOn }) => callerOn ?? [])]);
  const concerns = (one: Subject): boolean => {
    if (one.kind === "host") return false;
    if (one.kind === "network") return concerned.has(one.name);
    if (one.kind === "published port") return subjectKey(one) === subjectKey(subject);
    return (one.kind === "container" ? one.name : one.container) === container;
  };
  return cards.filter(({ subjects }) => subjects.some(concerns)).map(({ key }) => key);
}

/** What runs here, with how each thing stands by a judgement. */
export function livingMap({ judgement, snapshot }: Judged): LivingMap {
  const states = new States(judgement.deviations, judgement.changed, judgement.notes);
  const running = snapshot.containers.filter(runs);
  const { host } = snapshot.facts;
  return {
    uplinks: uplinksOf(snapshot),
    ...(host === null ? {} : { nameServers: host.resolver.nameservers }),
    networks: networkRows(snapshot, running, states),
    stopped: snapshot.containers.filter((one) => !runs(one)).map((one) => containerRow(one, null, states)),
  };
}

/** One for both families, or one for each. */
function uplinksOf({ host }: LivingSnapshot): WorkloadsReport["uplinks"] {
  const found = host === null ? [] : ([4, 6] as const).flatMap((family) => uplinkOf(host, family) ?? []);
  const byDevice = Map.groupBy(found, ({ device }) => device);
  return [...byDevice].map(([device, same]) => ({ device, addresses: same.map(({ address }) => address) }));
}

function summaryOf(
  verdict: WorkloadsReport["verdict"],
  running: readonly LivingContainer[],
  cards: readonly Card[],
  { changed, unseen, hostUnseen }: Pick<WorkloadsReport, "changed" | "unseen"> & { readonly hostUnseen: string | null },
  otherwise: number,
): string {
  const containers = running.length === 1 ? "1 running container" : `${running.length} running containers`;
  if (verdict === "not judged") return `Not judged: ${hostUnseen ?? ""}.`;
  if (verdict === "conformant") return `Conformant: the networking of ${containers} is as the engine says.`;
  if (verdict === "partial")
    return `Partial: ${[
      ...(changed.length === 0
        ? []
        : [
            `${changed.length === 1 ? "one thing deviates" : `${changed.length} things deviate`} that the engine changed each time that it was looked at`,
          ]),
      ...unseen.slice(0, 2),
      ...(unseen.length > 2 ? [`${unseen.length - 2} things more could not be looked at`] : []),
    ].join("; ")}; else the networking of ${containers} is as the engine says.`;
  const things = cards.length === 1 ? "one thing is" : `${cards.length} things are`;
  const connections = otherwise === 1 ? "one connection" : `${otherwise} connections`;
  return [
    "Not conformant:",
    [
      ...(cards.length === 0 ? [] : [`${things} broken under ${containers}`]),
      ...(otherwise === 0 ? [] : [`${connections} went otherwise than the rules say`]),
    ].join(", and "),
  ]
    .join(" ")
    .concat(".");
}

/** What is said of which subject. */
class States {
  readonly #broken: ReadonlySet<string>;
  readonly #changed: ReadonlySet<string>;
  readonly #noted: ReadonlySet<string>;
  readonly #brokenSubjects: readonly Subject[];
  readonly #cut: ReadonlySet<string>;

  constructor(broken: readonly Breach[], changed: readonly Breach[], notes: readonly Note[]) {
    this.#brokenSubjects = broken.map(({ subject }) => subject);
    // A container that finds no names still answers.
    this.#cut = new Set(broken.filter(({ claim }) => claim !== "LIVE-14").map(({ subject }) => subjectText(subject)));
    this.#broken = new Set(broken.map(({ subject }) => subjectText(subject)));
    this.#changed = new Set(changed.map(({ subject }) => subjectText(subject)));
    this.#noted = new Set(notes.flatMap(({ subjects }) => subjects.map(subjectText)));
  }

  of(subject: Subject): State {
    const text = subjectText(subject);
    if (this.#broken.has(text)) return "broken";
    if (this.#changed.has(text)) return "changed";
    return this.#noted.has(text) ? "noted" : "right";
  }

  /** Whether what is broken of a container, or of its attachment, is also in the way of its ports. */
  isCut(subject: Subject): boolean {
    return this.#cut.has(subjectText(subject));
  }

  /** Whether anything of a container's is broken. */
  brokenContainer(name: string, network: string | null): boolean {
    return this.#brokenSubjects.some(
      (subject) =>
        (subject.kind === "container" && subject.name === name) ||
        (subject.kind === "published port" && subject.container === name) ||
        (subject.kind === "endpoint" &&
          subject.container === name &&
          (network === null || subject.network === network)),
    );
  }
}

function networkRows(snapshot: LivingSnapshot, running: readonly LivingContainer[], states: States): NetworkRow[] {
  const rows = snapshot.networks
    .filter(({ Driver }) => Driver !== "host" && Driver !== "null")
    .map((network) => ({
      name: network.Name,
      driver: network.Driver,
      device: network.Driver === "bridge" ? deviceOf(network) : (network.Options?.parent ?? ""),
      subnets: (network.IPAM.Config ?? []).flatMap(({ Subnet = "" }) => (Subnet === "" ? [] : [Subnet])),
      state: states.of({ kind: "network", name: network.Name }),
      internal: network.Internal,
      containers: running
        .filter(({ endpoints }) => endpoints.some(({ networkId }) => networkId === network.Id))
        .map((container) => containerRow(container, network.Name, states)),
    }))
    .toSorted(
      (a, b) =>
        Number(b.name === "bridge") - Number(a.name === "bridge") ||
        a.name.localeCompare(b.name, "en", { numeric: true }),
    );
  const others = Map.groupBy(
    running.filter(
      ({ networkMode, endpoints }) => /^(host|none|container:.*)$/.test(networkMode) || endpoints.length === 0,
    ),
    ({ networkMode }) => modeText(snapshot, networkMode),
  );
  return [
    ...rows,
    ...[...others.entries()].map(([name, containers]) => ({
      name,
      driver: "",
      device: "",
      subnets: [],
      state: "right" as const,
      internal: false,
      containers: containers.map((container) => containerRow(container, null, states)),
    })),
  ];
}

function modeText({ containers }: LivingSnapshot, mode: string): string {
  return modeNetwork(
    mode,
    (joined) => containers.find(({ id, name }) => id === joined || name === joined)?.name ?? joined.slice(0, 12),
  );
}

function containerRow(container: LivingContainer, network: string | null, states: States): ContainerRow {
  const { name, project, status, endpoints, ports } = container;
  const whole: Subject = { kind: "container", name };
  const own = states.of(whole);
  const attached: Subject = network === null ? whole : { kind: "endpoint", container: name, network };
  const here = states.of(attached);
  const cut = states.isCut(whole) || states.isCut(attached);
  const rows = ports.map((port) => ({
    text: portText(port),
    state: cut ? ("broken" as const) : states.of({ kind: "published port", container: name, ...port }),
  }));
  const noted = [own, here, ...rows.map(({ state }) => state)];
  return {
    name,
    project,
    status,
    addresses: endpoints
      .filter((endpoint) => network === null || endpoint.network === network)
      .flatMap(({ address, address6 }) => [address, address6])
      .filter((address) => address !== ""),
    ports: rows,
    ...(container.dns.length === 0 ? {} : { nameServers: container.dns }),
    state: states.brokenContainer(name, network)
      ? "broken"
      : noted.includes("changed")
        ? "changed"
        : noted.includes("noted")
          ? "noted"
          : runs(container)
            ? "right"
            : "not running",
  };
}
