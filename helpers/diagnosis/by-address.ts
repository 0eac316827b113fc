import { isIP } from "node:net";
import { isLoopback } from "../model/address.ts";
import { type AskedQuestion, HOST } from "../model/question.ts";
import { answersTo, endpointsOf, portsBehind, type Snapshot } from "../snapshot/snapshot.ts";
import { comesToHost } from "./passage.ts";
import { type Failure, outcomeOf } from "./relevance.ts";

/**
 * The failure with an address where a container's name was asked for and found: what became of the packets behind it is
 * told by addresses. A name that was not found sent none, and stays.
 */
export function byAddress(snapshot: Snapshot, failure: Failure): Failure {
  const translate = <T extends AskedQuestion>(question: T): T => {
    if (question.kind !== "reach" || isIP(question.to) !== 0) return question;
    const outcome = outcomeOf(question, failure.probes);
    if (outcome === null || outcome === "name not found") return question;
    const address = addressOf(snapshot, question);
    return address === null ? question : { ...question, to: address };
  };
  return {
    ...failure,
    questions: failure.questions.map(translate),
    probes: failure.probes.map((probe) =>
      probe.question === undefined ? probe : { ...probe, question: translate(probe.question) },
    ),
  };
}

/** The named container's address on a network of the asker's, since that is the one which the engine's resolver tells. */
function addressOf({ containers }: Snapshot, { from, to }: AskedQuestion & { readonly kind: "reach" }): string | null {
  const asker = containers.find(({ name }) => from.kind === "container" && name === from.name);
  const target = containers.find((container) => answersTo(container, to));
  if (asker === undefined || target === undefined) return null;
  const shared = new Set(endpointsOf(asker).map(({ name }) => name));
  const [endpoint] = endpointsOf(target).filter(({ name }) => shared.has(name));
  return endpoint?.settings.IPAddress || endpoint?.settings.GlobalIPv6Address || null;
}

/**
 * What follows from questions to a published port that come to the host itself: docker-proxy, or the kernel's translation
 * of a loopback address, asks the container in its turn.
 */
export function passedOn(snapshot: Snapshot, { questions }: Pick<Failure, "questions">): AskedQuestion[] {
  return questions.flatMap((question) => {
    if (question.kind !== "reach" || question.port === null) return [];
    const { port: asked, protocol } = question;
    return snapshot.containers.flatMap((container): AskedQuestion[] => {
      const [endpoint] = endpointsOf(container);
      const address = endpoint?.settings.IPAddress;
      const published = portsBehind(container, asked).find((port) => port.endsWith(`/${protocol}`));
      if (published === undefined || address === undefined || address === "") return [];
      const onLoopback = question.from.kind === "host" && isLoopback(question.to);
      if (!onLoopback && !comesToHost(snapshot, question)) return [];
      return [{ ...question, from: HOST, to: address, port: Number.parseInt(published, 10) }];
    });
  });
}
