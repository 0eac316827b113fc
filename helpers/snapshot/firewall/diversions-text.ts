import { type Evaluation, isDiversion } from "./evaluation.ts";
import type { Packet } from "./packet.ts";
import { placeText } from "./place-text.ts";

/** Other destinations that rules give a packet, as `10.0.0.1:8080 → 172.17.0.2:80`, each with its rule. */
export function diversionsText(
  packet: Packet,
  { changes, packet: after }: Evaluation,
): { readonly what: string; readonly by: string }[] {
  return changes
    .filter(isDiversion)
    .map(({ place }) => ({ what: `${endText(packet)} → ${endText(after)}`, by: placeText(place) }));
}

function endText({ destination = "", destinationPort }: Packet): string {
  return `${destination}${destinationPort ? `:${destinationPort}` : ""}`;
}
