import type { Elements, Field, Match, Table, Value } from "./model.ts";
import { meets, type Packet, type Said, saidBy } from "./packet.ts";

/** `maybe`: the packet or the rule leaves it open. */
type Answer = "yes" | "no" | "maybe";

/** Whether a packet passes one match of a rule that stands in this table. */
export function answer(match: Match, packet: Packet, table: Table): Answer {
  switch (match.kind) {
    case "some":
      return match.now === undefined ? "maybe" : match.now === "matches" ? "yes" : "no";
    case "unknown":
      return "maybe";
    case "set": {
      const elements = table.sets[match.set];
      if (match.family !== undefined && match.family !== packet.family) return "no";
      if (elements === undefined || elements === null) return "maybe";
      return amongElements(match.fields, match.not, elements, packet);
    }
    case "ipset":
      return inIpSet(match, packet, table);
    case "field":
      if (match.family !== undefined && match.family !== packet.family) return "no";
      return amongElements(match.fields, match.not, match.any, packet);
  }
}

const SIDES: Readonly<Record<string, Readonly<Record<string, Field>>>> = {
  src: { ip: "source address", net: "source address", port: "source port", iface: "in device" },
  dst: { ip: "destination address", net: "destination address", port: "destination port", iface: "out device" },
};

function inIpSet(
  { set, sides, not, family }: Extract<Match, { kind: "ipset" }>,
  packet: Packet,
  { ipsets }: Table,
): Answer {
  const found = ipsets?.[set];
  if (family !== packet.family) return "no";
  if (found === undefined || found.elements === null) return "maybe";
  const fields = found.dimensions.map((dimension, index) => SIDES[sides[index] ?? ""]?.[dimension]);
  if (fields.includes(undefined)) return "maybe";
  return amongElements(fields as Field[], not, found.elements, packet);
}

/** Whether a packet has the key of a map's entry. */
export function hasKey(fields: readonly Field[], key: readonly Value[], packet: Packet): Answer {
  return amongElements(fields, false, [key], packet);
}

function amongElements(fields: readonly Field[], not: boolean, any: Elements, packet: Packet): Answer {
  const said: Said[] = [];
  for (const field of fields) said.push(saidBy(packet, field));
  // Without the property, a rule of either program does not match, negated or not; devices are the exception: `! -o eth0`
  // holds where there is none.
  if (said.includes("none")) {
    const onlyDevices = fields.every(
      (field) => field === "in device" || field === "out device" || field === "connection status" || field === "owner",
    );
    return onlyDevices && not ? "yes" : "no";
  }
  let open = false;
  for (const element of any) {
    const one = meetsAll(said, element);
    if (one === "yes") return not ? "no" : "yes";
    open ||= one === "maybe";
  }
  if (open) return "maybe";
  return not ? "yes" : "no";
}

/** Whether what a packet says of several fields is what an element asks for, field by field. */
function meetsAll(said: readonly Said[], element: readonly Value[]): Answer {
  let all: Answer = "yes";
  for (let index = 0; index < element.length; index++) {
    const [one, value] = [said[index], element[index]];
    if (one === undefined || value === undefined || one === "none") return "no";
    if (one === "unknown") {
      if (!("word" in value) || value.word !== "*") all = "maybe";
    } else if (!one.some((thing) => meets(thing, value))) return "no";
  }
  return all;
}
