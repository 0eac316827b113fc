import { addressOfBytes, bytesOfWords, hexNumber } from "./kernel-hex.ts";
import { UnreadableOutput } from "./unreadable-output.ts";
import { Words } from "./words.ts";

export interface SocketEnd {
  readonly address: string;
  /** 0 where the socket has none yet. */
  readonly port: number;
}

export type SocketState =
  | "ESTABLISHED"
  | "SYN_SENT"
  | "SYN_RECV"
  | "FIN_WAIT1"
  | "FIN_WAIT2"
  | "TIME_WAIT"
  | "CLOSE"
  | "CLOSE_WAIT"
  | "LAST_ACK"
  | "LISTEN"
  | "CLOSING"
  | "NEW_SYN_RECV"
  | "UNCONNECTED";

export interface KernelSocket {
  readonly protocol: "tcp" | "udp";
  /** Of the socket: a connection from an IPv4 client to an IPv6 listener is 6 with `v4Mapped`. */
  readonly family: 4 | 6;
  /** True when both ends are IPv4 addresses carried as `::ffff:a.b.c.d`; the addresses are then given as `a.b.c.d`. */
  readonly v4Mapped: boolean;
  readonly local: SocketEnd;
  readonly remote: SocketEnd;
  /** `UNCONNECTED` is the state of a UDP socket that only receives: a UDP server. */
  readonly state: SocketState;
  readonly uid: number;
  /** 0 for sockets that no process holds any more (TIME_WAIT). */
  readonly inode: number;
}

const PARSER = "/proc/net/tcp";
/** include/net/tcp_states.h, from 1. */
const STATES: readonly SocketState[] = [
  "ESTABLISHED",
  "SYN_SENT",
  "SYN_RECV",
  "FIN_WAIT1",
  "FIN_WAIT2",
  "TIME_WAIT",
  "CLOSE",
  "CLOSE_WAIT",
  "LAST_ACK",
  "LISTEN",
  "CLOSING",
  "NEW_SYN_RECV",
];

/**
 * Reads /proc/net/tcp, tcp6, udp and udp6, one or several of them one after another (`cat /proc/net/tcp /proc/net/tcp6`).
 * @throws UnreadableOutput also for empty text: the kernel always prints the column names
 */
export function parseProcNetTcp(text: string): KernelSocket[] {
  const sockets: KernelSocket[] = [];
  let protocol: KernelSocket["protocol"] | undefined;
  for (const line of text.split("\n").filter((candidate) => candidate.trim() !== "")) {
    if (/^\s*sl\s+local_address\s/.test(line)) protocol = /\bdrops\s*$/.test(line) ? "udp" : "tcp";
    else if (protocol === undefined) throw new UnreadableOutput(PARSER, line, "no column names before it");
    else sockets.push(readSocket(line, protocol));
  }
  if (protocol === undefined) throw new UnreadableOutput(PARSER, text, "no column names");
  return sockets;
}

function readSocket(line: string, protocol: KernelSocket["protocol"]): KernelSocket {
  const words = new Words(PARSER, line);
  if (!/^\d+:$/.test(words.take("slot"))) words.fail("no slot number");
  const local = readEnd(words);
  const remote = readEnd(words);
  const state = STATES[hexNumber(words, words.take("state"), "state") - 1];
  if (state === undefined) return words.fail("unknown state");
  for (const what of ["queues", "timer", "retransmits"]) words.take(what);
  const uid = words.integer("uid");
  words.integer("timeout");
  const inode = words.integer("inode");
  if (local.bytes.length !== remote.bytes.length) words.fail("ends of different families");
  // A listener on :: has no IPv4 end; a connection has two or none.
  const v4Mapped = isMapped(local.bytes) && (isMapped(remote.bytes) || remote.bytes.every((byte) => byte === 0));
  const end = ({ bytes, port }: RawEnd): SocketEnd => ({
    address: addressOfBytes(v4Mapped ? bytes.slice(12) : bytes),
    port,
  });
  return {
    protocol,
    family: local.bytes.length === 4 ? 4 : 6,
    v4Mapped,
    local: end(local),
    remote: end(remote),
    state: protocol === "udp" && state === "CLOSE" ? "UNCONNECTED" : state,
    uid,
    inode,
  };
}

interface RawEnd {
  readonly bytes: readonly number[];
  readonly port: number;
}

function readEnd(words: Words): RawEnd {
  const [hex = "", port = "", ...more] = words.take("address and port").split(":");
  if (more.length > 0 || !/^[0-9A-Fa-f]{4}$/.test(port)) words.fail("no address and port");
  return { bytes: bytesOfWords(words, hex, hex.length === 8 ? 4 : 16), port: Number.parseInt(port, 16) };
}

function isMapped(bytes: readonly number[]): boolean {
  return (
    bytes.length === 16 && bytes.slice(0, 10).every((byte) => byte === 0) && bytes[10] === 255 && bytes[11] === 255
  );
}
