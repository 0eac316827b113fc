import { word } from "../model/shell-words.ts";
import { joinedBy, type LivingContainer, type LivingSnapshot, runs } from "../snapshot/living.ts";
import { deviates, type Findings, NOTHING, type Reason } from "./deviation.ts";
import { ofContainer } from "./remedies.ts";

/** Whether a container that joins another's network really is in that one's namespace. */
export function auditSharing(snapshot: LivingSnapshot, container: LivingContainer): Findings {
  const { name, networkMode, inside } = container;
  if (networkMode === "host" || inside === null) return NOTHING;
  const target = joinedBy(snapshot.containers, container);
  const wanted = networkMode.slice("container:".length);
  const shown = target?.name ?? wanted.slice(0, 12);
  const base = {
    claim: "LIVE-04",
    subject: { kind: "container", name },
    concerns: target === null ? [name] : [name, target.name],
    effect: `${name} has only what is left of a network: it reaches nobody, and nobody reaches it.`,
  } as const;
  const reason = (what: string, act: string | null, remedies: Reason["remedies"]): Reason => ({
    key: `not-sharing ${name}`,
    what,
    act,
    certainty: "seen",
    evidence: [`network namespace of ${name}: ${inside.namespaces.net ?? "unknown"}`],
    remedies,
  });
  // Of a run's own, the other one may not have been looked at.
  if (target === null && snapshot.whose === "run") return NOTHING;
  if (target === null) {
    // A container of this project's, or one that the list did not have yet, is nobody's fault.
    return deviates({
      ...base,
      expected: `the network namespace of container ${shown}`,
      observed: `there is no container ${shown} any more`,
      reason: reason(
        `Container ${name} shares the network of container ${shown}, which was removed.`,
        "the other container was created anew, and this one still names the old one",
        [],
      ),
    });
  }
  if (!runs(target)) {
    return deviates({
      ...base,
      expected: `the network namespace of container ${target.name}`,
      observed: `${target.name} does not run (${target.status})`,
      reason: reason(`Container ${name} shares the network of container ${target.name}, which does not run.`, null, [
        {
          what: "start the other one, and this one after it",
          commands: [`docker start ${word(target.name)}`, `docker restart ${word(name)}`],
          cost: `${name} is interrupted for some seconds.`,
          check: `docker exec ${word(name)} ip addr`,
        },
      ]),
    });
  }
  const theirs = target.inside?.namespaces.net;
  if (theirs === undefined || theirs === inside.namespaces.net || target.networkMode === "host") return NOTHING;
  return deviates({
    ...base,
    expected: `the network namespace of container ${target.name} (${theirs})`,
    observed: inside.namespaces.net ?? "",
    reason: reason(
      `Container ${name} is in another network namespace than container ${target.name}, whose network it is to share.`,
      `${target.name} was restarted alone`,
      ofContainer(snapshot, container),
    ),
  });
}
