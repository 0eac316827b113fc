import type { Node } from "jsonc-parser";
import type { KeyKind } from "./keys/index.ts";
import type { OtherKey } from "./other-keys.ts";

/** One key of an object with its value, as they stand in the text. */
export interface Entry {
  readonly key: string;
  readonly name: Node;
  readonly value: Node;
}

/** The keys of an object in their order. */
export function entriesOf(object: Node): Entry[] {
  return (object.children ?? []).flatMap((property) => {
    const [name, value] = property.children ?? [];
    return name === undefined || value === undefined ? [] : [{ key: String(name.value), name, value }];
  });
}

/** The values that count. Go's decoder takes the last of equal keys, leaves what it has at a null, and adds to a map it has. */
/** What is wrong with a value, and where it stands. */
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
export function typeProblem(kind: KeyKind | OtherKey["kind"], value: Node, content: string): TypeProblem | null {
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
export function goValue(kind: KeyKind | OtherKey["kind"], value: unknown): unknown {
  if (kind === "list" && Array.isArray(value)) return value.map((item: unknown) => item ?? "");
  if (kind === "pools" && Array.isArray(value))
    return value.map((pool: unknown) =>
      isRecord(pool)
        ? Object.fromEntries(Object.entries(pool).map(([name, field]) => [name.toLowerCase(), field]))
        : pool,
    );
  return value;
}

/** What a value is, in words for people. */
export function article(node: Node): string {
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

/** An object of JSON. */
export function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
