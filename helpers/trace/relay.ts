import type { HostView } from "../vantage/host-view.ts";

/** Where docker-proxy leads a connection that it takes on the host. */
export interface Relay {
  readonly address: string;
  readonly port: number;
}

/** Of every docker-proxy in dockerd's network namespace, its command line; other engines' share the process list. */
const PROXIES =
  "for p in $(pidof docker-proxy); do [ \"$(readlink /proc/$p/ns/net)\" = \"$(readlink /proc/$D/ns/net)\" ] && { tr '\\0' ' ' </proc/$p/cmdline; echo; }; done 2>/dev/null; true";

/** The docker-proxy that listens on a port of the host: it ends a connection there and opens one of its own; null when none does. */
export async function relayAt(host: HostView, protocol: string, address: string, port: number): Promise<Relay | null> {
  const { stdout } = await host.act(`D=${(await host.dockerdPid()) ?? 1}; ${PROXIES}`);
  return relayAmong(stdout, protocol, address, port);
}

/** Reads command lines of docker-proxy, one a line. */
export function relayAmong(text: string, protocol: string, address: string, port: number): Relay | null {
  for (const line of text.split("\n")) {
    const said = (option: string): string => new RegExp(` -${option} (\\S+)`).exec(line)?.[1] ?? "";
    if (said("proto") !== protocol || said("host-port") !== String(port)) continue;
    if (!["0.0.0.0", "::", address].includes(said("host-ip"))) continue;
    return { address: said("container-ip"), port: Number(said("container-port")) };
  }
  return null;
}
