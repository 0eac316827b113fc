import type { AskOptions, Evidence, Vantage } from "../model/evidence.ts";
import { lanAddress } from "./lan-address.ts";
import type { Session } from "./session.ts";

/** The second host as a place to ask from: a machine beside the host under test, no container. */
interface Neighbour extends Vantage {
  /** Its own address on the LAN of both hosts. */
  readonly address: string;
}

/** @throws NotRun without a second host, or where its place on the LAN is not known */
export async function neighbourOf(session: Session): Promise<Neighbour> {
  const second = await session.secondHost();
  const address = lanAddress(second.facts);
  const host = await second.host();
  return {
    label: "the second host",
    place: { kind: "other machine", name: "" },
    address,
    ask: async (command: string, options?: AskOptions): Promise<Evidence> => await host.ask(command, options),
  };
}
