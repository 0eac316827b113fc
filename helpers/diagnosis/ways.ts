import { isIP } from "node:net";
import type { AskedQuestion, Place, ReadThing } from "../model/question.ts";
import type { Asker, Target, Way } from "../model/way.ts";
import { endpointsOf, ipv4Range, portsBehind, type Snapshot } from "../snapshot/snapshot.ts";
import type { Failure } from "./relevance.ts";

/** The ways that a failure is about: who could not reach what, or could; of what differs, whose thing was read. */
export function waysOf(snapshot: Snapshot, { questions, direction, probes }: Failure): Way[] {
  if (direction === "differs") {
    const read = [...questions, ...probes.flatMap(({ question }) => question ?? [])];
    return read.flatMap((question) => (question.kind === "read" ? [readAs(question)] : []));
  }
  return questions.flatMap((question) => {
    if (question.kind === "read") return [];
    const from = askerOf(question.from);
    if (question.kind === "resolve") return [{ direction, from, to: "names", by: "DNS" }];
    return [{ direction, from, to: targetOf(snapshot, from, question), by: question.protocol.toUpperCase() }];
  });
}

const TOLD_BY_THE_ENGINE: readonly ReadThing[] = ["container", "network", "networks"];

function readAs({ from, of, what }: AskedQuestion & { readonly kind: "read" }): Way {
  const whose = TOLD_BY_THE_ENGINE.includes(what) ? "the engine" : of === null ? askerOf(from) : "containers";
  return { direction: "differs", from: whose, to: what, by: "read" };
}

function askerOf({ kind }: Place): Asker {
  return kind === "container" ? "containers" : kind === "other machine" ? "other machines" : "the host";
}

function targetOf(snapshot: Snapshot, from: Asker, question: AskedQuestion & { readonly kind: "reach" }): Target {
  const { to, port } = question;
  const isContainer = snapshot.containers.some((container) =>
    endpointsOf(container).some(({ settings }) => [settings.IPAddress, settings.GlobalIPv6Address].includes(to)),
  );
  if (isContainer || isIP(to) === 0) return from === "containers" ? "each other" : "containers";
  if (port !== null && snapshot.containers.some((container) => portsBehind(container, port).length > 0))
    return "published ports";
  if (snapshot.networks.some((network) => ipv4Range(network).gateway === to)) return "their gateway";
  const local = snapshot.host?.addresses.some(({ addresses }) => addresses.some(({ address }) => address === to));
  return local === true || to.startsWith("127.") ? "the host" : "what is beyond the host";
}
