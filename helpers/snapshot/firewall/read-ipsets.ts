import type { IpSet, Value } from "./model.ts";
import { addressValue, rangeOf } from "./values.ts";

const PORTS = 0xffffn;

/**
 * Reads `ipset save`. A set of a kind that is not known here, or with an element that can't be read, has unknown
 * elements, never none.
 */
export function readIpSets(text: string): Record<string, IpSet> {
  const sets: Record<string, { dimensions: readonly string[]; elements: (readonly Value[])[] | null }> = {};
  for (const line of text.split("\n")) {
    const [verb, name = "", third = "", ...options] = line.trim().split(/\s+/);
    if (verb === "create") {
      const dimensions = (third.split(":")[1] ?? "").split(",");
      const known = third.startsWith("hash:") || third.startsWith("bitmap:");
      sets[name] = { dimensions, elements: known ? [] : null };
    } else if (verb === "add") {
      const set = sets[name];
      if (set === undefined || set.elements === null) continue;
      const parts = third.split(",").map((part, index) => readValue(part, set.dimensions[index] ?? ""));
      const element = parts.filter((part) => part !== null);
      const isRead = element.length === set.dimensions.length && !options.includes("nomatch");
      sets[name] = { ...set, elements: isRead ? [...set.elements, element] : null };
    }
  }
  return sets;
}

function readValue(text: string, dimension: string): Value | null {
  switch (dimension) {
    case "ip":
    case "net":
      return addressValue(text)?.value ?? null;
    case "port":
      // A service of another protocol with the same number is taken for it.
      return rangeOf(text.replace(/^[a-z\d]+:/i, ""), PORTS, "-");
    case "iface":
      return { word: text };
    default:
      return null;
  }
}
