import { getNodeValue, type Node } from "jsonc-parser";
import type { FileProblem, FileProblemKind } from "../model/configuration-facts.ts";
import type { VersionedEngine } from "../model/engine-version.ts";
import { has } from "../model/version-switches.ts";
import { conflictsOf } from "./conflicts.ts";
import { article, type Entry, entriesOf, goValue, isRecord, typeProblem } from "./go-types.ts";
import { firstValueOf, type Place, placeOf, readJson } from "./json-text.ts";
import { isNetworkKey, judgeValue, type NetworkKey } from "./keys/index.ts";
import { existsIn, isName, keyOf, namesOf, sinceOf, versionsOf } from "./known-keys.ts";
import { nearMiss } from "./near-miss.ts";
import { FLAG_NAMES_WITHOUT_EFFECT, FLAT_KEYS, type OtherKey, PROXY_KEYS } from "./other-keys.ts";

/** A `daemon.json` as dockerd takes it. */
export interface DaemonJson {
  /**
   * The keys at the top of the file with the values that count: of a key that stands twice the last, `null` for not
   * set, every other key too (registries and proxies among them: not for reports). Empty where the text is no JSON object.
   */
  readonly values: Readonly<Record<string, unknown>>;
  /** In the order of the text. */
  readonly problems: readonly FileProblem[];
}

/** Problems are collected with their offset: line and column come last. */
type Found = Omit<FileProblem, "line" | "column"> & { readonly offset: number };

/**
 * Reads a `daemon.json` the way the dockerd of this version does (moby `getConflictFreeConfiguration`): strict JSON, its
 * own keys and no others, the last of equal keys, and what it checks of the values of networking keys.
 * @param text the file as it is, byte order mark included
 * @param engine whose version decides which keys there are
 * @returns never throws: what is wrong is in `problems`
 */
export function readDaemonJson(text: string, engine: VersionedEngine): DaemonJson {
  const tolerant = has(engine, "tolerant-daemon-json");
  const marked = text.startsWith("\uFEFF");
  const content = marked ? text.slice(1) : text;
  if (content.trim() === "") {
    const message = `the file is empty: dockerd before ${sinceOf("tolerant-daemon-json")} wants {} at least`;
    return tolerant ? { values: {}, problems: [] } : onlyProblem("invalid JSON", message);
  }
  if (marked && !tolerant) {
    const message = `the file begins with a byte order mark, which dockerd before ${sinceOf("tolerant-daemon-json")} can't read (save it as UTF-8 without BOM)`;
    return onlyProblem("invalid JSON", message);
  }
  const { tree, problem } = readJson(content);
  if (problem !== null) {
    const first = tolerant ? null : firstValueOf(content);
    if (first === null) return onlyProblem("invalid JSON", problem.message, problem);
    const message = `dockerd before ${sinceOf("tolerant-daemon-json")} reads the first value and nothing of what follows; later ones refuse the file`;
    const { line, column } = placeOf(content, first.length);
    const { values, problems } = readDaemonJson(first, engine);
    return { values, problems: [...problems, { kind: "no effect", key: null, line, column, message, refused: false }] };
  }
  if (tree.type !== "object") {
    const message = `dockerd wants an object, {"key": value, …}, and the file holds ${article(tree)}`;
    // Go reads null into an object as nothing at all.
    return onlyProblem("not an object", message, placeOf(content, tree.offset), tree.type !== "null");
  }
  const entries = entriesOf(tree);
  const found = [
    ...duplicates(entries, content),
    ...entries.flatMap(({ key, value }) => duplicatesInside(key, value, content)),
    ...entries.flatMap((entry) => judgeEntry(entry, content, engine)),
  ];
  const values = valuesOf(entries);
  for (const conflict of conflictsOf(values, engine)) {
    const at = entries.findLast((entry) => entry.key === conflict.key)?.name.offset ?? 0;
    found.push({ kind: "bad value", key: conflict.key, message: conflict.message, refused: true, offset: at });
  }
  const problems = found
    .toSorted((one, other) => one.offset - other.offset)
    .map(({ offset, ...rest }) => ({ ...rest, ...placeOf(content, offset) }));
  return { values, problems };
}

/** `daemon.json:3:5: unknown key "bipp": …`, the way compilers write it. */
export function describeFileProblem(problem: FileProblem, path = "daemon.json"): string {
  const key = problem.key === null ? "" : ` ${JSON.stringify(problem.key)}`;
  return `${path}:${problem.line}:${problem.column}: ${problem.kind}${key}: ${problem.message}`;
}

/**
 * What a changed key that is none about networks comes to, in words: `no networking key`, or that dockerd takes nothing
 * from it and which key was meant.
 */
export function describeOtherKey(key: string): string {
  const meant = FLAG_NAMES_WITHOUT_EFFECT[key];
  if (meant === undefined) return keyOf(key) === null ? "no key that dockerd knows" : "no networking key";
  return meant === ""
    ? "the name of a flag, from which dockerd takes nothing in a file"
    : `the name of a flag, from which dockerd takes nothing in a file; the key is "${meant}"`;
}

/** Whether a problem may cost a networking key: one of its own, a flag's name for one, or an object by a name that dockerd has no key for. */
export function concernsNetworks({ key }: FileProblem): boolean {
  if (key === null || isNetworkKey(key)) return true;
  const meant = FLAG_NAMES_WITHOUT_EFFECT[key];
  return meant === undefined ? keyOf(key) === null : isNetworkKey(meant);
}

function onlyProblem(kind: FileProblemKind, message: string, place: Place = { line: 1, column: 1 }, refused = true) {
  const { line, column } = place;
  return { values: {}, problems: [{ kind, key: null, line, column, message, refused }] };
}

function valuesOf(entries: readonly Entry[]): Record<string, unknown> {
  const values = new Map<string, unknown>();
  for (const { key, value } of entries) {
    if (value.type === "null") {
      if (!values.has(key)) values.set(key, null);
      continue;
    }
    const read: unknown = getNodeValue(value);
    const before = values.get(key);
    const mapped = FLAT_KEYS.has(key) || key === "default-network-opts";
    values.set(key, mapped && isRecord(before) && isRecord(read) ? { ...before, ...read } : read);
  }
  return Object.fromEntries(values);
}

function duplicates(entries: readonly Entry[], content: string): Found[] {
  return entries.flatMap((entry, index) => {
    const again = entries.findLast((other) => other.key === entry.key);
    if (again === entry || again === undefined) return [];
    const later = entries.slice(index + 1).filter((other) => other.key === entry.key);
    const places = later
      .map(({ name }) => placeOf(content, name.offset))
      .map(({ line, column }) => `${line}:${column}`);
    return [
      {
        kind: "duplicate key" as const,
        key: entry.key,
        message: `the key stands again at ${places.join(" and ")}, and dockerd takes the last without a word`,
        refused: false,
        offset: entry.name.offset,
      },
    ];
  });
}

/** Names that stand twice in an object below a key; Go takes the last of them as well. */
function duplicatesInside(key: string, node: Node, content: string): Found[] {
  const here = node.type === "object" ? duplicates(entriesOf(node), content) : [];
  return [
    ...here.map(({ key: name, message, ...rest }) => ({
      ...rest,
      key,
      message: `inside of it, ${JSON.stringify(name)}: ${message}`,
    })),
    ...(node.children ?? []).flatMap((child) => duplicatesInside(key, child, content)),
  ];
}

function judgeEntry(entry: Entry, content: string, engine: VersionedEngine): Found[] {
  const { key, value } = entry;
  const known = keyOf(key);
  const flat =
    (FLAT_KEYS.has(key) || key === "default-network-opts") && (known?.since === undefined || has(engine, known.since));
  // Of an object that is not one of its maps dockerd looks at the names inside, and never at its own name.
  if (value.type === "object" && !flat && (known === null || !existsIn(known, engine)))
    return judgeGroup(entry, engine);
  const at = { key, offset: entry.name.offset };
  if (known === null) return [unknownKey(at, engine)];
  if (!existsIn(known, engine)) return [otherVersion(at, known, engine)];
  const problem = typeProblem(known.kind, value, content);
  if (problem !== null)
    return [{ kind: "wrong type", key, message: problem.message, refused: true, offset: problem.node.offset }];
  if (PROXY_KEYS.has(key)) {
    const message = 'dockerd starts and takes nothing from it: proxies stand inside of "proxies": {…}';
    return [{ ...at, kind: "no effect", message, refused: false }];
  }
  if (!isNetworkKey(key) || value.type === "null") return [];
  const bad = judgeValue(key, goValue(known.kind, getNodeValue(value)), engine);
  if (bad === null) return [];
  return [{ kind: bad.refused ? "bad value" : "no effect", key, ...bad, offset: value.offset }];
}

function judgeGroup(entry: Entry, engine: VersionedEngine): Found[] {
  const inside = entriesOf(entry.value);
  const unknown = inside.filter((inner) => !isName(inner.key, engine)).map((inner) => judgeName(inner, engine));
  if (unknown.length > 0 || (entry.key === "proxies" && has(engine, "proxy-keys"))) return unknown;
  const near = nearMiss(entry.key, namesOf(engine));
  const known = keyOf(entry.key);
  const reason =
    known === null
      ? `there is no key of this name${near === null ? ", and keys stand at the top of the file" : ` (did you mean "${near}"?)`}`
      : versionsOf(known, engine);
  return [
    {
      kind: known === null ? "no effect" : "not at this version",
      key: entry.key,
      message: `dockerd starts and takes nothing from this object: ${reason}`,
      refused: false,
      offset: entry.name.offset,
    },
  ];
}

function judgeName(entry: Entry, engine: VersionedEngine): Found {
  const at = { key: entry.key, offset: entry.name.offset };
  const known = keyOf(entry.key);
  return known === null ? unknownKey(at, engine) : otherVersion(at, known, engine);
}

function unknownKey(at: { readonly key: string; readonly offset: number }, engine: VersionedEngine): Found {
  const instead = FLAG_NAMES_WITHOUT_EFFECT[at.key];
  if (instead !== undefined && isName(at.key, engine))
    return {
      ...at,
      kind: "no effect",
      message: `this is the name of a flag: dockerd starts and takes nothing from it${instead === "" ? "; a file can't set it" : `; the key is "${instead}"`}`,
      refused: false,
    };
  const near = nearMiss(at.key, namesOf(engine));
  return {
    ...at,
    kind: "unknown key",
    message: `dockerd does not start with it ("the following directives don't match any configuration option: ${at.key}")${near === null ? "" : `; did you mean "${near}"?`}`,
    refused: true,
  };
}

function otherVersion(
  at: { readonly key: string; readonly offset: number },
  known: NetworkKey | OtherKey,
  engine: VersionedEngine,
): Found {
  const message = `${versionsOf(known, engine)}: dockerd does not start with it ("the following directives don't match any configuration option: ${at.key}")`;
  return { ...at, kind: "not at this version", message, refused: true };
}
