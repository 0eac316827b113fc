import type { Facts, Uplink } from "../model/facts.ts";
import { NotApplicable, NotRun } from "./verdicts.ts";

/** A host's place on its LAN. @throws NotApplicable where none stands out, NotRun where it can't be looked at */
export function uplinkOf({
  host,
  engine,
  hostViewMissing,
}: Pick<Facts, "host" | "engine" | "hostViewMissing">): Uplink {
  if (host === null) throw new NotRun(hostViewMissing);
  if (host.uplink !== null) return host.uplink;
  throw new NotApplicable(
    `host ${engine.hostname} has no route to the world and not one link with an address alone, so none of its addresses stands out`,
  );
}

/** A host's own address on its LAN. Throws as {@link uplinkOf} does. */
export function lanAddress(facts: Pick<Facts, "host" | "engine" | "hostViewMissing">): string {
  return uplinkOf(facts).address;
}
