import { beforePort } from "../../model/address.ts";
import { isOutcome, meets, type Outcome } from "../../model/outcome.ts";
import type { AskedQuestion, Place } from "../../model/question.ts";
import type { ReportedProbe, RequirementResult, Results } from "../../model/results.ts";
import { parseIpAddress } from "../../probes/parse/parse-ip-address.ts";

/** What came of one question from one place, over all requirements that asked it. */
export interface ReachCell {
  /** What was observed, each outcome once, in the order in which it was first seen. */
  readonly outcomes: readonly Outcome[];
  /** Requirements that asked it. */
  readonly ids: readonly string[];
  /** Those of them for which it came out otherwise than expected. */
  readonly against: readonly string[];
}

/** Who was asked by whom in one suite, with one protocol. */
export interface ReachTable {
  readonly suite: string;
  /** `ICMP over IPv4`, `TCP over IPv6`, `UDP by name`, `names`. */
  readonly how: string;
  /** Where it was asked, in words. */
  readonly from: readonly string[];
  /** One row for each target; a cell is null where that place didn't ask it. */
  readonly rows: readonly { readonly to: string; readonly cells: readonly (ReachCell | null)[] }[];
}

/** The questions about reach and names of a run as tables: suite by suite, protocol by protocol, in the order asked. */
export function reachTables({ requirements, runId }: Pick<Results, "requirements" | "runId">): ReachTable[] {
  const tables = new Map<string, Growing>();
  const owners = addressOwners(requirements);
  for (const result of requirements)
    for (const probe of result.probes) {
      const { question, outcome } = probe;
      if (question === undefined || question.kind === "read" || !isOutcome(outcome)) continue;
      const how = howAsked(question);
      const key = JSON.stringify([result.suite, how]);
      const grown = tables.get(key) ?? { suite: result.suite, how, from: [], rows: new Map<string, Row>() };
      tables.set(key, grown);
      const from = shortened(placeText(question.from), runId);
      const to = shortened(targetText(question, owners.get(result.file)), runId);
      if (!grown.from.includes(from)) grown.from.push(from);
      const row: Row = grown.rows.get(to) ?? new Map();
      grown.rows.set(to, row);
      row.set(from, added(row.get(from), result, probe, outcome));
    }
  return [...tables.values()].map(({ suite, how, from, rows }) => ({
    suite,
    how,
    from,
    rows: [...rows].map(([to, row]) => ({ to, cells: from.map((one) => row.get(one) ?? null) })),
  }));
}

type Row = Map<string, ReachCell>;

interface Growing {
  readonly suite: string;
  readonly how: string;
  readonly from: string[];
  readonly rows: Map<string, Row>;
}

function added(cell: ReachCell | undefined, result: RequirementResult, probe: ReportedProbe, outcome: Outcome) {
  const { outcomes = [], ids = [], against = [] } = cell ?? {};
  return {
    outcomes: withOne(outcomes, outcome),
    ids: withOne(ids, result.id),
    against: isAgainst(result, probe) ? withOne(against, result.id) : against,
  };
}

function withOne<T>(list: readonly T[], one: T): readonly T[] {
  return list.includes(one) ? list : [...list, one];
}

/**
 * Whether an answer is one of those that a requirement failed for: by what had to come of it where that stands in the
 * recording, else by the ways that were found shut or open. Where neither is known, each of its questions may be the one.
 */
export function isAgainst({ verdict, explanation }: RequirementResult, probe: ReportedProbe): boolean {
  const { role, question, outcome, expected } = probe;
  if (verdict !== "fail" || question === undefined || question.kind === "read" || outcome === undefined) return false;
  if (expected !== undefined) return !meets(expected, outcome, probe.stdout);
  if (explanation === undefined || explanation.ways.length === 0) return role === "probe";
  const by = question.kind === "resolve" ? "DNS" : question.protocol.toUpperCase();
  return explanation.ways.some(
    (way) =>
      way.by === by &&
      (way.direction === "differs" || (way.direction === "leaked" ? outcome === "replied" : outcome !== "replied")),
  );
}

function howAsked(question: Exclude<AskedQuestion, { kind: "read" }>): string {
  if (question.kind === "resolve") return "names";
  const protocol = question.protocol.toUpperCase();
  if (question.to.includes(":")) return `${protocol} over IPv6`;
  return /^\d+(\.\d+){3}$/.test(question.to) ? `${protocol} over IPv4` : `${protocol} by name`;
}

function placeText({ kind, name }: Place): string {
  return name === "" ? kind : name;
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
 * Whose address it is, by suite file, as the containers' own links told it. An address that two containers of a file had,
 * one after the other, is nobody's.
 */
function addressOwners(requirements: readonly RequirementResult[]): ReadonlyMap<string, AddressOwners> {
  const files = new Map<string, AddressOwners>();
  for (const { file, probes } of requirements)
    for (const { question, stdout } of probes) {
      if (question?.kind !== "read" || question.what !== "addresses" || question.from.kind !== "container") continue;
      const owners: AddressOwners = files.get(file) ?? new Map();
      files.set(file, owners);
      for (const address of globalAddresses(stdout))
        owners.set(address, (owners.get(address) ?? new Set()).add(question.from.name));
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
