import type { NetworkRow } from "../model/living-map.ts";
import { oneLine } from "./plain-text.ts";
import type { WorkloadsReport } from "./workloads.ts";

/** More containers than this on one network are drawn as one box with their number, but for those that are broken. */
const DRAWN = 12;

/** The host as a Mermaid flowchart: networks with their containers and ports, what is broken in red. */
export function workloadsDrawing({ networks, engine }: WorkloadsReport): string {
  const lines = ["flowchart LR", `  host["${label(engine.hostname)}"]`];
  for (const [index, network] of networks.filter(({ containers }) => containers.length > 0).entries())
    lines.push(...drawn(network, `n${index}`));
  return [...lines, "  classDef broken fill:#fdd,stroke:#c00,color:#600", ""].join("\n");
}

function drawn({ name, device, subnets, state, containers }: NetworkRow, id: string): string[] {
  const broken = containers.filter((container) => container.state === "broken");
  const whole = containers.filter((container) => container.state !== "broken");
  const shown = [...broken, ...(containers.length > DRAWN ? [] : whole)];
  const rest = containers.length - shown.length;
  const lines = [
    `  ${id}["${label([name, device, ...subnets].filter((part) => part !== "").join("<br>"))}"]${state === "broken" ? ":::broken" : ""}`,
    `  host --- ${id}`,
  ];
  for (const [index, container] of shown.entries()) {
    const box = `${id}c${index}`;
    const ports = container.ports.map(({ text, state: port }) => `${port === "broken" ? "✗ " : ""}${text}`);
    const words = [container.name, ...container.addresses, ...ports].join("<br>");
    lines.push(
      `  ${box}("${label(words)}")${container.state === "broken" ? ":::broken" : ""}`,
      `  ${id} ${container.state === "broken" ? "-.-" : "---"} ${box}`,
    );
  }
  if (rest > 0) lines.push(`  ${id}rest("${rest} more")`, `  ${id} --- ${id}rest`);
  return lines;
}

/** Mermaid ends a label at a quote; its line breaks are kept. */
function label(text: string): string {
  return oneLine(text).replaceAll('"', "'");
}
