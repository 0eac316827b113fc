import type { Vantage } from "./evidence.ts";
import { parseResolvConf, type ResolvConf } from "./parse/parse-resolv-conf.ts";
import { textFile } from "./text-file.ts";

/** The resolver configuration that programs at the vantage point read. */
export async function resolvConf(from: Vantage): Promise<ResolvConf> {
  return parseResolvConf(await textFile(from, "/etc/resolv.conf"));
}
