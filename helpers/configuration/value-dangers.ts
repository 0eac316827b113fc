import { isLoopback, isUnspecified } from "../model/address.ts";
import type { NetworkConfiguration, NetworkKeyName } from "../model/configuration-facts.ts";
import type { HostFacts } from "../model/facts.ts";

/** A value that dockerd takes and that cuts containers off. */
export interface ValueDanger {
  readonly key: NetworkKeyName;
  /** One sentence for the operator. */
  readonly text: string;
}

/**
 * What values do on this host that dockerd has nothing against. The one place that knows: a rehearsal tells it before
 * the edit, a run as the cause of what fails after it.
 * @param host null where its addresses are not known
 */
export function valueDangers(
  { dns = [], ip = "" }: NetworkConfiguration,
  host: Pick<HostFacts, "addresses"> | null,
): ValueDanger[] {
  const found: ValueDanger[] = [];
  const loopback = dns.filter(isLoopback);
  if (loopback.length > 0)
    found.push({
      key: "dns",
      text: `the nameserver ${loopback.join(", ")} is each container's own loopback: nothing answers there`,
    });
  const own = host?.addresses.map(({ address }) => address) ?? [];
  if (ip !== "" && !isUnspecified(ip) && own.length > 0 && !own.includes(ip))
    found.push({
      key: "ip",
      text: `ip ${ip} is no address of this host: containers with a published port don't start ("cannot assign requested address")`,
    });
  return found;
}
