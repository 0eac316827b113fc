import { ProbeFailed, reading, type Vantage } from "../model/evidence.ts";
import { type IpRoute, parseIpRoute } from "./parse/parse-ip-route.ts";
import { type KernelRoute, parseProcNetRoute } from "./parse/parse-proc-net-route.ts";
import { textFile } from "./text-file.ts";

/** The IPv4 routes of the vantage point's main table, by the kernel's own file; empty when there is none. */
export async function routes(from: Vantage): Promise<KernelRoute[]> {
  return parseProcNetRoute(await textFile(from, "/proc/net/route"));
}

/** The default route with the lowest metric; null without any. */
export async function defaultRoute(from: Vantage): Promise<KernelRoute | null> {
  const candidates = (await routes(from)).filter((route) => route.prefix === 0 && !route.flags.reject);
  return candidates.toSorted((a, b) => a.metric - b.metric)[0] ?? null;
}

/** The IPv6 default routes of the vantage point's main table, those that lead somewhere. @throws ProbeFailed, UnreadableOutput */
export async function defaultRoutes6(from: Vantage): Promise<IpRoute[]> {
  const evidence = await from.ask("ip -6 route show default", reading(from, "routes"));
  if (evidence.exitCode !== 0)
    throw new ProbeFailed(`the IPv6 routes can't be read at ${from.label}: ${evidence.stderr.trim()}`, evidence);
  return parseIpRoute(evidence.stdout).filter(({ type }) => type === "unicast");
}
