import { readFileSync } from "node:fs";
import type { Inspected } from "../../../model/engine-answers.ts";
import type { KernelSocket } from "../../../probes/parse/parse-proc-net-tcp.ts";
import { stateOf } from "../../../snapshot/container-state.ts";
import { readIptables } from "../../../snapshot/firewall/read-iptables.ts";
import type { RuleList } from "../../../snapshot/firewall/rule-list.ts";
import type { ContainerState, HostState, InsideState, Snapshot } from "../../../snapshot/snapshot.ts";
import { printed } from "../../../snapshot/testing/printed-rules.ts";

/** A healthy 28.5 with four bridge networks and nine containers, as a look at it brought it; a copy to be broken. */
export function healthy() {
  const text = readFileSync(new URL("../captured/healthy-28.5.json", import.meta.url), "utf8");
  const snapshot = JSON.parse(text) as Breakable;
  snapshot.asked = {};
  snapshot.lists = {
    networks: snapshot.networks.map(({ Containers: _, ...listed }) => listed),
    containers: snapshot.containers.map(({ id, inspected: { HostConfig, NetworkSettings } }) => ({
      Id: id,
      HostConfig: { NetworkMode: HostConfig.NetworkMode ?? "" },
      NetworkSettings: { Networks: structuredClone(NetworkSettings.Networks) },
      Ports: Object.entries(NetworkSettings.Ports).flatMap(([port, bindings]) => {
        const [number, protocol] = port.split("/");
        return (bindings ?? []).map(({ HostIp, HostPort }) => ({
          IP: HostIp,
          PrivatePort: Number(number),
          PublicPort: Number(HostPort),
          Type: protocol as "tcp" | "udp",
        }));
      }),
    })),
    unknown: [],
    refusal: null,
  };
  snapshot.whose = "run";
  snapshot.began = 0;
  snapshot.beside = { addresses: [], subnets: [], devices: [], hostPorts: [] };
  snapshot.overlays = [];
  snapshot.upstreams = {};
  snapshot.dockerCommand = { path: "/usr/bin/docker", file: "/usr/bin/docker", script: null };
  if (snapshot.host !== null)
    Object.assign(snapshot.host, { macvlans: [], frontPrograms: [], queues: [], neighbours: [], forwarding: [] });
  for (const container of snapshot.containers) {
    container.asked = null;
    Object.assign(container.inspected.State, { Status: "running", StartedAt: "2026-11-27T00:00:00Z", Error: "" });
    if (container.inside !== null) {
      container.inside.macvlans = [];
      container.inside.resolverRules = null;
      Object.assign(container.inside, { routes6: [], rules6: [], waysOut: [] });
      container.inside.hostname = container.inspected.Config.Hostname;
      // Its containers sleep: what a healthy one publishes somebody listens on.
      for (const key of Object.keys(container.inspected.NetworkSettings.Ports ?? {}))
        container.inside.sockets.push(listening(key));
    }
  }
  return seenAgain(snapshot);
}

/** A look whose rules are a list, in which they are easily altered. */
export type Breakable = Omit<Writable<Snapshot>, "host" | "containers"> & {
  host: Writable<HostState & { readonly firewall: RuleList | null }> | null;
  containers: (Omit<Writable<ContainerState>, "inside"> & {
    inside: Writable<InsideState & { readonly firewall: RuleList | null }> | null;
  })[];
};

/** What a look takes twice, once more from what may have been altered: inspects, routes, and rules. */
export function seenAgain(snapshot: Breakable): Breakable {
  const { host } = snapshot;
  if (host !== null)
    Object.assign(host, {
      filters: host.firewall === null ? null : { tables: readIptables(printed(host.firewall), "iptables"), unread: [] },
    });
  for (const container of snapshot.containers) {
    Object.assign(container, stateOf(container.inspected as Inspected, container as ContainerState));
    if (container.inside !== null)
      Object.assign(container.inside, {
        ...mainRoutesOf(container.inside.routes),
        neighbours: [],
        tables:
          container.inside.firewall === null ? null : readIptables(printed(container.inside.firewall), "iptables"),
      });
  }
  return snapshot;
}

/** The same as /proc/net/route shows it. */
function mainRoutesOf(routes: InsideState["routes"]): Pick<InsideState, "defaults" | "mainRoutes"> {
  const mainRoutes = routes
    .filter(({ table, destination }) => table === undefined && !destination.includes(":"))
    .map(({ destination, gateway = null, interface: device = "" }) => {
      const [address = "", bits = "32"] = destination === "default" ? ["0.0.0.0", "0"] : destination.split("/");
      const flags = { up: true, gateway: gateway !== null, host: bits === "32", reject: false };
      return { interface: device, destination: address, prefix: Number(bits), gateway, metric: 0, flags };
    });
  return {
    mainRoutes,
    defaults: mainRoutes.flatMap(({ prefix, gateway, interface: device }) =>
      prefix === 0 ? [{ family: 4 as const, gateway, interface: device }] : [],
    ),
  };
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
