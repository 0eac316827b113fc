import { askForNetwork } from "../engine/answers.ts";
import { labelsOf } from "../engine/run-identity.ts";
import { bridgeDeviceName, spelledOut } from "../expectations/user-network.ts";
import { rememberNetwork } from "./asked.ts";
import { engineTurn, type TopologyContext } from "./context.ts";
import { inFreeSubnet } from "./free-subnet.ts";
import { rememberMadeNetwork } from "./made.ts";
import type { IpamRange, NetworkSpec } from "./spec.ts";
import { uniqueLocalSubnet } from "./unique-local.ts";

/** A network of a running topology. */
export interface StartedNetwork {
  readonly key: string;
  readonly name: string;
  readonly id: string;
  /** The IPv4 subnet: the one asked for, or what the engine chose. */
  readonly subnet: string;
  /** The IPv6 subnet as the engine reports it; empty where it has none. */
  readonly subnet6: string;
  /** The gateway as the engine reports it; empty where it names none. */
  readonly gateway: string;
  /** The device of a bridge network on the host, `br-<12 hex digits>`. */
  readonly device: string;
  /** The range that was asked for at creation; null where the engine was to choose. */
  readonly asked: IpamRange | null;
}

/** Creates one network through the API: testcontainers knows only the plain bridge. */
export async function createNetwork(
  context: TopologyContext,
  name: string,
  key: string,
  spec: NetworkSpec,
  created: (id: string) => void,
): Promise<StartedNetwork> {
  const create = (range: IpamRange | null) => createIn(context, name, key, spec, range, created);
  const { subnet } = spec;
  if (typeof subnet !== "number") return await create(typeof subnet === "object" ? subnet : null);
  return await inFreeSubnet(context.subnets, subnet, async (free) => create({ Subnet: free, ...spec.layout?.(free) }));
}

/** @param range the range to ask for; null lets the engine choose */
async function createIn(
  context: TopologyContext,
  name: string,
  key: string,
  spec: NetworkSpec,
  range: IpamRange | null,
  created: (id: string) => void,
): Promise<StartedNetwork> {
  const given = typeof spec.options === "function" ? spec.options(context.facts) : spec.options;
  const options = { ...spelledOut(context.facts, spec.driver), ...given };
  const ranges = [...(range === null ? [] : [range]), ...(spec.ipv6 === true ? [{ Subnet: uniqueLocalSubnet() }] : [])];
  const asked = {
    Name: name,
    Driver: spec.driver,
    CheckDuplicate: true,
    Labels: { ...labelsOf(context.runId), ...spec.labels },
    ...(ranges.length === 0 ? {} : { IPAM: { Driver: "default", Config: ranges } }),
    ...(spec.ipv6 === undefined ? {} : { EnableIPv6: spec.ipv6 }),
    ...(spec.internal === undefined ? {} : { Internal: spec.internal }),
    ...(spec.attachable === undefined ? {} : { Attachable: spec.attachable }),
    ...(given === undefined && Object.keys(options).length === 0 ? {} : { Options: options }),
  };
  const network = await engineTurn(() => context.docker.createNetwork(asked));
  created(network.id);
  rememberNetwork(network.id, asked);
  const inspected = await askForNetwork(context.docker, network.id);
  const ipv4 = (inspected.IPAM.Config ?? []).find((config) => config.Subnet?.includes(".") ?? false);
  const device = bridgeDeviceName(network.id, inspected.Options ?? {});
  rememberMadeNetwork({ key, name, id: network.id, asked, subnet: ipv4?.Subnet ?? "" });
  return {
    key,
    name,
    id: network.id,
    subnet: ipv4?.Subnet ?? "",
    subnet6: (inspected.IPAM.Config ?? []).find((config) => config.Subnet?.includes(":") ?? false)?.Subnet ?? "",
    gateway: ipv4?.Gateway ?? "",
    device,
    asked: range,
  };
}
