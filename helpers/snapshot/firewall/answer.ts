import { HOPS, type Packet } from "./packet.ts";

/** ICMP types of an echo's answer. */
const ECHO_REPLY = { ip: 0, ip6: 129, arp: 0 } as const;

/**
 * The answer to a packet, as it arrives: of the same connection, the other way round. Its devices are left out, and so is
 * its destination where a translation chose the packet's source.
 * @param packet as it was when it had passed the host's last hook
 */
export function answerTo(packet: Packet): Packet {
  const {
    source,
    destination,
    sourcePort = null,
    destinationPort = null,
    icmpType,
    alteredBy: { zone } = {},
    tcpFlags: _flags,
    inDevice: _in,
    outDevice: _out,
    returnDevice: _back,
    sourceMac: _sender,
    sourceType: _source,
    destinationType: _destination,
    ...rest
  } = packet;
  return {
    ...rest,
    ...(destination === undefined ? {} : { source: destination }),
    ...(source === undefined ? {} : { destination: source }),
    ...(icmpType === undefined
      ? { sourcePort: destinationPort, destinationPort: sourcePort }
      : { icmpType: ECHO_REPLY[packet.family] }),
    ...(packet.protocol === "tcp" ? { tcpFlags: ["syn", "ack"] } : {}),
    state: "established",
    mark: 0,
    ttl: HOPS,
    // It is in no zone yet, whichever its connection is in; the rule that put that one there decides on the answer, too.
    zone: 0,
    zoneOfConnection: packet.zone ?? 0,
    ...(zone === undefined ? {} : { alteredBy: { zone } }),
  };
}
