import { isIpv4Cidr } from "../../model/cidr.ts";

/** A range of the default bridge. */
export interface BridgeRange {
  readonly Subnet?: string;
  readonly Gateway?: string;
  readonly IPRange?: string;
  readonly AuxiliaryAddresses?: Readonly<Record<string, string>> | null;
}

/** The default network of an engine as `network inspect` has it, as far as its configuration shows there. */
export interface InspectedBridge {
  readonly EnableIPv6?: boolean;
  readonly Options?: Readonly<Record<string, string>> | null;
  readonly IPAM?: {
    readonly Config?: readonly BridgeRange[] | null;
  };
}

/** What of `docker info` tells a networking key. */
export interface InfoOfKeys {
  readonly LiveRestoreEnabled?: boolean;
  readonly ExperimentalBuild?: boolean;
  readonly DefaultAddressPools?: readonly { readonly Base: string; readonly Size: number }[] | null;
  readonly FirewallBackend?: { readonly Driver?: string } | null;
}

/** The engine's answers in which its configuration shows. */
export interface Answers {
  readonly info: InfoOfKeys;
  /** Null where the engine has no default bridge. */
  readonly bridge: InspectedBridge | null;
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
export function bridgeRange({ bridge }: Answers, family: 4 | 6): BridgeRange | undefined {
  if (family === 6 && bridge?.EnableIPv6 !== true) return undefined;
  return (bridge?.IPAM?.Config ?? []).find(({ Subnet = "" }) =>
    family === 4 ? isIpv4Cidr(Subnet) : Subnet.includes(":"),
  );
}

/** Gateway and subnet as the address of an interface; undefined where the engine names no gateway. */
export function interfaceOf(range: BridgeRange | undefined): string | undefined {
  const prefix = range?.Subnet?.split("/")[1];
  const address = range?.Gateway?.split("/")[0];
  return prefix === undefined || address === undefined || address === "" ? undefined : `${address}/${prefix}`;
}
