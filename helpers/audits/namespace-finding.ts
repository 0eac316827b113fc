import { keyOfEach } from "../cause/keys.ts";
import type { LivingContainer, LivingSnapshot } from "../snapshot/living.ts";
import { type Findings, unlessMeant } from "./deviation.ts";
import { byHand, inNamespaceOf, ofContainer } from "./remedies.ts";

/** Something in a container's network namespace that stops or diverts its packets. */
interface Found {
  readonly key: string;
  readonly expected: string;
  readonly observed: string;
  readonly effect: string;
  readonly what: string;
  readonly family?: 4 | 6;
  readonly topics?: readonly string[];
  /** A command that mends it there, and how one sees that it helped. */
  readonly mend: { readonly what: string; readonly command: string; readonly check: string };
}

/**
 * A deviation inside a container. Where the container may administer its own network, it is a note.
 * @param byOthers whether somebody else than the container is known to have meant it
 */
export function insideOf(
  snapshot: LivingSnapshot,
  container: LivingContainer,
  { mend, key, what, ...told }: Found,
  byOthers = false,
): Findings {
  const { name, administersNetwork } = container;
  const enter = inNamespaceOf(name);
  return unlessMeant(
    {
      claim: "LIVE-20",
      subject: { kind: "container", name },
      concerns: [name],
      ...told,
      reason: {
        key: keyOfEach(key, name),
        what,
        act: "a script or a person that entered the container's network namespace",
        certainty: "seen",
        evidence: [told.observed],
        remedies: ofContainer(snapshot, container, [
          byHand(mend.what, [`${enter} ${mend.command}`], `${enter} ${mend.check}`),
        ]),
      },
    },
    administersNetwork,
    byOthers,
  );
}
