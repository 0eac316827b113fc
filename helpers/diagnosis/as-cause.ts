import type { Deviation } from "../audits/deviation.ts";
import { remedyOf } from "../cause/mend.ts";
import type { Cause } from "../model/cause.ts";
import type { Subject } from "../model/subject.ts";
import type { Snapshot } from "../snapshot/snapshot.ts";

type Named = Pick<Snapshot, "containers" | "networks" | "costs">;

/** A deviation as the cause of a failure. */
export function asCause({ reason, concerns }: Deviation, snapshot: Named): Cause {
  return {
    ...reason,
    subjects: concerns.length === 0 ? [{ kind: "host" }] : concerns.flatMap((name) => subjectOf(name, snapshot)),
    remedies: reason.remedies.map((mend) => remedyOf(mend, snapshot.costs)),
  };
}

function subjectOf(name: string, { containers, networks }: Named): Subject[] {
  if (containers.some((container) => container.name === name)) return [{ kind: "container", name }];
  return networks.some((network) => network.Name === name) ? [{ kind: "network", name }] : [];
}
