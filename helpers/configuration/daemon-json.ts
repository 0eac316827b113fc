import { getNodeValue, type Node } from "jsonc-parser";
import type { FileProblem, FileProblemKind } from "../model/configuration-facts.ts";
import type { VersionedEngine } from "../model/engine-version.ts";
import { has, type SwitchKey, VERSION_SWITCHES } from "../model/version-switches.ts";
import { conflictsOf } from "./conflicts.ts";
import { firstValueOf, type Place, placeOf, readJson } from "./json-text.ts";
import { isNetworkKey, judgeValue, type KeyKind, NETWORK_KEYS, type NetworkKey } from "./keys/index.ts";
import { nearMiss } from "./near-miss.ts";
import { FLAG_NAMES_WITHOUT_EFFECT, FLAT_KEYS, OTHER_KEYS, type OtherKey, PROXY_KEYS } from "./other-keys.ts";

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

interface Entry {
  readonly key: string;
  readonly name: Node;
  readonly value: Node;
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

function entriesOf(object: Node): Entry[] {
  return (object.children ?? []).flatMap((property) => {
    const [name, value] = property.children ?? [];
    return name === undefined || value === undefined ? [] : [{ key: String(name.value), name, value }];
  });
}

/** The values that count. Go's decoder takes the last of equal keys, leaves what it has at a null, and adds to a map it has. */
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

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
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

function keyOf(key: string): NetworkKey | OtherKey | null {
  if (isNetworkKey(key)) return NETWORK_KEYS[key];
  return Object.hasOwn(OTHER_KEYS, key) ? (OTHER_KEYS[key] ?? null) : null;
}

function existsIn(known: NetworkKey | OtherKey, engine: VersionedEngine): boolean {
  const until = "until" in known ? known.until : undefined;
  return (known.since === undefined || has(engine, known.since)) && (until === undefined || !has(engine, until));
}

/** Names that do not keep this dockerd from starting: its keys and its flags. */
function isName(name: string, engine: VersionedEngine): boolean {
  const known = keyOf(name);
  if (known !== null) return existsIn(known, engine);
  const key = FLAG_NAMES_WITHOUT_EFFECT[name];
  if (key === undefined) return false;
  const behind = key === "" ? null : keyOf(key);
  return behind === null || existsIn(behind, engine);
}

function namesOf(engine: VersionedEngine): string[] {
  return [...Object.keys(NETWORK_KEYS), ...Object.keys(OTHER_KEYS)].filter((key) => isName(key, engine));
}

const sinceOf = (key: SwitchKey): string => VERSION_SWITCHES[key].since;

function versionsOf(known: NetworkKey | OtherKey, engine: VersionedEngine): string {
  if (known.since !== undefined && !has(engine, known.since))
    return `the key came with ${sinceOf(known.since)}, and this is ${engine.engine.version}`;
  const until = "until" in known ? known.until : undefined;
  return until === undefined ? "" : `the key is gone since ${sinceOf(until)}, and this is ${engine.engine.version}`;
}

interface TypeProblem {
  readonly node: Node;
  readonly message: string;
}

const WANTED: Readonly<Record<KeyKind | OtherKey["kind"], string>> = {
  text: "a text in quotes",
  boolean: "true or false without quotes",
  number: "a whole number without quotes",
  list: 'a list of texts such as ["…", "…"]',
  pools: 'a list such as [{"base": "10.9.0.0/16", "size": 24}]',
  "driver options": 'drivers with their options such as {"bridge": {"com.docker.network.driver.mtu": "1400"}}',
  "text map": 'an object of texts such as {"name": "value"}',
  "boolean map": 'an object of switches such as {"name": true}',
  any: "anything",
};

/** What Go's decoder refuses to put into the field. A null is refused nowhere: it leaves the field alone. */
function typeProblem(kind: KeyKind | OtherKey["kind"], value: Node, content: string): TypeProblem | null {
  const wanted = WANTED[kind];
  const wrong = (node: Node, instead = wanted): TypeProblem => ({
    node,
    message: `dockerd wants ${instead} here and the file has ${article(node)}`,
  });
  const texts = (nodes: readonly Node[], instead: string): TypeProblem | null => {
    const odd = nodes.find((node) => node.type !== "string" && node.type !== "null");
    return odd === undefined ? null : wrong(odd, instead);
  };
  if (value.type === "null") return null;
  switch (kind) {
    case "any":
      return null;
    case "text":
      return value.type === "string" ? null : wrong(value);
    case "boolean":
      return value.type === "boolean" ? null : wrong(value);
    case "number":
      return isWholeNumber(value, content) ? null : wrong(value);
    case "list":
      return value.type === "array" ? texts(value.children ?? [], "a text in quotes") : wrong(value);
    case "text map":
      return value.type === "object"
        ? texts(
            entriesOf(value).map((entry) => entry.value),
            "a text in quotes",
          )
        : wrong(value);
    case "boolean map": {
      if (value.type !== "object") return wrong(value);
      const odd = entriesOf(value).find((entry) => entry.value.type !== "boolean" && entry.value.type !== "null");
      return odd === undefined ? null : wrong(odd.value, "true or false without quotes");
    }
    case "driver options": {
      if (value.type !== "object") return wrong(value);
      for (const { value: options } of entriesOf(value)) {
        if (options.type === "null") continue;
        if (options.type !== "object") return wrong(options, "the options of one driver, {…},");
        const odd = texts(
          entriesOf(options).map((entry) => entry.value),
          "a text in quotes",
        );
        if (odd !== null) return odd;
      }
      return null;
    }
    case "pools": {
      if (value.type !== "array") return wrong(value);
      for (const pool of value.children ?? []) {
        if (pool.type !== "object") return wrong(pool, 'a pool, {"base": "…", "size": …},');
        for (const entry of entriesOf(pool)) {
          // Inside of values Go takes a field's name in any case.
          const field = entry.key.toLowerCase();
          if (entry.value.type === "null") continue;
          if (field === "base" && entry.value.type !== "string") return wrong(entry.value, "a network in quotes");
          if (field === "size" && !isWholeNumber(entry.value, content))
            return wrong(entry.value, "a whole number without quotes");
        }
      }
      return null;
    }
  }
}

/** Go reads `1400` into a whole number, and neither `1400.0` nor `1.4e3`. */
function isWholeNumber(node: Node, content: string): boolean {
  return node.type === "number" && /^-?\d+$/.test(content.slice(node.offset, node.offset + node.length));
}

/** The value as dockerd holds it: a null in a list of texts is the empty one, and a pool's fields have their own case. */
function goValue(kind: KeyKind | OtherKey["kind"], value: unknown): unknown {
  if (kind === "list" && Array.isArray(value)) return value.map((item: unknown) => item ?? "");
  if (kind === "pools" && Array.isArray(value))
    return value.map((pool: unknown) =>
      isRecord(pool)
        ? Object.fromEntries(Object.entries(pool).map(([name, field]) => [name.toLowerCase(), field]))
        : pool,
    );
  return value;
}

function article(node: Node): string {
  switch (node.type) {
    case "string":
      return "a text in quotes";
    case "boolean":
      return `${node.value} without quotes`;
    case "number":
      return "a number";
    case "null":
      return "null";
    case "array":
      return "a list";
    default:
      return "an object";
  }
}
