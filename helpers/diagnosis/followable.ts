import { isIP } from "node:net";
import type { Outcome } from "../model/outcome.ts";
import type { AskedQuestion } from "../model/question.ts";
import { endpointsOf, ipv4Range, portsBehind, type Snapshot } from "../snapshot/snapshot.ts";
import type { ReachRequest } from "../trace/index.ts";
import { type Failure, outcomeOf } from "./relevance.ts";

/** A question of a failure whose packet can be sent again and followed. */
export interface Followable {
  /** Same key = the same way: one packet tells of all. */
  readonly key: string;
  readonly request: ReachRequest;
  /** How it failed; null where that is not known. */
  readonly observed: Outcome | null;
}

type Reach = AskedQuestion & { readonly kind: "reach" };

/** A datagram may stay unanswered for reasons of its own: it is followed where nothing else is there. */
const BEST_FIRST = { icmp: 0, tcp: 1, udp: 2, arp: 3 } as const;

/**
 * What of a failure can be followed: something that did not come through, asked by the host or by a container that runs,
 * of an address. Not of a name: whether that is resolved is another matter than whether a packet arrives.
 */
export function followableOf(snapshot: Snapshot, { direction, questions, probes }: Failure): Followable | null {
  if (direction !== "blocked") return null;
  const [first] = questions
    .filter((question): question is Reach => question.kind === "reach")
    .toSorted((one, other) => BEST_FIRST[one.protocol] - BEST_FIRST[other.protocol])
    .flatMap((question) => requestOf(snapshot, question, outcomeOf(question, probes)) ?? []);
  return first ?? null;
}

/**
 * What is to be sent for a question to be seen on its way; null for one that no packet of ours can stand for, or that
 * goes to a name.
 */
export function reachRequestOf({ from, to, protocol, port, size }: Reach): ReachRequest | null {
  if (protocol === "arp" || (protocol !== "icmp" && port === null) || isIP(to) === 0 || to.includes("%")) return null;
  if (from.kind !== "container" && from.kind !== "host") return null;
  return {
    from: from.kind === "host" ? "host" : from.name,
    to,
    protocol,
    ...(port === null ? {} : { port }),
    ...(size === null || protocol !== "icmp" ? {} : { size }),
  };
}

function requestOf(snapshot: Snapshot, question: Reach, observed: Outcome | null): Followable | null {
  const request = reachRequestOf(question);
  if (request === null) return null;
  const { from, to, protocol, port, size } = question;
  const sender = snapshot.containers.find(({ name }) => from.kind === "container" && name === from.name);
  if (sender === undefined && from.kind !== "host") return null;
  return {
    key: [
      sender === undefined ? "host" : networksOf(sender),
      targetOf(snapshot, to),
      protocol,
      `IPv${isIP(to)}`,
      portClass(snapshot, port),
      size === null ? "" : "of a size",
      observed === "refused" ? observed : "",
    ].join(" | "),
    observed,
    request,
  };
}

function networksOf(container: Snapshot["containers"][number]): string {
  return endpointsOf(container)
    .map(({ name }) => name)
    .toSorted()
    .join(" ");
}

function targetOf(snapshot: Snapshot, address: string): string {
  const owner = snapshot.containers.find((container) =>
    endpointsOf(container).some(({ settings }) => [settings.IPAddress, settings.GlobalIPv6Address].includes(address)),
  );
  if (owner !== undefined) return networksOf(owner);
  const network = snapshot.networks.find((one) => ipv4Range(one).gateway === address);
  if (network !== undefined) return `gateway of ${network.Name}`;
  if (address.startsWith("127.") || address === "::1") return "loopback";
  const own = snapshot.host?.addresses.some(({ addresses }) => addresses.some((one) => one.address === address));
  return own === true ? "host" : "beyond";
}

/** Published ports are translated, those of name servers have rules of their own; any other is one like the next. */
function portClass({ containers }: Snapshot, port: number | null): string {
  if (port === null || port === 53) return String(port ?? "");
  const published = containers.some((container) => portsBehind(container, port).length > 0);
  return published ? "published" : "a port";
}
