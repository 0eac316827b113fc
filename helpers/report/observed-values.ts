import { cidr, isIpv4Cidr } from "../expectations/cidr.ts";
import { parseIpAddress } from "../probes/parse/parse-ip-address.ts";
import { parseProcNetRoute } from "../probes/parse/parse-proc-net-route.ts";
import { parseResolvConf } from "../probes/parse/parse-resolv-conf.ts";
import type { ReportedProbe, RequirementResult } from "./results.ts";

/** What a requirement's probes saw inside containers that an operator would want to see change. */
export const OBSERVED_VALUES = [
  "nameservers",
  "search domains",
  "resolver options",
  "MTU",
  "gateway",
  "subnet",
] as const;
export type ObservedValue = (typeof OBSERVED_VALUES)[number];

/** Per value the texts seen, sorted, each once. */
export type Observed = Partial<Readonly<Record<ObservedValue, string>>>;

/**
 * Reads from a requirement's recorded probes what its containers really had. Addresses of single containers, ids and
 * times are left out; gateway and subnet count on the default bridge only, because test networks have new ones each run.
 * @param defaultSubnet the default bridge's subnet of that run; `` = unknown
 */
export function observedValues({ probes }: Pick<RequirementResult, "probes">, defaultSubnet: string): Observed {
  const seen = new Map<ObservedValue, Set<string>>();
  const add = (value: ObservedValue, text: string) => seen.set(value, (seen.get(value) ?? new Set()).add(text));
  for (const probe of probes) {
    if (!probe.vantage.startsWith("container ") || probe.exitCode !== 0) continue;
    try {
      read(probe, isIpv4Cidr(defaultSubnet) ? defaultSubnet : null, add);
    } catch {
      // An answer that was cut for the report, or that no parser knows, tells nothing; its requirement has judged it.
    }
  }
  return Object.fromEntries([...seen].map(([value, texts]) => [value, [...texts].toSorted().join("; ")]));
}

function read(
  { command, stdout }: ReportedProbe,
  defaultSubnet: string | null,
  add: (value: ObservedValue, text: string) => void,
): void {
  const inDefault = (address: string) => defaultSubnet !== null && cidr(defaultSubnet).contains(address);
  if (command === "cat /etc/resolv.conf") {
    const { nameservers, search, options } = parseResolvConf(stdout);
    add("nameservers", nameservers.join(", ") || "none");
    add("search domains", search.join(", ") || "none");
    add("resolver options", options.join(", ") || "none");
  } else if (/^ip addr(ess)?$/.test(command)) {
    for (const { name, mtu, addresses } of parseIpAddress(stdout)) {
      if (!name.startsWith("eth")) continue;
      add("MTU", String(mtu));
      for (const { address, prefix } of addresses)
        if (inDefault(address)) add("subnet", String(cidr(`${address}/${prefix}`)));
    }
  } else if (command === "cat /proc/net/route") {
    for (const { prefix, gateway } of parseProcNetRoute(stdout))
      if (prefix === 0 && gateway !== null && inDefault(gateway)) add("gateway", gateway);
  }
}
