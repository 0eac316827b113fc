import { type Cidr, cidr, isIpv4Cidr } from "../model/cidr.ts";
import { isIpv4 } from "../model/ipv4.ts";
import type { ReadThing } from "../model/question.ts";
import type { ReportedProbe, RequirementResult, Results } from "../model/results.ts";
import { parseIpAddress } from "../probes/parse/parse-ip-address.ts";
import { parseProcNetRoute } from "../probes/parse/parse-proc-net-route.ts";
import { parseResolvConf } from "../probes/parse/parse-resolv-conf.ts";

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

/** Where the containers of a run were: what lies there is the run's own, and another each time. */
export interface OwnNetworks {
  /** The default bridge's subnet; `` = unknown. */
  readonly defaultSubnet: string;
  /** The default bridge's own address, which is the host's and stays. */
  readonly defaultGateway: string;
  /** Subnets of the run's networks, as its containers had them. */
  readonly others: readonly Cidr[];
}

/** The networks of a run, by what its containers said of their links and routes. */
export function ownNetworks({ facts, requirements }: Pick<Results, "facts" | "requirements">): OwnNetworks {
  const defaultSubnet = facts?.["default bridge subnet"] ?? "";
  const subnets = new Set<string>();
  for (const probe of requirements.flatMap(({ probes }) => probes)) {
    if (!isOfContainer(probe)) continue;
    for (const subnet of readable(() => subnetsIn(probe)) ?? []) subnets.add(subnet);
  }
  return {
    defaultSubnet,
    defaultGateway: facts?.["default bridge gateway"] ?? "",
    others: [...subnets].filter((subnet) => subnet !== defaultSubnet).map((subnet) => cidr(subnet)),
  };
}

function subnetsIn(probe: ReportedProbe): string[] {
  const { stdout } = probe;
  const thing = thingRead(probe);
  if (thing === "addresses")
    return parseIpAddress(stdout)
      .filter(({ name }) => name.startsWith("eth"))
      .flatMap(({ addresses }) => addresses.map(({ address, prefix }) => `${address}/${prefix}`))
      .filter(isIpv4Cidr)
      .map((address) => String(cidr(address)));
  if (thing === "routes")
    return parseProcNetRoute(stdout)
      .filter((route) => route.prefix > 0 && route.gateway === null && route.interface.startsWith("eth"))
      .map((route) => `${route.destination}/${route.prefix}`);
  return [];
}

const isOfContainer = ({ place, exitCode }: ReportedProbe) => place?.kind === "container" && exitCode === 0;

/** What a probe read; null for every other question. */
function thingRead({ question }: ReportedProbe): ReadThing | null {
  return question?.kind === "read" ? question.what : null;
}

/** Null where an answer was cut for the report, or is one that no parser knows: it tells nothing; its requirement has judged it. */
function readable<T>(read: () => T): T | null {
  try {
    return read();
  } catch {
    return null;
  }
}

/**
 * Reads from a requirement's recorded probes what its containers really had. Addresses of single containers, ids and
 * times are left out; gateway and subnet count on the default bridge only, because test networks have new ones each run,
 * and a name server of the run's own is told as such, because its address is the next free one.
 */
export function observedValues({ probes }: Pick<RequirementResult, "probes">, own: OwnNetworks): Observed {
  const seen = new Map<ObservedValue, Set<string>>();
  const add = (value: ObservedValue, text: string) => seen.set(value, (seen.get(value) ?? new Set()).add(text));
  for (const probe of probes) if (isOfContainer(probe)) readable(() => read(probe, own, add));
  return Object.fromEntries([...seen].map(([value, texts]) => [value, [...texts].toSorted().join("; ")]));
}

const OWN_SERVER = "one of the run's own";

function read(
  probe: ReportedProbe,
  { defaultSubnet, defaultGateway, others }: OwnNetworks,
  add: (value: ObservedValue, text: string) => void,
): void {
  const { stdout } = probe;
  const thing = thingRead(probe);
  const known = isIpv4Cidr(defaultSubnet) ? cidr(defaultSubnet) : null;
  const inDefault = (address: string) => known?.contains(address) === true;
  const isOwn = (address: string) =>
    isIpv4(address) &&
    address !== defaultGateway &&
    (inDefault(address) || others.some((subnet) => subnet.contains(address)));
  if (thing === "resolv.conf") {
    const { nameservers, search, options } = parseResolvConf(stdout);
    add("nameservers", nameservers.map((server) => (isOwn(server) ? OWN_SERVER : server)).join(", ") || "none");
    add("search domains", search.join(", ") || "none");
    add("resolver options", options.join(", ") || "none");
  } else if (thing === "addresses") {
    for (const { name, mtu, addresses } of parseIpAddress(stdout)) {
      if (!name.startsWith("eth")) continue;
      add("MTU", String(mtu));
      for (const { address, prefix } of addresses)
        if (inDefault(address)) add("subnet", String(cidr(`${address}/${prefix}`)));
    }
  } else if (thing === "routes") {
    for (const { prefix, gateway } of parseProcNetRoute(stdout))
      if (prefix === 0 && gateway !== null && inDefault(gateway)) add("gateway", gateway);
  }
}
