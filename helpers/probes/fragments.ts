import { ProbeFailed, type Vantage } from "../model/evidence.ts";

/** IPv4 header and ICMP header of an echo. */
const HEADERS = 28;

/**
 * Sends one ICMP echo in an IPv4 packet of exactly `bytes` and tells into how many fragments the sender's kernel cut it:
 * 0 = it left undivided. Counts every packet of the network namespace: nothing else may send large ones meanwhile.
 * @throws ProbeFailed without an answer, or where the kernel does not count
 */
export async function fragmentsOfEcho(from: Vantage, to: string, bytes: number): Promise<number> {
  const counters = "grep ^Ip: /proc/net/snmp";
  const evidence = await from.ask(
    `${counters}; ping -c 1 -W 5 -s ${bytes - HEADERS} ${to}; r=$?; ${counters}; exit $r`,
  );
  if (evidence.exitCode !== 0)
    throw new ProbeFailed(`an echo of ${bytes} bytes to ${to} is not answered at ${from.label}`, evidence);
  const [before, after] = fragmentsCreated(evidence.stdout);
  if (before === undefined || after === undefined)
    throw new ProbeFailed(`the kernel's IP counters are not there at ${from.label}`, evidence);
  return after - before;
}

/** `FragCreates` of every pair of `Ip:` lines of `/proc/net/snmp`: the first names the fields, the second holds them. */
export function fragmentsCreated(text: string): number[] {
  const lines = text.split("\n").filter((line) => line.startsWith("Ip:"));
  return lines.flatMap((line, index) => {
    const at = line.split(/\s+/).indexOf("FragCreates");
    const value = Number(lines[index + 1]?.split(/\s+/)[at]);
    return at === -1 || !Number.isInteger(value) ? [] : [value];
  });
}
