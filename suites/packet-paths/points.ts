import { ControlFailed, ProbeFailed } from "../../helpers/model/evidence.ts";
import { links } from "../../helpers/probes/links.ts";
import { type CapturedPacket, endText } from "../../helpers/probes/parse/parse-tcpdump.ts";
import type { Question } from "../../helpers/probes/reach.ts";
import type { Session } from "../../helpers/requirement/index.ts";
import type { WatchedPoint } from "../../helpers/requirement/watching.ts";
import type { Endpoint } from "../../helpers/topology/endpoint.ts";
import type { HostView } from "../../helpers/vantage/host-view.ts";

/** What an IPv4 and an ICMP header add to the bytes of a ping. */
const HEADERS = 28;

/** Bytes of a ping that nobody else sends at the moment: by its length it is known wherever it passes. */
export function unusualSize(): number {
  return 301 + Math.floor(Math.random() * 900);
}

/** Lets through ICMP packets of that size, and nothing of others. */
export function pingsOf(size: number): string {
  return `icmp and ip[2:2] = ${size + HEADERS}`;
}

/** The device on the host that is the other end of a container's eth0. */
export async function hostEndOf(container: Endpoint, host: HostView): Promise<string> {
  const [inside, outside] = await Promise.all([links(container), links(host)]);
  const eth0 = inside.find(({ name }) => name === "eth0");
  const end = outside.find(({ index }) => index === eth0?.peerIndex);
  if (end === undefined) throw new ProbeFailed(`the host's end of eth0 of ${container.label} is not found`);
  return end.name;
}

/** A container's eth0 as a point of a way. */
export function eth0Of({ pid }: Endpoint, on: Session, filter: string): WatchedPoint {
  return { on, device: "eth0", pid, filter };
}

export type Packets = readonly CapturedPacket[];

/** The packets of one echo, by its sequence number. */
export function echoOf(packets: Packets, type: "request" | "reply", sequence = 0): CapturedPacket[] {
  return packets.filter(({ echo }) => echo?.type === type && echo.sequence === sequence);
}

/** The only request or reply of a point. @throws ProbeFailed: that there is one is a requirement of its own */
export function onlyEcho(packets: Packets, type: "request" | "reply", point: string): CapturedPacket {
  const [first] = echoOf(packets, type);
  if (first === undefined) throw new ProbeFailed(`no echo ${type} was seen at ${point}`);
  return first;
}

/** `172.17.0.3 > 172.17.0.2`, once per kind. */
export function waysOf(packets: Packets): string[] {
  return [...new Set(packets.map(({ source, destination }) => `${endText(source)} > ${endText(destination)}`))];
}

/** Packets as a failure tells them. */
export function told(packets: Packets): string[] {
  return packets.map(({ source, destination, echo, flags }) =>
    `${endText(source)} > ${endText(destination)} ${echo === undefined ? `[${flags ?? ""}]` : `echo ${echo.type} ${echo.sequence}`}`.trim(),
  );
}

/**
 * That nothing was seen somewhere counts only if what had to be seen there was.
 * @param by what sent the closing packet
 * @throws ControlFailed
 */
export function mustBeClosed<K extends string>(closed: Readonly<Record<K, boolean>>, point: K, by: Question): void {
  if (!closed[point])
    throw new ControlFailed(`the control failed: ${point} did not show the packet that it had to`, by.asked);
}
