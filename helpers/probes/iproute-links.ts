import { ProbeFailed, reading, type Vantage } from "../model/evidence.ts";
import { type IpLink, parseIpAddress } from "./parse/parse-ip-address.ts";

/**
 * All links with their addresses as iproute2 shows them: with the number of the peer's namespace and the operational
 * state, which BusyBox leaves out. The vantage point must have iproute2: the host's own programs do.
 * @throws ProbeFailed
 */
export async function iprouteLinks(from: Vantage): Promise<IpLink[]> {
  const evidence = await from.ask("ip -j addr", reading(from, "links"));
  if (evidence.exitCode !== 0)
    throw new ProbeFailed(`iproute2 at ${from.label} can't list the links: ${evidence.stderr.trim()}`, evidence);
  return parseIpAddress(evidence.stdout);
}
