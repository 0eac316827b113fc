import type { Packet } from "./firewall/packet.ts";
import { covers } from "./range.ts";

/** What a namespace routes by. */
export interface Routes {
  /** Of `ip rule`, in order. */
  readonly rules: readonly string[];
  /** Of `ip route show table all`; those of the main table without `table`. */
  readonly routes: readonly string[];
}

/** What a policy rule or a route asks of a packet; what is left out is not known. */
export type AskedOfRoutes = Pick<Packet, "family" | "source" | "destination" | "mark"> &
  Partial<Pick<Packet, "protocol" | "sourcePort" | "destinationPort">>;

/**
 * The policy rule and the route that decide on a packet, as they stand; null when none matches. Where a rule has skipped
 * others and none behind it has a way, that rule has decided.
 * @param inDevice null for one that is sent here
 */
export function decidingRoute(
  { rules, routes }: Routes,
  packet: AskedOfRoutes,
  inDevice: string | null,
): { readonly rule: string; readonly route: string | null } | null {
  let from = 0;
  let skips: string | null = null;
  for (const rule of rules) {
    if (Number.parseInt(rule, 10) < from || !ruleMatches(rule, packet, inDevice)) continue;
    const [, behind] = / goto (\d+)/.exec(rule) ?? [];
    if (behind !== undefined) [from, skips] = [Number(behind), rule];
    if (isRefusal(rule)) return { rule, route: null };
    const [, table] = / lookup (\S+)/.exec(rule) ?? [];
    if (table === undefined) continue;
    const [, floor] = / suppress_prefixlength (\d+)/.exec(rule) ?? [];
    const best = bestRoute(
      routes,
      table,
      packet.destination ?? "",
      packet.family,
      floor === undefined ? -1 : Number(floor),
    );
    if (best !== null && !best.startsWith("throw ")) return { rule, route: best };
  }
  return skips === null ? null : { rule: skips, route: null };
}

/** Whether a policy rule leads to no table, and ends what it matches. */
export function isRefusal(rule: string): boolean {
  return / (blackhole|unreachable|prohibit)\b/.test(rule);
}

/** @param inDevice null for one that is sent here */
export function ruleMatches(rule: string, packet: AskedOfRoutes, inDevice: string | null): boolean {
  const said = (word: string): string | undefined => new RegExp(` ${word} (\\S+)`).exec(rule)?.[1];
  const inside = (range: string | undefined, address: string | undefined): boolean =>
    range === undefined || range === "all" || (address !== undefined && covers(range, address));
  const matches =
    inside(said("from"), packet.source) &&
    inside(said("to"), packet.destination) &&
    (said("iif") === undefined || said("iif") === (inDevice ?? "lo")) &&
    // Bound to a device by its program, of a user's own, or urgent: not one of our packets.
    ["oif", "uidrange", "tos", "dsfield", "dscp"].every((word) => said(word) === undefined) &&
    (said("ipproto") === undefined || said("ipproto") === packet.protocol) &&
    portMatches(said("sport"), packet.sourcePort) &&
    portMatches(said("dport"), packet.destinationPort) &&
    markMatches(said("fwmark"), packet.mark ?? 0);
  return /^\d+:\s+not /.test(rule) ? !matches : matches;
}

/** @param asked a port, or a range of them */
function portMatches(asked: string | undefined, port: number | null | undefined): boolean {
  if (asked === undefined) return true;
  const [from = "", to = from] = asked.split("-");
  return typeof port === "number" && Number(from) <= port && port <= Number(to);
}

function markMatches(asked: string | undefined, mark: number): boolean {
  if (asked === undefined) return true;
  const [value = "0", mask = "0xffffffff"] = asked.split("/");
  return (BigInt(mark) & BigInt(mask)) === BigInt(value);
}

function bestRoute(
  routes: readonly string[],
  table: string,
  destination: string,
  family: Packet["family"],
  longerThan: number,
): string | null {
  let best: { readonly route: string; readonly length: number } | null = null;
  for (const route of routes) {
    const [, stands = "main"] = / table (\S+)/.exec(route) ?? [];
    if (stands !== table) continue;
    const [, network = ""] =
      /^(?:(?:blackhole|unreachable|prohibit|throw|local|broadcast|unicast|anycast|multicast) )?(\S+)/.exec(route) ??
      [];
    const range = network === "default" ? (family === "ip" ? "0.0.0.0/0" : "::/0") : network;
    if (!covers(range, destination)) continue;
    const length = Number(range.split("/")[1] ?? (family === "ip" ? 32 : 128));
    if (length <= longerThan) continue;
    if (best === null || length > best.length) best = { route, length };
  }
  return best?.route ?? null;
}
