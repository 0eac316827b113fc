import type { Elements, Field, Match, Table, Value } from "./model.ts";
import { meets, type Packet, saidBy } from "./packet.ts";

/** `maybe`: the packet or the rule leaves it open. */
export type Answer = "yes" | "no" | "maybe";

/** Whether a packet passes one match of a rule that stands in this table. */
export function answer(match: Match, packet: Packet, table: Table): Answer {
  switch (match.kind) {
    case "some":
    case "unknown":
      return "maybe";
    case "set": {
      const elements = table.sets[match.set];
      if (match.family !== undefined && match.family !== packet.family) return "no";
      if (elements === undefined || elements === null) return "maybe";
      return amongElements(match.fields, match.not, elements, packet);
    }
    case "field":
      if (match.family !== undefined && match.family !== packet.family) return "no";
      return amongElements(match.fields, match.not, match.any, packet);
  }
}

/** Whether a packet has the key of a map's entry. */
export function hasKey(fields: readonly Field[], key: readonly Value[], packet: Packet): Answer {
  return amongElements(fields, false, [key], packet);
}

function amongElements(fields: readonly Field[], not: boolean, any: Elements, packet: Packet): Answer {
  const said = fields.map((field) => saidBy(packet, field));
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
    const each = element.map((value, index) => {
      const one = said[index];
      if (one === undefined || one === "none") return "no";
      if (one === "unknown") return "word" in value && value.word === "*" ? "yes" : "maybe";
      return one.some((thing) => meets(thing, value)) ? "yes" : "no";
    });
    if (each.every((one) => one === "yes")) return not ? "no" : "yes";
    if (!each.includes("no")) open = true;
  }
  if (open) return "maybe";
  return not ? "yes" : "no";
}
