import { UnreadableOutput } from "./unreadable-output.ts";
import { Words } from "./words.ts";

export interface InterfaceCounters {
  readonly interface: string;
  readonly received: {
    readonly bytes: number;
    readonly packets: number;
    readonly errors: number;
    readonly dropped: number;
    readonly fifo: number;
    readonly frame: number;
    readonly compressed: number;
    readonly multicast: number;
  };
  readonly transmitted: {
    readonly bytes: number;
    readonly packets: number;
    readonly errors: number;
    readonly dropped: number;
    readonly fifo: number;
    readonly collisions: number;
    readonly carrier: number;
    readonly compressed: number;
  };
}

const PARSER = "/proc/net/dev";

/**
 * Reads /proc/net/dev: the counters of every interface of the namespace since the interface was made.
 * @throws UnreadableOutput also for empty text: the kernel always prints the column names
 */
export function parseProcNetDev(text: string): InterfaceCounters[] {
  const [title = "", columns = "", ...lines] = text.split("\n");
  if (!/^Inter-\|\s+Receive/.test(title)) throw new UnreadableOutput(PARSER, title, "no title line");
  if (
    !/^ face \|bytes\s+packets errs drop fifo frame compressed multicast\|bytes\s+packets errs drop fifo colls carrier compressed/.test(
      columns,
    )
  ) {
    throw new UnreadableOutput(PARSER, columns, "other columns than expected");
  }
  return lines.filter((line) => line.trim() !== "").map(readCounters);
}

function readCounters(line: string): InterfaceCounters {
  // The first number may touch the colon: `eth0:1234`.
  const [, name, rest] = /^\s*([^\s:]+):(.*)$/.exec(line) ?? [];
  if (name === undefined || rest === undefined) throw new UnreadableOutput(PARSER, line, "no interface");
  const words = new Words(PARSER, line, rest);
  const next = (): number => words.integer("counter");
  const counters = {
    interface: name,
    received: {
      bytes: next(),
      packets: next(),
      errors: next(),
      dropped: next(),
      fifo: next(),
      frame: next(),
      compressed: next(),
      multicast: next(),
    },
    transmitted: {
      bytes: next(),
      packets: next(),
      errors: next(),
      dropped: next(),
      fifo: next(),
      collisions: next(),
      carrier: next(),
      compressed: next(),
    },
  };
  return words.done ? counters : words.fail("more counters than columns");
}
