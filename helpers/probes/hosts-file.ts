import type { Vantage } from "../model/evidence.ts";
import { type HostsEntry, parseHostsFile } from "./parse/parse-hosts-file.ts";
import { textFile } from "./text-file.ts";

/** The entries of /etc/hosts at the vantage point. */
export async function hostsFile(from: Vantage): Promise<HostsEntry[]> {
  return parseHostsFile(await textFile(from, "/etc/hosts"));
}
