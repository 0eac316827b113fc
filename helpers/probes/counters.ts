import type { Vantage } from "../model/evidence.ts";
import { type InterfaceCounters, parseProcNetDev } from "./parse/parse-proc-net-dev.ts";
import { textFile } from "./text-file.ts";

/** Packets and bytes that every interface of the vantage point's network namespace has seen. */
export async function counters(from: Vantage): Promise<InterfaceCounters[]> {
  return parseProcNetDev(await textFile(from, "/proc/net/dev"));
}
