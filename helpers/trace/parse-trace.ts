/** One event of the kernel's tracing that tells of a packet. */
export type TraceEvent =
  | {
      readonly kind: "sent" | "received";
      readonly packet: string;
      readonly device: string;
      readonly length: number;
      readonly seconds: number;
      readonly task: string;
    }
  | {
      readonly kind: "dropped";
      readonly packet: string;
      /** An Ethernet type. */
      readonly protocol: number;
      /** The kernel's function, without its offset; null where the kernel prints only a pointer. */
      readonly at: string | null;
      /** null before Linux 5.17. */
      readonly reason: string | null;
      readonly seconds: number;
      readonly task: string;
    };

export interface Trace {
  readonly events: readonly TraceEvent[];
  /** Events that the buffer had no room for. */
  readonly lost: number;
}

/** `ping-4711    [001] ..s2.  99.123456: netif_receive_skb: dev=eth0 …`, with a thread group in brackets where that is recorded. */
const LINE = /^\s*(.+?)-(\d+)\s+(?:\([\s\d-]+\)\s+)?\[\d+\]\s+(?:\S+\s+)?(\d+\.\d+): (\w+): (.*)$/;
const ON_DEVICE = /^dev=(\S+) skbaddr=(\S+) len=(\d+)/;
const DROP = /^skbaddr=(\S+) (?:rx_sk=\S+ )?protocol=(\d+) location=(.+?)(?: reason: (\S+))?$/;

/**
 * Reads a `trace` file of tracefs with the events net_dev_queue, netif_receive_skb and kfree_skb. Other events and the
 * head are passed over; lines in an unknown form as well, since a buffer may be cut anywhere.
 */
export function parseTrace(text: string): Trace {
  const events: TraceEvent[] = [];
  let lost = 0;
  for (const line of text.split("\n")) {
    const [, gone] = /^CPU:\d+ \[LOST (\d+) EVENTS\]/.exec(line) ?? [];
    if (gone !== undefined) lost += Number(gone);
    const [, task = "", , time, name, body] = LINE.exec(line) ?? [];
    if (time === undefined || body === undefined) continue;
    const seconds = Number(time);
    if (name === "net_dev_queue" || name === "netif_receive_skb") {
      const [, device, packet, length] = ON_DEVICE.exec(body) ?? [];
      if (device === undefined || packet === undefined) continue;
      events.push({
        kind: name === "net_dev_queue" ? "sent" : "received",
        packet,
        device,
        length: Number(length),
        seconds,
        task,
      });
    } else if (name === "kfree_skb") {
      const [, packet, protocol, location = "", reason = null] = DROP.exec(body.trim()) ?? [];
      if (packet === undefined) continue;
      events.push({
        kind: "dropped",
        packet,
        protocol: Number(protocol),
        at: functionOf(location),
        reason,
        seconds,
        task,
      });
    }
  }
  // Each CPU has a buffer of its own; the file is sorted, but not where clocks differ by a hair.
  return { events: events.toSorted((one, other) => one.seconds - other.seconds), lost };
}

/** `nft_do_chain+0x3f/0x5d0 [nf_tables]` → `nft_do_chain`; null for a pointer. */
function functionOf(location: string): string | null {
  const [name = ""] = location.split(/[+\s]/);
  return /^(0x)?[0-9a-f]{8,16}$|^\(/i.test(name) || name === "" ? null : name;
}
