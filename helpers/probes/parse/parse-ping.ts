import { familyOf } from "./address-text.ts";
import { UnreadableOutput } from "./unreadable-output.ts";

export interface PingReply {
  readonly from: string;
  /** BusyBox counts from 0, iputils from 1. */
  readonly seq: number;
  readonly ttl: number;
  /** Absent when the packet is too small to carry a time stamp. */
  readonly ms?: number;
}

/** An ICMP error instead of a reply, told by iputils only: BusyBox keeps silent about them. */
export interface PingError {
  readonly from: string;
  readonly seq: number;
  /** `Destination Host Unreachable`, `Packet filtered`, `Time to live exceeded`… */
  readonly message: string;
}

export interface PingReport {
  readonly transmitted: number;
  readonly received: number;
  readonly lossPercent: number;
  /** Empty with `-q`. */
  readonly replies: readonly PingReply[];
  readonly errors: readonly PingError[];
  /** Milliseconds. */
  readonly rtt?: { readonly min: number; readonly avg: number; readonly max: number };
}

const PARSER = "ping";

/**
 * Reads the standard output of a ping that came to its end: BusyBox (1.35 to 1.38) and iputils (20221126 to 20250605).
 * @throws UnreadableOutput also when the statistics are missing (killed, or nothing could be sent)
 */
export function parsePing(stdout: string): PingReport {
  const replies: PingReply[] = [];
  const errors: PingError[] = [];
  let counts: Pick<PingReport, "transmitted" | "received" | "lossPercent"> | undefined;
  let rtt: PingReport["rtt"];
  for (const line of stdout.split("\n").filter((candidate) => candidate.trim() !== "")) {
    const reply = readReply(line);
    const error = /^From (\S+?):? (?:icmp_)?seq=(\d+) (.+)$/.exec(line);
    const statistics =
      /^(\d+) packets transmitted, (\d+) (?:packets )?received,(?: [^,]*,)*? ([\d.]+)% packet loss(?:,|$)/.exec(line);
    const times =
      /^(?:rtt|round-trip) min\/avg\/max(?:\/mdev)? = ([\d.]+)\/([\d.]+)\/([\d.]+)(?:\/[\d.]+)? ms(?:, .*)?$/.exec(
        line,
      );
    if (reply !== null) replies.push(reply);
    else if (error !== null) errors.push({ from: error[1] ?? "", seq: Number(error[2]), message: error[3] ?? "" });
    else if (statistics !== null)
      counts = {
        transmitted: Number(statistics[1]),
        received: Number(statistics[2]),
        lossPercent: Number(statistics[3]),
      };
    else if (times !== null) rtt = { min: Number(times[1]), avg: Number(times[2]), max: Number(times[3]) };
    else if (!/^(PING .*data|--- .* ping statistics ---$|pipe \d+$)/.test(line))
      throw new UnreadableOutput(PARSER, line, "unknown line");
  }
  if (counts === undefined) throw new UnreadableOutput(PARSER, stdout, "no statistics");
  return { ...counts, replies, errors, ...(rtt && { rtt }) };
}

function readReply(line: string): PingReply | null {
  const match =
    /^\d+ bytes from (?:(\S+) \((\S+)\)|(\S+)): (?:icmp_)?seq=(\d+) ttl=(\d+)(?: time=([\d.]+) ms)?(?: \(DUP!\))?$/.exec(
      line,
    );
  if (match === null) return null;
  const from = match[2] ?? match[3] ?? "";
  if (familyOf(from) === null) throw new UnreadableOutput(PARSER, line, "a reply from no address");
  return {
    from,
    seq: Number(match[4]),
    ttl: Number(match[5]),
    ...(match[6] !== undefined && { ms: Number(match[6]) }),
  };
}
