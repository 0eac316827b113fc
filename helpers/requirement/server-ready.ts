import { ProbeFailed, type Vantage } from "../model/evidence.ts";
import { http } from "../probes/reach.ts";
import { eventually } from "./eventually.ts";

/**
 * Waits until a web server answers at each of its own addresses that docker-proxy or a rule will send to: that it
 * answers over IPv4 does not say that it can be reached over IPv6 yet. What never answers is left to the question that
 * is judged.
 * @param from where the requests come from at last: the server's host
 * @param addresses the container's own, IPv4 and IPv6; empty ones are left out
 */
export async function answersInEachFamily(
  from: Vantage,
  addresses: readonly (string | undefined)[],
  port: number,
): Promise<void> {
  const asked = addresses.filter((address): address is string => (address ?? "") !== "");
  await Promise.allSettled(
    asked.map((address) =>
      eventually(async () => {
        const { outcome, detail, evidence } = await http(from, address, port).ask(2);
        if (outcome !== "replied") throw new ProbeFailed(detail, evidence);
      }),
    ),
  );
}
