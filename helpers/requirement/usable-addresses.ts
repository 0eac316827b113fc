import { ProbeFailed, type Vantage } from "../model/evidence.ts";
import { parseProcNetIfInet6 } from "../probes/parse/parse-proc-net-if-inet6.ts";
import { eventually } from "./eventually.ts";

/**
 * Waits until no IPv6 address is tentative there: for a second or two after an address is given, the kernel looks
 * whether somebody else has it, and takes no packet for it meanwhile.
 * @param device only those of this interface: a bridge of somebody else's without a carrier never gets so far
 * @throws ProbeFailed with what is still tentative
 */
export async function addressesUsable(where: Vantage, device?: string): Promise<void> {
  await eventually(async () => {
    const evidence = await where.ask("cat /proc/net/if_inet6");
    const tentative = parseProcNetIfInet6(evidence.stdout).filter(
      (one) => one.tentative && (device === undefined || one.interface === device),
    );
    if (tentative.length === 0) return;
    const which = tentative.map((one) => `${one.address} on ${one.interface}`).join(", ");
    throw new ProbeFailed(`IPv6 addresses of ${where.label} stay tentative: ${which}`, evidence);
  });
}
