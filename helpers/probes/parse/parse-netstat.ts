import { addressIn } from "./address-text.ts";
import { UnreadableOutput } from "./unreadable-output.ts";
import { Words } from "./words.ts";

export interface NetstatEnd {
  /** As printed; an IPv4 peer of an IPv6 socket is `::ffff:a.b.c.d`. */
  readonly address: string;
  /** null for `*`: any. */
  readonly port: number | null;
}

export interface NetstatSocket {
  /** BusyBox says `tcp` and `udp` for IPv6 sockets as well. */
  readonly protocol: "tcp" | "udp";
  readonly receiveQueue: number;
  readonly sendQueue: number;
  readonly local: NetstatEnd;
  readonly foreign: NetstatEnd;
  /** null for UDP sockets without a peer. */
  readonly state: string | null;
}

const PARSER = "netstat -tun";

/**
 * Reads BusyBox `netstat -ltun` and its variants with `-a`, always with `-n` and without `-p` and `-e`.
 * @throws UnreadableOutput also for empty text: netstat always prints the column names
 */
export function parseNetstat(text: string): NetstatSocket[] {
  const [title = "", columns = "", ...lines] = text.split("\n");
  if (!/^Active Internet connections/.test(title)) throw new UnreadableOutput(PARSER, title, "no title line");
  if (!/^Proto Recv-Q Send-Q Local Address\s+Foreign Address\s+State\s*$/.test(columns)) {
    throw new UnreadableOutput(PARSER, columns, "other columns than expected");
  }
  return lines.filter((line) => line.trim() !== "").map(readSocket);
}

function readSocket(line: string): NetstatSocket {
  const words = new Words(PARSER, line);
  const protocol = /^(tcp|udp)6?$/.exec(words.take("protocol"))?.[1];
  if (protocol !== "tcp" && protocol !== "udp") return words.fail("neither TCP nor UDP");
  const receiveQueue = words.integer("receive queue");
  const sendQueue = words.integer("send queue");
  const local = readEnd(words);
  const foreign = readEnd(words);
  const state = words.done ? null : words.take("state");
  if (!words.done || (state === null && protocol === "tcp")) words.fail("no state, or more than one");
  return { protocol, receiveQueue, sendQueue, local, foreign, state };
}

function readEnd(words: Words): NetstatEnd {
  const text = words.take("address and port");
  const colon = text.lastIndexOf(":");
  const { address } = addressIn(words, text.slice(0, Math.max(colon, 0)));
  const port = text.slice(colon + 1);
  return { address, port: port === "*" ? null : words.toInteger(port, "port") };
}
