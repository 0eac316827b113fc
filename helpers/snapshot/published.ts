import { isIpv4 } from "../model/ipv4.ts";
import { type BridgeNetwork, bridgesOf, type ContainerState, endpointsOf, type Snapshot } from "./snapshot.ts";

/** One host port of one container on a usual bridge network, as the engine says. */
export interface PublishedHere {
  readonly container: ContainerState;
  readonly protocol: "tcp" | "udp" | "sctp";
  readonly containerPort: number;
  readonly hostIp: string;
  readonly hostPort: number;
  /** Its endpoints that the port may lead to: which of several the engine took, inspect does not say. */
  readonly ends: readonly { readonly bridge: BridgeNetwork; readonly address: string }[];
}

/** Every IPv4 publication of the snapshot's containers. */
export function publishedHere(snapshot: Snapshot): PublishedHere[] {
  const bridges = bridgesOf(snapshot);
  return snapshot.containers.flatMap((container) => {
    const ends = endpointsOf(container).flatMap(({ name, settings }) => {
      const bridge = bridges.find((candidate) => candidate.name === name && !candidate.internal);
      return bridge === undefined || settings.IPAddress === "" ? [] : [{ bridge, address: settings.IPAddress }];
    });
    if (ends.length === 0 || ends.some(({ bridge }) => !bridge.usual)) return [];
    return Object.entries(container.inspected.NetworkSettings.Ports ?? {}).flatMap(([key, bindings]) => {
      const [port, protocol] = key.split("/");
      if (protocol !== "tcp" && protocol !== "udp" && protocol !== "sctp") return [];
      return (bindings ?? [])
        .filter(({ HostIp }) => HostIp === "" || isIpv4(HostIp))
        .map(({ HostIp, HostPort }) => ({
          container,
          protocol,
          containerPort: Number(port),
          hostIp: HostIp === "" ? "0.0.0.0" : HostIp,
          hostPort: Number(HostPort),
          ends,
        }));
    });
  });
}

/** `127.0.0.1:8080/tcp of dnc-…-web` */
export function portText({ hostIp, hostPort, protocol, container }: PublishedHere): string {
  return `${hostIp === "0.0.0.0" ? "" : `${hostIp}:`}${hostPort}/${protocol} of ${container.name}`;
}
