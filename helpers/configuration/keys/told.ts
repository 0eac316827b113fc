import { isIpv4Cidr } from "../../model/cidr.ts";
import type { EngineInfo, NetworkRange, NetworkRecord } from "../../model/engine-answers.ts";

/** The engine's answers in which its configuration shows. */
export interface Answers {
  readonly info: Pick<
    EngineInfo,
    "LiveRestoreEnabled" | "ExperimentalBuild" | "DefaultAddressPools" | "FirewallBackend"
  >;
  /** Null where the engine has no default bridge. */
  readonly bridge: Partial<Pick<NetworkRecord, "EnableIPv6" | "Options" | "IPAM">> | null;
}

/** An option of the default bridge, by its name after `com.docker.network.`. */
export function bridgeOption({ bridge }: Answers, name: string): string | undefined {
  return bridge?.Options?.[`com.docker.network.${name}`];
}

/** The same where it is yes or no. */
export function bridgeSwitch(answers: Answers, name: string): boolean | undefined {
  const text = bridgeOption(answers, name);
  return text === undefined ? undefined : text === "true";
}

/** The default bridge's range of a family; undefined where it has none, and for IPv6 where that is off. */
export function bridgeRange({ bridge }: Answers, family: 4 | 6): NetworkRange | undefined {
  if (family === 6 && bridge?.EnableIPv6 !== true) return undefined;
  return (bridge?.IPAM?.Config ?? []).find(({ Subnet = "" }) =>
    family === 4 ? isIpv4Cidr(Subnet) : Subnet.includes(":"),
  );
}

/** Gateway and subnet as the address of an interface; undefined where the engine names no gateway. */
export function interfaceOf(range: NetworkRange | undefined): string | undefined {
  const prefix = range?.Subnet?.split("/")[1];
  const address = range?.Gateway?.split("/")[0];
  return prefix === undefined || address === undefined || address === "" ? undefined : `${address}/${prefix}`;
}
