import type { Evidence } from "../model/evidence.ts";
import type { Protocol } from "../model/walk.ts";
import { classifyPing, classifyTcp, classifyUdp } from "../probes/classify.ts";

/** One packet, or a few alike, to be sent from a network namespace with BusyBox. */
export interface Probe {
  readonly protocol: Protocol;
  readonly address: string;
  readonly port: number | null;
  /** Payload of an echo; of a datagram, the length of the name that is asked for. */
  readonly size: number;
  readonly count: number;
}

/** Seconds that one probe waits for its answer. */
export const WAIT = 2;

/** Of the payload of an echo where nobody asks for a size: near ping's own 56, and nobody else's. */
export function unusualSize(): number {
  return 58 + Math.floor(Math.random() * 20) * 2 + 1;
}

/**
 * The line of shell, and the program's names as the kernel has them: it tells of each event the name that the process
 * had last, which is that of what nc became when it was connected.
 */
export function probeCommand({ protocol, address, port, size, count }: Probe): {
  readonly command: string;
  readonly tasks: readonly string[];
} {
  switch (protocol) {
    case "icmp":
      return { command: `ping -c ${count} -i 0.05 -W ${WAIT} -s ${size} ${address}`, tasks: ["ping"] };
    case "tcp":
      if (count === 1) return { command: `nc -w ${WAIT} ${address} ${port} -e true`, tasks: TCP_TASKS };
      // One after the other, each with a second: a SYN that is lost is sent again after that.
      return {
        command: `sh -c 'r=0; for i in $(seq ${count}); do nc -w 1 ${address} ${port} -e true && r=$((r+1)); done; echo "$r received"; [ $r -gt 0 ]'`,
        tasks: TCP_TASKS,
      };
    case "udp":
      // The one UDP client of every BusyBox. The name of the file gives the datagram its length.
      return {
        command: `timeout ${WAIT} tftp -g -r ${"x".repeat(size)} -l /dev/null ${address} ${port}`,
        tasks: ["tftp"],
      };
  }
}

const TCP_TASKS = ["nc", "true"];

const ETHERNET = 14;
const IP = { ip: 20, ip6: 40 };
const TCP = 20;
/** Of a SYN as Linux sends it: segment size, selective acknowledgement, timestamps, window scale. */
const SYN_OPTIONS = 20;

/** Bytes of the first packet at a device that sends it. */
export function lengthOf({ protocol, size }: Probe, family: "ip" | "ip6"): number {
  const headers = ETHERNET + IP[family];
  switch (protocol) {
    case "icmp":
      return headers + 8 + size;
    case "udp":
      // RFC 1350: opcode, name, 0, "octet", 0.
      return headers + 8 + 2 + size + 1 + 5 + 1;
    case "tcp":
      return headers + TCP + SYN_OPTIONS;
  }
}

/** Bytes of what may be the first packet: some builds of tftp ask for the file's size as well ("tsize", 0, "0", 0). */
export function firstLengths(probe: Probe, family: "ip" | "ip6"): readonly number[] {
  const length = lengthOf(probe, family);
  return probe.protocol === "udp" ? [length, length + 8] : [length];
}

/** All lengths that tell of a probe, where it is sent and where it is received. */
export function lengthsOf(probe: Probe, family: "ip" | "ip6"): readonly number[] {
  const sent = [...new Set([...firstLengths(probe, family), ...answerLengths(probe, family)])];
  return [...sent, ...sent.map((length) => length - ETHERNET)];
}

/** Bytes of a first answer at a device that sends it: a reset has no options, a SYN-ACK those of the SYN. */
export function answerLengths(probe: Probe, family: "ip" | "ip6"): readonly number[] {
  const first = lengthOf(probe, family);
  return probe.protocol === "tcp" ? [first, first - SYN_OPTIONS] : [first];
}

/** What came of it: the outcome in the words of the probes, and how many answered. */
export function outcomeOf(
  probe: Probe,
  printed: string,
  exitCode: number,
): { readonly outcome: string; readonly answered: boolean; readonly received: number } {
  const { command } = probeCommand(probe);
  const evidence: Evidence = {
    vantage: "the sender's network",
    command,
    exitCode,
    timedOut: false,
    stdout: printed,
    stderr: printed,
    ms: 0,
  };
  const classify = { icmp: classifyPing, tcp: classifyTcp, udp: classifyUdp }[probe.protocol];
  const classified = classify(evidence).outcome;
  // The deadline of its own ended it: nobody answered.
  const outcome =
    probe.protocol === "udp" && exitCode >= 124 && classified === "probe failed" ? "timed out" : classified;
  const [, received] = /(\d+) (?:packets )?received/.exec(printed) ?? [];
  const answered = outcome === "replied";
  return { outcome, answered, received: received === undefined ? (answered ? 1 : 0) : Number(received) };
}
