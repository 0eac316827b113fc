import { beforePort } from "../model/address.ts";
import type { BoundPort } from "../model/site.ts";

/** Under what the containers of a mode stand that gives them no network of their own. @param nameOf of a joined one */
export function modeNetwork(mode: string, nameOf: (joined: string) => string): string {
  if (mode === "host") return "the host's network";
  const joined = /^container:(.+)$/.exec(mode)?.[1];
  return joined === undefined ? "no network" : `the network of container ${nameOf(joined)}`;
}

/** `0.0.0.0:8080 → 80/tcp` */
export function portText({ hostAddress, hostPort, containerPort, protocol }: BoundPort): string {
  return `${beforePort(hostAddress)}:${hostPort} → ${containerPort}/${protocol}`;
}
