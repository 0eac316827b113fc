import type { Facts } from "../engine/facts.ts";
import { NotRun } from "./verdicts.ts";

/** A host's own address on its LAN, the one of its default route. @throws NotRun where none stands out */
export function lanAddress({ host, engine }: Pick<Facts, "host" | "engine">): string {
  if (host?.uplink) return host.uplink.address;
  throw new NotRun(`host ${engine.hostname} has no default route, so none of its addresses stands out`);
}
