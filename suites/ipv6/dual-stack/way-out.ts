import { noIpv6WayOut } from "../../../helpers/expectations/ipv6-rules.ts";
import type { Vantage } from "../../../helpers/model/evidence.ts";
import { mustLoseNoMore, somebodyBeyond } from "../../../helpers/requirement/beyond.ts";
import { engine, type Session } from "../../../helpers/requirement/index.ts";
import { FORWARD_CAUSE, NEEDS, onDual } from "./site.ts";

export const OUT = {
  from: [engine("docs: Use IPv6 networking"), engine("moby#48365")],
  needs: [...NEEDS, "host view"] as const,
  unless: noIpv6WayOut,
  appliesTo: "engines that make rules for IPv6 and forward it",
  cause: `${FORWARD_CAUSE}, or the masquerade rule of the network's prefix is gone`,
};

/** Whom the host reaches beyond its uplink. */
export async function mustReachBeyond({ client }: { readonly client: Vantage }, session: Session): Promise<void> {
  const { address } = await somebodyBeyond(session, 6);
  await mustLoseNoMore(client, await session.host(), address);
}

onDual(
  "DUAL-11",
  {
    must: "Containers of a dual-stack network MUST reach over IPv6 whom the host reaches beyond its uplink, and lose no more packets",
    ...OUT,
  },
  mustReachBeyond,
);
