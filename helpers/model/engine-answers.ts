import type { components } from "./engine-api.d.ts";

/*
 * The engine's answers. Their description calls nearly every field optional; `Sent` says which ones engines of all
 * supported versions send. The others, fields of newer APIs among them, stay optional.
 */

type Described = components["schemas"];

/** `T` with these fields always there, and never null. */
type Sent<T, Fields extends keyof T> = Omit<T, Fields> & { readonly [Field in Fields]-?: NonNullable<T[Field]> };
type Part<T, Field extends keyof T> = NonNullable<T[Field]>;

type AddressFields =
  | "EndpointID"
  | "Gateway"
  | "IPAddress"
  | "IPPrefixLen"
  | "IPv6Gateway"
  | "GlobalIPv6Address"
  | "GlobalIPv6PrefixLen"
  | "MacAddress";

/** `NetworkSettings.Networks.<name>`: what a container has on one network. */
export type EndpointSettings = Sent<Described["EndpointSettings"], AddressFields | "NetworkID">;

type PortBinding = Required<Described["PortBinding"]>;
type Pool = Part<Described["SystemInfo"], "DefaultAddressPools">[number];
type Container = Described["ContainerInspectResponse"];

/** `container inspect`. */
export type Inspected = Sent<
  Omit<Container, "State" | "Config" | "HostConfig" | "NetworkSettings">,
  "Id" | "Name" | "Created" | "Image" | "ResolvConfPath" | "HostnamePath" | "HostsPath" | "RestartCount"
> & {
  readonly State: Sent<
    Part<Container, "State">,
    "Status" | "Running" | "Paused" | "Restarting" | "Pid" | "ExitCode" | "Error" | "StartedAt" | "FinishedAt"
  >;
  readonly Config: Sent<Part<Container, "Config">, "Hostname" | "Domainname" | "Image">;
  readonly HostConfig: Sent<Part<Container, "HostConfig">, "NetworkMode">;
  readonly NetworkSettings: Omit<Part<Container, "NetworkSettings">, "Networks" | "Ports" | "SandboxKey"> & {
    readonly Networks: Readonly<Record<string, EndpointSettings>>;
    readonly Ports: Readonly<Record<string, readonly PortBinding[] | null>>;
    readonly SandboxKey: string;
  };
};

/** A container as the list of containers has it. */
export type ListedContainer = Sent<
  Omit<Described["ContainerSummary"], "NetworkSettings">,
  "Id" | "Names" | "Image" | "State" | "Status" | "Created" | "HostConfig"
> & { readonly NetworkSettings?: { readonly Networks: Readonly<Record<string, EndpointSettings>> } };

/** What `network inspect` lists for one attached container; addresses with their prefix, empty where it has none. */
export type AttachedContainer = Required<Described["NetworkContainer"]>;

/** `network inspect`, and an entry of the list of networks, which does not tell their containers. */
export type NetworkRecord = Sent<
  Omit<Described["Network"], "IPAM" | "Containers" | "ConfigFrom">,
  "Name" | "Id" | "Created" | "Scope" | "Driver" | "EnableIPv6" | "Internal" | "Attachable" | "Ingress" | "ConfigOnly"
> & {
  readonly IPAM: Described["IPAM"];
  readonly ConfigFrom: Required<Described["ConfigReference"]>;
  /** By full container id. */
  readonly Containers?: Readonly<Record<string, AttachedContainer>>;
};

/** A range of a network. The engine tells `default-gateway` as the reserved address `DefaultGatewayIPv4`. */
export type NetworkRange = Described["IPAMConfig"];

/** `docker info`. */
export type EngineInfo = Sent<
  Omit<Described["SystemInfo"], "DefaultAddressPools">,
  | "ID"
  | "ServerVersion"
  | "OperatingSystem"
  | "KernelVersion"
  | "Architecture"
  | "Name"
  | "NCPU"
  | "MemTotal"
  | "DockerRootDir"
  | "Driver"
  | "SystemTime"
> & { readonly DefaultAddressPools?: readonly Required<Pool>[] | null };

/** One event of the engine's stream. */
export type EngineEvent = Described["EventMessage"];
