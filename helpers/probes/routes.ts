import type { Vantage } from "../model/evidence.ts";
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
