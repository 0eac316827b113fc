import { UnreadableOutput } from "./unreadable-output.ts";

export interface BrctlBridge {
  readonly name: string;
  /** Priority and MAC: `8000.0242ac110001`. */
  readonly id: string;
  readonly stp: boolean;
  readonly ports: readonly string[];
}

const PARSER = "brctl show";

/**
 * Reads `brctl show` of bridge-utils and of those BusyBox builds that have it (Debian's have not: "invalid argument
 * 'show' to 'brctl'").
 * @throws UnreadableOutput also for empty text: brctl always prints the column names
 */
export function parseBrctl(text: string): BrctlBridge[] {
  const [header = "", ...lines] = text.split("\n");
  if (!/^bridge name\s+bridge id\s+STP enabled\s+interfaces\s*$/.test(header))
    throw new UnreadableOutput(PARSER, header, "no column names");
  const bridges: (BrctlBridge & { ports: string[] })[] = [];
  for (const line of lines.filter((candidate) => candidate.trim() !== "")) {
    const [, more] = /^\s+(\S+)\s*$/.exec(line) ?? [];
    const [, name, id, stp, port] =
      /^(\S+)\s+([0-9a-f]{4}\.[0-9a-f]{12})\s+(yes|no)(?:\s+(\S+))?\s*$/i.exec(line) ?? [];
    const last = bridges.at(-1);
    if (more !== undefined && last !== undefined) last.ports.push(more);
    else if (name !== undefined && id !== undefined)
      bridges.push({ name, id, stp: stp === "yes", ports: port === undefined ? [] : [port] });
    else throw new UnreadableOutput(PARSER, line, "neither a bridge nor a port of one");
  }
  return bridges;
}
