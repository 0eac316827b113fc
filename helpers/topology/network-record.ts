import type Dockerode from "dockerode";
import type { AskedQuestion, Place } from "../model/question.ts";
import { record } from "../vantage/recorder.ts";

const ENGINE: Place = { kind: "engine", name: "" };

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

/** `docker network inspect` over the API; stands in the evidence. Rejects with the engine's error when there is none. */
export async function inspectNetwork(docker: Dockerode, nameOrId: string): Promise<NetworkRecord> {
  const started = performance.now();
  const network = (await docker.getNetwork(nameOrId).inspect()) as NetworkRecord;
  remember(`GET /networks/${nameOrId}`, network, started, {
    kind: "read",
    from: ENGINE,
    what: "network",
    of: network.Name,
  });
  return network;
}

/** All networks of the engine, in no particular order; stands in the evidence. */
export async function listNetworks(docker: Dockerode): Promise<NetworkRecord[]> {
  const started = performance.now();
  const networks = (await docker.listNetworks()) as unknown as NetworkRecord[];
  remember(
    "GET /networks",
    networks.map(({ Id, Name, Driver, Scope }) => ({ Id, Name, Driver, Scope })),
    started,
    { kind: "read", from: ENGINE, what: "networks", of: null },
  );
  return networks;
}

function remember(command: string, answer: unknown, started: number, question: AskedQuestion): void {
  record({
    vantage: "engine API",
    place: ENGINE,
    question,
    command,
    exitCode: 200,
    timedOut: false,
    stdout: JSON.stringify(answer),
    stderr: "",
    ms: Math.round(performance.now() - started),
  });
}
