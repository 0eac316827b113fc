import type { Hop, Leg, Walk } from "../model/walk.ts";

/** The walk as numbered lines for people. */
export function walkLines(walk: Walk): string[] {
  const lines: string[] = [];
  for (const { what, by } of walk.translations) lines.push(`    translated: ${what}   by ${by}`);
  const isDrawn = walk.there.hops.length > 0 || walk.there.end.kind !== "vanished";
  if (walk.followed === "concluded" && !isDrawn)
    return [...lines, "    The packet could not be followed: what follows is concluded from rules, routes and links."];
  if (walk.followed === "concluded")
    lines.push("    Not seen: concluded from the rules, routes and links of the host.");
  const there = legLines(walk.there, 1);
  lines.push(...there, endLine(walk.there, "packet"));
  if (walk.back !== null)
    lines.push("  and the answer:", ...legLines(walk.back, there.length + 1), endLine(walk.back, "answer"));
  if (walk.relay !== null)
    lines.push(
      "  docker-proxy takes the connection there, and opens one of its own to the container:",
      ...walkLines(walk.relay),
    );
  return lines;
}

/** The way that failed in one line: its devices, and how it ends. */
export function walkLine({ there, back, outcome }: Walk): string {
  const whole = there.end.kind === "arrived" || there.end.kind === "left";
  const leg = whole && back !== null ? back : there;
  const hops = leg.hops.map((hop) => `${hop.device} ${whereText(hop)}`).join(" → ");
  const end = endLine(leg, leg === back ? "answer" : "packet").trim();
  return `${hops === "" ? "" : `${hops}; `}${end} (${outcome})`;
}

function legLines({ hops }: Leg, from: number): string[] {
  return hops.map((hop, index) => {
    const way = `  ${String(from + index).padStart(2)}  ${hop.direction.padEnd(8)} ${hop.device.padEnd(16)} ${whereText(hop)}`;
    return hop.length === 0 ? way : `${way.padEnd(60)} ${hop.length} bytes  +${hop.ms.toFixed(3)} ms`;
  });
}

function whereText({ where }: Hop): string {
  return where.kind === "container" ? `in container ${where.name}` : where.kind === "host" ? "on the host" : "beyond";
}

function endLine({ end }: Leg, what: string): string {
  switch (end.kind) {
    case "arrived":
      return `      the ${what} arrived`;
    case "left":
      return `      the ${what} left this host`;
    case "dropped":
      return `      the ${what} is dropped here${end.at === "" ? "" : ` in ${end.at}`}${end.reason === null ? "" : ` (${end.reason})`}`;
    case "vanished":
      return `      the ${what} is seen no further`;
    case "not sent":
      return `      the ${what} was not sent`;
    case "stopped":
      if (end.by === "") return `      no answer came, and nothing that was read says where the ${what} ended`;
      return `      the ${what} ends ${end.here ? "here" : "on this way"}: ${end.by}`;
  }
}
