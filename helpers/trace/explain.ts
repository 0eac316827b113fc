import type Dockerode from "dockerode";
import type { Explained, Leg, ReachRequest, Walk } from "../model/walk.ts";
import {
  diversionsText,
  evaluate,
  type Firewall,
  gatherFirewall,
  HOPS,
  type Packet,
} from "../snapshot/firewall/index.ts";
import type { HostView } from "../vantage/host-view.ts";
import { type Ends, findEnds, spacesOf } from "./ends.ts";
import type { Examination, Sent } from "./examination.ts";
import { causesOf } from "./examine.ts";
import { follow } from "./follow.ts";
import {
  answerLengths,
  firstLengths,
  lengthOf,
  lengthsOf,
  outcomeOf,
  type Probe,
  probeCommand,
  unusualSize,
  WAIT,
} from "./probe.ts";
import { relayAt } from "./relay.ts";
import { masterOf, peerOf } from "./spaces.ts";
import { traced } from "./tracing.ts";
import { unnamed } from "./unexplained.ts";

const ETHERNET_TYPES = { ip: 0x0800, ip6: 0x86dd };
const DEADLINE = 15_000;

/**
 * Sends one packet (or a few) again, follows it with the kernel's trace events from device to device and back, and says
 * where it ends and what ends it there. Sent with the view's own program from the sender's network namespace: nothing
 * is run in a container. Where the kernel's events can't be read, the place follows from rules, routes and links.
 * @param host a view of the engine's host
 * @throws NoSuchEnd when one of the ends is not there; ProbeFailed when the host can't be asked
 */
export async function explainReach(docker: Dockerode, host: HostView, request: ReachRequest): Promise<Explained> {
  const until = performance.now() + (request.deadline ?? DEADLINE);
  const firewall = await gatherFirewall(host);
  const ends = await findEnds(docker, host, firewall, request);
  const probe: Probe = {
    protocol: request.protocol,
    address: ends.destination,
    port: request.port ?? null,
    size: request.size ?? (request.protocol === "icmp" ? unusualSize() : 20 + Math.floor(Math.random() * 60)),
    count: request.protocol === "udp" ? 1 : (request.count ?? 1),
  };
  const seen = await send(host, ends, probe);
  const opening = openingPacket(ends, probe);
  const walk: Walk = {
    from: request.from,
    to: request.to,
    protocol: request.protocol,
    port: probe.port,
    size: request.protocol === "icmp" ? probe.size : null,
    outcome: seen.outcome,
    arrived: seen.answered,
    burst: probe.count > 1 ? { sent: probe.count, received: seen.received } : null,
    there: seen.there,
    back: seen.back,
    followed: seen.followed,
    relay: null,
    translations: translationsOf(firewall, ends, opening),
    unread: [...(seen.why === "" ? [] : [`the kernel's trace events: ${seen.why}`]), ...firewall.unread],
  };
  const whole = seen.answered && seen.received >= probe.count;
  const relay =
    whole && ends.to === ends.host && probe.protocol === "tcp" && probe.port !== null
      ? await relayAt(host, probe.protocol, ends.destination, probe.port)
      : null;
  if (relay !== null) {
    // That docker-proxy takes the connection says nothing of the container behind it.
    const { port } = relay;
    const behind = await explainReach(docker, host, {
      from: "host",
      to: relay.address,
      protocol: "tcp",
      port,
      deadline: Math.max(0, until - performance.now()),
    });
    return {
      walk: { ...walk, arrived: behind.walk.arrived, outcome: behind.walk.outcome, relay: behind.walk },
      causes: behind.causes,
      place: behind.place,
    };
  }
  if (whole) return { walk, causes: [], place: [] };
  const examination: Examination = {
    firewall,
    ends,
    probe,
    opening,
    walk,
    until,
    send: async (again) => await send(host, ends, again),
  };
  const causes = await causesOf(host, examination);
  return { walk, causes, place: causes.length > 0 ? [] : unnamed(examination) };
}

async function send(host: HostView, ends: Ends, probe: Probe): Promise<Sent> {
  const { command, tasks } = probeCommand(probe);
  const { trace, why, printed, exitCode } = await traced(
    host,
    `nsenter -t ${ends.from.pid} -n -- ${command}`,
    { lengths: lengthsOf(probe, ends.family), protocol: ETHERNET_TYPES[ends.family] },
    WAIT * 2 + Math.ceil(probe.count * (probe.protocol === "tcp" ? 1 : 0.06)) + 2,
  );
  const { outcome, answered, received } = outcomeOf(probe, printed, exitCode);
  if (trace === null)
    return {
      outcome,
      answered,
      received,
      there: { hops: [], end: { kind: "vanished" } },
      back: null,
      followed: "concluded",
      why,
    };
  const { there, back } = follow(trace.events, {
    from: ends.from,
    device: ends.device,
    to: ends.to,
    spaces: spacesOf(ends),
    lengths: firstLengths(probe, ends.family),
    answers: answerLengths(probe, ends.family),
    tasks,
  });
  const arrived: Leg["end"] = { kind: ends.to === null ? "left" : "arrived" };
  // Then what the kernel frees at the end is no loss.
  const all = answered && received >= probe.count;
  return {
    outcome,
    answered,
    received,
    there: all ? { ...there, end: arrived } : there,
    back: all && back !== null ? { ...back, end: { kind: "arrived" } } : back,
    followed: "events",
    why: trace.lost > 0 ? `${trace.lost} events were lost` : "",
  };
}

/** The probe's first packet as rules see it where the sender sends it. */
function openingPacket(ends: Ends, probe: Probe): Packet {
  const isIp = ends.family === "ip";
  const length = lengthOf(probe, ends.family);
  return {
    family: ends.family,
    protocol: probe.protocol === "icmp" ? (isIp ? "icmp" : "icmpv6") : probe.protocol,
    source: ends.source,
    destination: ends.destination,
    ...(probe.port === null ? {} : { destinationPort: probe.port }),
    state: "new",
    status: [],
    mark: 0,
    ttl: HOPS,
    ...(probe.protocol === "icmp" ? { icmpType: isIp ? 8 : 128 } : {}),
    ...(probe.protocol === "tcp" ? { tcpFlags: ["syn"], length: isIp ? 60 : 80 } : { length: length - 14 }),
  };
}

/** By which device of the host a sender's packet comes in; null for one that the host sends. */
function entryOf(ends: Ends): string | null {
  if (ends.from === ends.host || ends.device === null) return null;
  const peer = peerOf(spacesOf(ends), ends.from, ends.device);
  return peer === null ? null : (masterOf(peer.space, peer.device) ?? peer.device);
}

function translationsOf(firewall: Firewall, ends: Ends, opening: Packet): Walk["translations"] {
  const isHosts = ends.host.links.some(({ addresses }) =>
    addresses.some(({ address }) => address === opening.destination),
  );
  const packet: Packet = {
    ...opening,
    inDevice: entryOf(ends),
    outDevice: ends.from === ends.host ? ends.device : null,
    destinationType: isHosts ? "local" : "unicast",
  };
  return diversionsText(packet, evaluate(firewall, packet, ends.from === ends.host ? "output" : "prerouting"));
}
