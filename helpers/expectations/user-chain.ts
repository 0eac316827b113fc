import type { Cidr } from "../model/cidr.ts";
import { formatRule, type Rule } from "./rule-match.ts";
import { type PacketKind, type WalkEnd, walkRules } from "./rule-walk.ts";

/** A bridge of Docker's, as rules may name it. */
export interface BridgeWays {
  readonly device: string;
  readonly subnet: Cidr;
}

/** New connections that don't meet DOCKER-USER before they are accepted. */
export interface PassedBy {
  /** `from docker0 to eth0`. */
  readonly way: string;
  /** The rule that accepts them before, in the syntax of `iptables`; null when no rule leads to DOCKER-USER at all. */
  readonly by: string | null;
}

/** Whether the user's own rules come before anybody's accepts. */
export interface UserChain {
  /** Ways on which they don't. */
  readonly passedBy: readonly PassedBy[];
  /** Rules of FORWARD before the jump to DOCKER-USER, each as it stands. */
  readonly before: readonly string[];
}

/**
 * Follows what concerns Docker's bridges through filter FORWARD: new TCP and UDP connections out of each, into it,
 * within it, and between any two. A rule before the jump to DOCKER-USER counts where it accepts all of them, or all of
 * some ports. One that accepts by a peer, a device or a mark of its own concerns that program's own traffic.
 * @param uplink the device that the host's own connections leave by; undefined where it has none
 */
export function userChain(
  rules: readonly Rule[],
  bridges: readonly BridgeWays[],
  uplink: string | undefined,
): UserChain {
  const forward = rules.filter(({ table, chain }) => table === "filter" && chain === "FORWARD");
  const jump = forward.findIndex(isJump);
  const passedBy = bridges.flatMap((one) => waysOf(one, bridges, uplink)).flatMap((way) => passing(rules, way));
  const seen = new Map(passedBy.map((one) => [`${one.way} ${one.by}`, one]));
  return { passedBy: [...seen.values()], before: forward.slice(0, Math.max(jump, 0)).map(formatRule) };
}

function isJump({ chain, args }: Rule): boolean {
  return chain === "FORWARD" && /(^| )(-j|-g|--jump|--goto) DOCKER-USER$/.test(args.join(" "));
}

interface Way {
  readonly text: string;
  readonly packets: PacketKind;
}

function waysOf(one: BridgeWays, bridges: readonly BridgeWays[], uplink: string | undefined): Way[] {
  const bridge = { device: one.device, addresses: one.subnet };
  const beyond = uplink === undefined ? {} : { device: uplink };
  const others = bridges.filter(({ device }) => device !== one.device);
  const ways = [
    { text: `from ${one.device} to ${uplink ?? "other machines"}`, from: bridge, to: beyond },
    { text: `from ${uplink ?? "other machines"} to ${one.device}`, from: beyond, to: bridge },
    { text: `within ${one.device}`, from: bridge, to: bridge },
    ...others.map((other) => ({
      text: `from ${one.device} to ${other.device}`,
      from: bridge,
      to: { device: other.device, addresses: other.subnet },
    })),
  ];
  return ways.flatMap(({ text, from, to }) =>
    (["tcp", "udp"] as const).map((protocol) => ({ text, packets: { from, to, protocol, state: "NEW" } })),
  );
}

/** What accepts on one way before the jump, and what decides where no rule jumps. */
function passing(rules: readonly Rule[], { text: way, packets }: Way): PassedBy[] {
  const accepting: PassedBy[] = [];
  const end = walkRules(rules, {
    table: "filter",
    chain: "FORWARD",
    packets,
    until: (rule, share) => share === "all" && isJump(rule),
    aside: (rule, share, target) => {
      if (share === "ports" && target === "ACCEPT") accepting.push({ way, by: formatRule(rule) });
    },
  });
  return isMissed(end) ? [...accepting, { way, by: end.kind === "decided" ? formatRule(end.rule) : null }] : accepting;
}

/** What is dropped before needs no rule of the user's. */
function isMissed(end: WalkEnd): boolean {
  return end.kind === "passed by" || (end.kind === "decided" && end.target === "ACCEPT");
}
