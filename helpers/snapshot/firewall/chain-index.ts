import { type Chain, type Field, isMatch, type Rule, type Value } from "./model.ts";
import { type Packet, saidBy } from "./packet.ts";

/** Properties that tell the rules of one network, container or port from those of all others. */
const TELLING: readonly Field[] = ["out device", "in device", "destination port", "destination address"];

/** Shorter chains are gone through faster than their index. */
const LONG = 16;

interface Index {
  /** By property, by the one value that a rule asks of it: numbers of rules. */
  readonly byValue: ReadonlyMap<Field, ReadonlyMap<string | bigint, readonly number[]>>;
  /** Of those that ask nothing of the kind. */
  readonly others: readonly number[];
}

const INDEXES = new WeakMap<Chain, Index>();

/**
 * The rules of a chain that may be about a packet, in their order. What is left out is surely about other packets: of a
 * thousand networks' rules, those of the networks that the packet does not pass.
 */
export function rulesAbout(chain: Chain, packet: Packet): readonly Rule[] {
  if (chain.rules.length < LONG) return chain.rules;
  const index = INDEXES.get(chain) ?? indexOf(chain);
  INDEXES.set(chain, index);
  const about = [...index.others];
  for (const [field, rules] of index.byValue) {
    const said = saidBy(packet, field);
    if (said === "none") continue;
    const values = said === "unknown" ? rules.keys() : said;
    for (const value of values) about.push(...(rules.get(value) ?? []));
  }
  return about.toSorted((one, other) => one - other).flatMap((number) => chain.rules[number] ?? []);
}

function indexOf({ rules }: Chain): Index {
  const byValue = new Map<Field, Map<string | bigint, number[]>>();
  const others: number[] = [];
  for (const [number, rule] of rules.entries()) {
    const asked = askedOf(rule);
    if (asked === null) {
      others.push(number);
      continue;
    }
    const values = byValue.get(asked.field) ?? new Map<string | bigint, number[]>();
    byValue.set(asked.field, values);
    values.set(asked.value, [...(values.get(asked.value) ?? []), number]);
  }
  return { byValue, others };
}

/** A property of which a rule asks one value; null where it asks none, several, or all but one. */
function askedOf({ steps }: Rule): { readonly field: Field; readonly value: string | bigint } | null {
  for (const step of steps) {
    if (!isMatch(step)) return null;
    if (step.kind !== "field" || step.not || step.fields.length !== 1 || step.any.length !== 1) continue;
    const [field] = step.fields;
    const value = exactly(step.any[0]?.[0]);
    if (field !== undefined && value !== null && TELLING.includes(field)) return { field, value };
  }
  return null;
}

function exactly(value: Value | undefined): string | bigint | null {
  if (value === undefined) return null;
  if ("word" in value) return value.word.endsWith("*") ? null : value.word;
  return "from" in value && value.from === value.to ? value.from : null;
}
