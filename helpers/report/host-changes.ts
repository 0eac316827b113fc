import { HOST_ASPECTS, type HostState } from "../model/host-state.ts";
import type { HostChange } from "../model/run-diff.ts";
import { surplus } from "../model/surplus.ts";

/** Compares two hosts line by line; one thing twice is not the same as once. Empty where one of them was not recorded. */
export function hostChanges(before: HostState | undefined, after: HostState | undefined): HostChange[] {
  if (before === undefined || after === undefined) return [];
  return HOST_ASPECTS.flatMap((aspect) => {
    const [was, is] = [before[aspect].filter(says), after[aspect].filter(says)];
    const [gone, came] = [surplus(was, is), surplus(is, was)];
    if (gone.length + came.length === 0) return [];
    const ofContainers = [...gone, ...came].every(isOfContainer);
    return [{ aspect, gone, came, ofContainers }];
  });
}

/** What of a host stays while only containers come and go. */
export function lastingState(state: HostState): HostState {
  const lasting = (lines: readonly string[]) => lines.filter((line) => says(line) && !isOfContainer(line));
  return { ...state, "firewall rules": lasting(state["firewall rules"]) };
}

/** A chain that lets everything pass is there as soon as somebody lists its table, and says nothing. */
function says(line: string): boolean {
  return !/^ip6?tables -t \w+ -P \S+ ACCEPT$/.test(line);
}

/**
 * Rules that an engine makes for one container: in its own chains with a container's address, or between a container and
 * itself, or that close a container's address to other ways.
 */
const OF_CONTAINER = [
  /^ip6?tables -t \w+ -A DOCKER\b.*(\/32|\/128|--to-destination) /,
  /^ip6?tables -t \w+ -A DOCKER\b.*--to-destination \S+$/,
  /^ip6?tables -t nat -A POSTROUTING -s (\S+\/(?:32|128)) -d \1 /,
  /^ip6?tables -t raw -A PREROUTING -d \S+\/(32|128) ! -i /,
  /^nft ip6? docker-bridges \S+ (ip6? daddr [\da-f.:]+ |.* dnat to |.*"DROP REMOTE LOOPBACK")/,
];

function isOfContainer(line: string): boolean {
  return OF_CONTAINER.some((pattern) => pattern.test(line));
}
