import type { Vantage } from "../model/evidence.ts";
import { textFile } from "./text-file.ts";

/** The name of the UTS namespace that is asked. */
export async function hostname(from: Vantage): Promise<string> {
  return (await textFile(from, "/proc/sys/kernel/hostname")).trim();
}
