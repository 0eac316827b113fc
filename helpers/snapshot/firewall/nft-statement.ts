import { countNow } from "./connection-count.ts";
import { type Json, listOf, objectOf, taggedOf, textOf } from "./json.ts";
import { type Action, type Field, oneOf, type Step, type Translation, type VerdictMap } from "./model.ts";
import { askedOf, elementOf, matchSteps } from "./nft-expression.ts";
import { quotaNow } from "./quota.ts";
import { numberOf } from "./values.ts";

/** Statements that let a packet through by time, chance or count. */
const BY_CHANCE = new Set(["limit", "quota", "ct count", "meter", "connlimit"]);

const ALL_BITS = 0xffffffffn;

/** Statements after which the packet goes on with the same rule, unchanged in what is looked at here. */
const GOES_ON = new Set([
  "counter",
  "log",
  "set",
  "map",
  "last",
  "ct helper",
  "ct timeout",
  "ct expectation",
  "flow",
  "dup",
  "secmark",
  "xt log",
  "comment",
]);

/** What a named map of the rule's table held; undefined for one that there is not. */
type ElementsOf = (map: string) => Json | undefined;

/** The steps of one statement of `nft -j`. What is not known stays as an unknown step. */
export function nftStep(statement: Json, elementsOf: ElementsOf = () => undefined): readonly Step[] {
  const [kind, body] = taggedOf(statement);
  const text = JSON.stringify(statement);
  if (isTranslation(kind)) return translationSteps(kind, objectOf(body), text, elementsOf);
  if (kind === "match") return matchSteps(body);
  if (kind === "vmap") return vmapSteps(body, text);
  if (kind === "mangle") return [mangleOf(body, text)];
  if (kind === "notrack") return [{ kind: "untrack" }];
  // Where no program waits for it, the packet goes on with the next rule.
  if (kind === "tproxy") return [{ kind: "take", surely: false, at: null, text }];
  if (kind === "fwd") return [{ kind: "take", surely: true, at: null, text }];
  if (kind === "xt")
    return [objectOf(body).type === "match" ? { kind: "unknown", text } : { kind: "unknown action", text }];
  // `add @flood { ip saddr limit rate over 2/minute }`: the element's own statement decides.
  const ofElements = listOf(objectOf(body).stmt).map((one) => taggedOf(one)[0]);
  if (BY_CHANCE.has(kind) || ofElements.some((one) => BY_CHANCE.has(one)))
    return [{ kind: "some", text, drawn: false, ...nowOf(kind, body) }];
  if (GOES_ON.has(kind)) return [{ kind: "passes on", text }];
  return [verdictOf(statement)];
}

const UNITS: Readonly<Record<string, number>> = { bytes: 1, kbytes: 1024, mbytes: 1024 ** 2, gbytes: 1024 ** 3 };

function nowOf(kind: string, body: Json): ReturnType<typeof quotaNow> {
  if (kind === "quota") return quotaOf(body);
  const { val, inv } = objectOf(body);
  return kind === "ct count" && typeof val === "number" ? countNow(val, inv === true) : {};
}

/** One with a name has its numbers elsewhere. */
function quotaOf(body: Json): ReturnType<typeof quotaNow> {
  const { val, val_unit: unit, used, used_unit: usedUnit, inv } = objectOf(body);
  const [size, usedSize] = [UNITS[textOf(unit)], UNITS[textOf(usedUnit) || "bytes"]];
  if (typeof val !== "number" || size === undefined || usedSize === undefined) return {};
  return quotaNow(val * size, (typeof used === "number" ? used : 0) * usedSize, inv === true);
}

/** What a verdict or another statement that ends a rule does. */
function verdictOf(statement: Json | undefined): Action {
  const [kind, body] = taggedOf(statement);
  const inner = objectOf(body);
  switch (kind) {
    case "accept":
    case "drop":
    case "return":
    case "continue":
      return { kind };
    case "jump":
    case "goto":
      return { kind, chain: textOf(inner.target) };
    case "reject":
      return { kind, how: [textOf(inner.type), textOf(inner.expr)].filter((word) => word !== "").join(" ") };
    case "queue": {
      const [first = 0, last = first] = listOf(rangeIn(inner.num)).map((number) => Number(textOf(number)));
      return { kind, first, last, bypass: listOf(inner.flags).includes("bypass") };
    }
    default:
      return { kind: "unknown action", text: JSON.stringify(statement) ?? "" };
  }
}

function isTranslation(kind: string): kind is Translation["kind"] {
  return kind === "dnat" || kind === "snat" || kind === "redirect" || kind === "masquerade";
}

function translationOf(kind: Translation["kind"], addr: Json | undefined, port: Json | undefined): Translation {
  return {
    kind,
    address: textOf(addr) || null,
    port: /^\d+$/.test(textOf(port)) ? Number(textOf(port)) : null,
    ...oneOf({ address: isRange(addr), port: isRange(port) }),
  };
}

/** Where a map chooses the address, or the port, what has no entry in it goes on as it is. */
function translationSteps(
  kind: Translation["kind"],
  { addr, port }: Readonly<Record<string, Json>>,
  text: string,
  elementsOf: ElementsOf,
): readonly Step[] {
  if (!isChosen(addr) && !isChosen(port)) return [translationOf(kind, addr, port)];
  const unknown: readonly Step[] = [{ kind: "unknown action", text }];
  if (isChosen(addr) && isChosen(port)) return unknown;
  const { key, data } = objectOf(taggedOf(isChosen(addr) ? addr : port)[1]);
  const question = askedOf(key);
  if (question === null || question.mask !== null) return unknown;
  const { fields, family, implied } = question;
  const pairs = typeof data === "string" ? elementsOf(data.replace(/^@/, "")) : taggedOf(data)[1];
  if (pairs === undefined) return unknown;
  const map: VerdictMap[number][] = [];
  for (const pair of listOf(pairs)) {
    const [left, value] = listOf(pair);
    const element = elementOf(left, fields);
    if (element === null) return unknown;
    const [tag, parts] = taggedOf(value);
    // `10.0.0.2 . 80`: both are chosen by one map.
    const [first = null, second = null] = tag === "concat" ? listOf(parts) : [value ?? null];
    const chosen = isChosen(addr) ? translationOf(kind, first, second ?? port) : translationOf(kind, addr, first);
    map.push({ key: element, action: chosen });
  }
  return [...implied, { kind: "map", fields, map, text, ...(family === undefined ? {} : { family }) }];
}

function isChosen(value: Json | undefined): boolean {
  return taggedOf(value)[0] === "map";
}

function isRange(value: Json | undefined): boolean {
  return taggedOf(value)[0] === "range";
}

function rangeIn(value: Json | undefined): Json | undefined {
  const [kind, body] = taggedOf(value);
  return kind === "range" ? body : value;
}

/** What the key implies, then the choice. */
function vmapSteps(body: Json, text: string): readonly Step[] {
  const { key, data } = objectOf(body);
  const question = askedOf(key);
  if (question === null || question.mask !== null) return [{ kind: "unknown action", text }];
  const { fields, family, implied } = question;
  const framed = family === undefined ? {} : { family };
  const map = typeof data === "string" ? data.replace(/^@/, "") : verdictsOf(taggedOf(data)[1], fields);
  return map === null
    ? [{ kind: "unknown action", text }]
    : [...implied, { kind: "map", fields, map, text, ...framed }];
}

/** The pairs of a verdict map; null when a key can't be read. */
export function verdictsOf(pairs: Json | undefined, fields: readonly Field[]): VerdictMap | null {
  const entries: VerdictMap[number][] = [];
  for (const pair of listOf(pairs)) {
    const [left, verdict] = listOf(pair);
    const key = elementOf(left, fields);
    if (key === null) return null;
    entries.push({ key, action: verdictOf(verdict) });
  }
  return entries;
}

/** `meta mark set 0x1`; other things that a rule writes into a packet don't decide on it. */
function mangleOf(body: Json, text: string): Action {
  const { key, value } = objectOf(body);
  const [kind, inner] = taggedOf(key);
  const number = numberOf(textOf(value));
  const { key: name, field } = objectOf(inner);
  if (kind === "payload" && (field === "ttl" || field === "hoplimit") && number !== null)
    return { kind: "ttl", by: "set", value: Number(number) };
  if (kind === "ct" && name === "zone" && objectOf(inner).dir === undefined && number !== null)
    return { kind: "zone", zone: Number(number) };
  if (name !== "mark") return { kind: "passes on", text };
  const which = kind === "ct" ? "connection mark" : "mark";
  if (number !== null) return { kind: "mark", which, clear: ALL_BITS, set: number };
  // `meta mark set ct mark`, and the other way round.
  const [from, other] = taggedOf(value);
  return (from === "ct" || from === "meta") && from !== kind && objectOf(other).key === "mark"
    ? { kind: "mark copied", which, clear: ALL_BITS, taken: ALL_BITS }
    : { kind: "mark unknown", which };
}
