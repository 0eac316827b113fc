import { UnreadableOutput } from "./unreadable-output.ts";

/** One IPv4 packet as `tcpdump -n -tt -e -v --time-stamp-precision=nano` prints it. */
export interface CapturedPacket {
  /** Nanoseconds since the epoch. */
  readonly time: bigint;
  readonly sourceMac: string;
  readonly destinationMac: string;
  readonly ttl: number;
  /** Of the whole IP packet, in bytes. */
  readonly length: number;
  readonly source: CapturedEnd;
  readonly destination: CapturedEnd;
  /** Only for ICMP echoes. */
  readonly echo?: { readonly type: "request" | "reply"; readonly id: number; readonly sequence: number };
  /** Only for TCP: tcpdump's letters, `S`, `S.`, `P.`, `F.`. */
  readonly flags?: string;
}

export interface CapturedEnd {
  readonly address: string;
  /** Null for packets without ports. */
  readonly port: number | null;
}

const PARSER = "tcpdump";
const HEAD =
  /^(\d+)\.(\d{9}) ([0-9a-f:]{17}) > ([0-9a-f:]{17}), ethertype IPv4 \(0x0800\), length \d+: \(.*\bttl (\d+),.* length (\d+)(?:, .*)?\)$/;
const ENDS = /^ {4}((?:\d+\.){3}\d+)(?:\.(\d+))? > ((?:\d+\.){3}\d+)(?:\.(\d+))?: (.*)$/;

/**
 * Reads what a capture has printed so far. A packet is two lines (further ones, with the text of HTTP, begin with a
 * tab); at the end, where tcpdump may still be writing, what is not complete is left out.
 * @throws UnreadableOutput also for anything that is not IPv4: the capture's filter has to keep it away
 */
export function parseTcpdump(text: string): CapturedPacket[] {
  const lines = text
    .slice(0, text.lastIndexOf("\n") + 1)
    .split("\n")
    .filter((line) => line !== "" && !line.startsWith("\t"));
  const packets: CapturedPacket[] = [];
  for (let at = 0; at < lines.length; at += 2) {
    const packet = readPacket(lines[at] ?? "", lines[at + 1]);
    if (packet !== null) packets.push(packet);
  }
  return packets;
}

/** @returns null while the second line is not there yet */
function readPacket(head: string, ends: string | undefined): CapturedPacket | null {
  const [, seconds, nanoseconds, sourceMac = "", destinationMac = "", ttl, length] = HEAD.exec(head) ?? [];
  if (seconds === undefined || nanoseconds === undefined)
    throw new UnreadableOutput(PARSER, head, "no first line of an IPv4 packet");
  if (ends === undefined) return null;
  const [, source = "", sourcePort, destination = "", destinationPort, what] = ENDS.exec(ends) ?? [];
  if (what === undefined) throw new UnreadableOutput(PARSER, ends, "no addresses");
  const echo = /^ICMP echo (request|reply), id (\d+), seq (\d+),/.exec(what);
  const flags = /^Flags \[([^\]]*)\]/.exec(what)?.[1];
  return {
    time: BigInt(seconds) * 1_000_000_000n + BigInt(nanoseconds),
    sourceMac,
    destinationMac,
    ttl: Number(ttl),
    length: Number(length),
    source: end(source, sourcePort),
    destination: end(destination, destinationPort),
    ...(echo === null
      ? {}
      : {
          echo: {
            type: echo[1] === "request" ? ("request" as const) : ("reply" as const),
            id: Number(echo[2]),
            sequence: Number(echo[3]),
          },
        }),
    ...(flags === undefined ? {} : { flags }),
  };
}

function end(address: string, port: string | undefined): CapturedEnd {
  return { address, port: port === undefined ? null : Number(port) };
}

/** `192.0.2.2:80`, or the address alone. */
export function endText({ address, port }: CapturedEnd): string {
  return port === null ? address : `${address}:${port}`;
}
