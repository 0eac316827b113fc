import { remedyOf } from "../cause/mend.ts";
import type { Cause } from "../model/cause.ts";
import type { Subject } from "../model/subject.ts";
import type { Snapshot } from "../snapshot/snapshot.ts";
import type { Finding } from "./finding.ts";

/** A deviation as the cause of a failure. */
export function asCause({ group, what, act, concerns, evidence, mends }: Finding, snapshot: Snapshot): Cause {
  return {
    key: group,
    what,
    act,
    certainty: "seen",
    subjects: concerns.length === 0 ? [{ kind: "host" }] : concerns.flatMap((name) => subjectOf(name, snapshot)),
    evidence,
    remedies: mends.map((mend) => remedyOf(mend, snapshot.costs)),
  };
}

function subjectOf(name: string, { containers, networks }: Snapshot): Subject[] {
  if (containers.some((container) => container.name === name)) return [{ kind: "container", name }];
  return networks.some((network) => network.Name === name) ? [{ kind: "network", name }] : [];
}
