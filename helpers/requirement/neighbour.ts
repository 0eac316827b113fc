import type { AskOptions, Evidence, Vantage } from "../probes/evidence.ts";
import type { Session } from "./session.ts";
import { NotRun } from "./verdicts.ts";

/** The second host as a place to ask from: a machine beside the host under test, no container. */
export interface Neighbour extends Vantage {
  /** Its own address on the LAN of both hosts. */
  readonly address: string;
}

/** @throws NotRun without a second host, or where its place on the LAN is not known */
export async function neighbourOf(session: Session): Promise<Neighbour> {
  const second = await session.secondHost();
  const uplink = second.facts.host?.uplink;
  if (!uplink) throw new NotRun("the second host has no default route, so its place on the LAN is not known");
  const host = await second.host();
  return {
    label: "the second host",
    address: uplink.address,
    ask: async (command: string, options?: AskOptions): Promise<Evidence> => await host.ask(command, options),
  };
}
