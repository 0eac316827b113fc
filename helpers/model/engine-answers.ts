import type { ContainerInspectInfo } from "dockerode";

/** `NetworkSettings.Networks.<name>` as far as this project reads it; fields differ by API version. */
export interface EndpointSettings {
  readonly NetworkID: string;
  readonly EndpointID: string;
  readonly Gateway: string;
  readonly IPAddress: string;
  readonly IPPrefixLen: number;
  readonly IPv6Gateway: string;
  readonly GlobalIPv6Address: string;
  readonly GlobalIPv6PrefixLen: number;
  readonly MacAddress: string;
  readonly IPAMConfig?: unknown;
  readonly Links?: unknown;
  readonly Aliases?: readonly string[] | null;
  readonly DNSNames?: readonly string[] | null;
  readonly DriverOpts?: unknown;
}

/** `container inspect` with the parts that requirements read given their types, everything else as it comes. */
export interface Inspected extends Omit<ContainerInspectInfo, "NetworkSettings"> {
  readonly NetworkSettings: {
    readonly Networks: Readonly<Record<string, EndpointSettings>>;
    readonly Ports: Readonly<Record<string, readonly { readonly HostIp: string; readonly HostPort: string }[] | null>>;
    readonly SandboxKey: string;
  } & Readonly<Record<string, unknown>>;
}

/** What `network inspect` lists for one attached container. */
export interface AttachedContainer {
  readonly Name: string;
  readonly EndpointID: string;
  readonly MacAddress: string;
  /** With prefix: `172.17.0.2/16`; empty without IPv4. */
  readonly IPv4Address: string;
  readonly IPv6Address: string;
}

/** A network as the engine's API describes it; fields of newer APIs are optional. */
export interface NetworkRecord {
  readonly Name: string;
  readonly Id: string;
  readonly Created: string;
  readonly Scope: string;
  readonly Driver: string;
  readonly EnableIPv4?: boolean;
  readonly EnableIPv6: boolean;
  readonly IPAM: {
    readonly Driver: string;
    readonly Options: Readonly<Record<string, string>> | null;
    readonly Config:
      | readonly {
          readonly Subnet?: string;
          readonly Gateway?: string;
          readonly IPRange?: string;
          /** Reserved ones by name, and `default-gateway` of the configuration as `DefaultGatewayIPv4`. */
          readonly AuxiliaryAddresses?: Readonly<Record<string, string>> | null;
        }[]
      | null;
  };
  readonly Internal: boolean;
  readonly Attachable: boolean;
  readonly Ingress: boolean;
  readonly ConfigFrom: { readonly Network: string };
  readonly ConfigOnly: boolean;
  /** By full container id; only in `inspect`, not in the list. */
  readonly Containers?: Readonly<Record<string, AttachedContainer>>;
  readonly Options: Readonly<Record<string, string>> | null;
  readonly Labels: Readonly<Record<string, string>> | null;
}
