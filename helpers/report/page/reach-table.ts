import { beforePort } from "../../model/address.ts";
import { isOutcome, type Outcome } from "../../model/outcome.ts";
import type { AskedQuestion, Place } from "../../model/question.ts";
import type { ReportedProbe, RequirementResult, Results } from "../../model/results.ts";
import type { Site } from "../../model/site.ts";
import { parseIpAddress } from "../../probes/parse/parse-ip-address.ts";
import { isAgainst } from "../against.ts";
import { VANTAGES, VantageGrid } from "./vantage-grid.ts";

/** What came of one question from one place, over all requirements that asked it. */
export interface ReachCell {
  /** What was observed, each outcome once, in the order in which it was first seen. */
  readonly outcomes: readonly Outcome[];
  /** Requirements that asked it. */
  readonly ids: readonly string[];
  /** Those of them for which it came out otherwise than expected. */
  readonly against: readonly string[];
  /** Its evidence: a requirement, and which of its questions. Of one that came out otherwise where there is one. */
  readonly evidence: { readonly id: string; readonly index: number };
}

/** Who was asked by whom in one suite, with one protocol; or who was served at its published ports. */
export interface ReachTable {
  readonly suite: string;
  /** `published ports`, `ICMP over IPv4`, `TCP over IPv6`, `UDP by name`, `names`. */
  readonly how: string;
  /** Where it was asked, in words. */
  readonly from: readonly string[];
  /** One row for each target; a cell is null where that place didn't ask it. */
  readonly rows: readonly { readonly to: string; readonly cells: readonly (ReachCell | null)[] }[];
}

/**
 * The questions about reach and names of a run as tables: suite by suite, published ports first, then protocol by
 * protocol, in the order asked.
 */
export function reachTables(run: ReachRun): ReachTable[] {
  const { requirements, runId, sites = [] } = run;
  const tables = new Map<string, Growing>();
  const owners = addressOwners(requirements, sites);
  const vantages = new VantageGrid(run);
  for (const result of requirements)
    for (const [index, probe] of result.probes.entries()) {
      const { question, outcome } = probe;
      if (question === undefined || question.kind === "read" || !isOutcome(outcome)) continue;
      const published = vantages.placeOf(question, result.file);
      const how = published === null ? howAsked(question) : PUBLISHED;
      const key = JSON.stringify([result.suite, how]);
      const grown = tables.get(key) ?? { suite: result.suite, how, from: [], rows: new Map<string, Row>() };
      tables.set(key, grown);
      const from = shortened(published?.from ?? placeText(question.from), runId);
      const to = shortened(published?.to ?? targetText(question, owners.get(result.file)), runId);
      if (!grown.from.includes(from)) grown.from.push(from);
      const row: Row = grown.rows.get(to) ?? new Map();
      grown.rows.set(to, row);
      row.set(from, added(row.get(from), result, { probe, index }, outcome));
    }
  const all = [...tables.values()].map(({ suite, how, from: asked, rows }) => {
    const from = how === PUBLISHED ? asked.toSorted((a, b) => VANTAGES.indexOf(a) - VANTAGES.indexOf(b)) : asked;
    return {
      suite,
      how,
      from,
      rows: [...rows].map(([to, row]) => ({ to, cells: from.map((one) => row.get(one) ?? null) })),
    };
  });
  return all.toSorted((a, b) => Number(b.how === PUBLISHED) - Number(a.how === PUBLISHED));
}

const PUBLISHED = "published ports";

/** What the tables are made of. */
export type ReachRun = Pick<Results, "requirements" | "runId" | "sites" | "hostState" | "living">;

type Row = Map<string, ReachCell>;

interface Growing {
  readonly suite: string;
  readonly how: string;
  readonly from: string[];
  readonly rows: Map<string, Row>;
}

function added(
  cell: ReachCell | undefined,
  result: RequirementResult,
  { probe, index }: { readonly probe: ReportedProbe; readonly index: number },
  outcome: Outcome,
): ReachCell {
  const here = { id: result.id, index };
  const { outcomes = [], ids = [], against = [], evidence = here } = cell ?? {};
  const wrong = isAgainst(result, probe);
  return {
    outcomes: withOne(outcomes, outcome),
    ids: withOne(ids, result.id),
    against: wrong ? withOne(against, result.id) : against,
    evidence: wrong && against.length === 0 ? here : evidence,
  };
}

function withOne<T>(list: readonly T[], one: T): readonly T[] {
  return list.includes(one) ? list : [...list, one];
}

function howAsked(question: Exclude<AskedQuestion, { kind: "read" }>): string {
  if (question.kind === "resolve") return "names";
  const protocol = question.protocol.toUpperCase();
  if (question.to.includes(":")) return `${protocol} over IPv6`;
  return /^\d+(\.\d+){3}$/.test(question.to) ? `${protocol} over IPv4` : `${protocol} by name`;
}

function placeText({ kind, name }: Place): string {
  return name === "" ? `the ${kind}` : name;
}

function targetText(question: Exclude<AskedQuestion, { kind: "read" }>, owners: AddressOwners | undefined): string {
  if (question.kind === "resolve")
    return question.server === null ? question.name : `${question.name} at ${question.server}`;
  const { to, port, size } = question;
  const owner = owners?.get(to);
  const [only] = owner?.size === 1 ? owner : [];
  const at = port === null ? to : `${beforePort(to)}:${port}`;
  return `${only === undefined ? "" : `${only} `}${at}${size === null ? "" : `, ${size} bytes`}`;
}

/** Container names without what all names of a run begin with. */
function shortened(text: string, runId: string): string {
  return text.replaceAll(`dnc-${runId}-`, "");
}

type AddressOwners = Map<string, Set<string>>;

/**
 * Whose address it is, by suite file, as the engine told it when they were made, and their own links afterwards. An address that two containers of a file had,
 * one after the other, is nobody's.
 */
function addressOwners(
  requirements: readonly RequirementResult[],
  sites: readonly Site[],
): ReadonlyMap<string, AddressOwners> {
  const files = new Map<string, AddressOwners>();
  const own = (file: string, address: string, name: string) => {
    const owners: AddressOwners = files.get(file) ?? new Map();
    files.set(file, owners);
    owners.set(address, (owners.get(address) ?? new Set()).add(name));
  };
  for (const { file, containers } of sites)
    for (const { name, networks } of containers)
      for (const { addresses } of networks) for (const address of addresses) own(file, address, name);
  for (const { file, probes } of requirements)
    for (const { question, stdout } of probes) {
      if (question?.kind !== "read" || question.what !== "addresses" || question.from.kind !== "container") continue;
      for (const address of globalAddresses(stdout)) own(file, address, question.from.name);
    }
  return files;
}

function globalAddresses(stdout: string): string[] {
  try {
    return parseIpAddress(stdout)
      .filter(({ name }) => name !== "lo")
      .flatMap(({ addresses }) => addresses.map(({ address }) => address));
  } catch {
    // An answer that was cut for the report, or is no list of addresses: it names nobody.
    return [];
  }
}
