import type { Vantage } from "../model/evidence.ts";
import { parseResolvConf, type ResolvConf } from "./parse/parse-resolv-conf.ts";
import { textFile } from "./text-file.ts";

/** The resolver configuration that programs at the vantage point read. */
export async function resolvConf(from: Vantage): Promise<ResolvConf> {
  return parseResolvConf(await textFile(from, "/etc/resolv.conf"));
}

/**
 * The servers that the engine's own resolver asks, in their order, as Engine 26 and later write them into a comment;
 * null without one. `host(…)` around a server, which tells from where it is asked, is left out.
 */
export function externalServers({ comments }: Pick<ResolvConf, "comments">): string[] | null {
  const listed = comments
    .map((comment) => /^ExtServers: \[(.*)\]$/.exec(comment)?.[1])
    .find((text) => text !== undefined);
  return (
    listed?.split(" ").flatMap((server) => (server === "" ? [] : [server.replace(/^host\((.*)\)$/, "$1")])) ?? null
  );
}
