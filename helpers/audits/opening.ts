import type { Packet } from "../snapshot/firewall/packet.ts";
import { ipFamily } from "./passage.ts";
import type { Published } from "./published.ts";

/** Who asks for a port, and where. */
export interface Asking {
  /** What its packets come in by; null where this host itself asks. */
  readonly device: string | null;
  readonly from: string;
  /** Address that is connected to. */
  readonly to: string;
}

/** The first packet that asks for a host port. */
export function opening(
  { protocol, hostPort }: Pick<Published["port"], "protocol" | "hostPort">,
  family: 4 | 6,
): Packet {
  return {
    family: ipFamily(family),
    protocol,
    destinationPort: hostPort,
    sourcePort: 50_000,
    state: "new",
    status: [],
    mark: 0,
    length: family === 4 ? 60 : 80,
    destinationType: "local",
    ...(protocol === "tcp" ? { tcpFlags: ["syn"] } : {}),
  };
}

/** The first packet of who asks. @param opens it without its ends' addresses and devices */
export function askedBy(opens: Packet, { device, from, to }: Asking): Packet {
  const own = device === null;
  return {
    ...opens,
    source: from,
    destination: to,
    sourceType: own ? "local" : "unicast",
    inDevice: device,
    outDevice: own ? "lo" : null,
  };
}
