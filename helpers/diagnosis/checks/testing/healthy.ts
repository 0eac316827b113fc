import { readFileSync } from "node:fs";
import type { KernelSocket } from "../../../probes/parse/parse-proc-net-tcp.ts";
import type { Snapshot } from "../../../snapshot/snapshot.ts";

/** A healthy 28.5 with four bridge networks and nine containers, as a look at it brought it; a copy to be broken. */
export function healthy() {
  const text = readFileSync(new URL("../captured/healthy-28.5.json", import.meta.url), "utf8");
  const snapshot = JSON.parse(text) as Writable<Snapshot>;
  snapshot.asked = {};
  snapshot.lists = {
    networks: snapshot.networks.map(({ Containers: _, ...listed }) => listed),
    containers: snapshot.containers.map(({ id, inspected: { HostConfig, NetworkSettings } }) => ({
      Id: id,
      HostConfig: { NetworkMode: HostConfig.NetworkMode ?? "" },
      NetworkSettings: { Networks: structuredClone(NetworkSettings.Networks) },
      Ports: Object.entries(NetworkSettings.Ports).flatMap(([port, bindings]) => {
        const [number, Type = ""] = port.split("/");
        return (bindings ?? []).map(({ HostIp, HostPort }) => ({
          IP: HostIp,
          PrivatePort: Number(number),
          PublicPort: Number(HostPort),
          Type,
        }));
      }),
    })),
    unknown: [],
    refusal: null,
  };
  snapshot.dockerCommand = { path: "/usr/bin/docker", file: "/usr/bin/docker", script: null };
  if (snapshot.host !== null)
    Object.assign(snapshot.host, { macvlans: [], frontPrograms: [], filters: null, queues: [] });
  for (const container of snapshot.containers) {
    container.asked = null;
    if (container.inside !== null) {
      container.inside.macvlans = [];
      container.inside.resolverRules = null;
      container.inside.hostname = container.inspected.Config.Hostname;
      // Its containers sleep: what a healthy one publishes somebody listens on.
      for (const key of Object.keys(container.inspected.NetworkSettings.Ports ?? {}))
        container.inside.sockets.push(listening(key));
    }
  }
  return snapshot;
}

/** Of a server at a port of a container, `80/tcp`. */
function listening(key: string): Writable<KernelSocket> {
  const [port, protocol] = key.split("/");
  return {
    protocol: protocol === "udp" ? "udp" : "tcp",
    family: 4,
    v4Mapped: false,
    state: protocol === "udp" ? "UNCONNECTED" : "LISTEN",
    local: { address: "0.0.0.0", port: Number(port) },
    remote: { address: "0.0.0.0", port: 0 },
    uid: 0,
    inode: 1,
  };
}

export type Writable<T> = T extends object ? { -readonly [Key in keyof T]: Writable<T[Key]> } : T;
