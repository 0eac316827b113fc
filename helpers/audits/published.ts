import { beforePort, isUnspecified } from "../model/address.ts";
import type { Subject } from "../model/subject.ts";
import { familyOfPort } from "../snapshot/foreign-containers.ts";
import { type LivingContainer, type LivingPort, type LivingSnapshot, runs } from "../snapshot/living.ts";
import { type Attachment, attachmentsOf } from "./bridges.ts";
import type { ClaimId } from "./claims.ts";
import { deviates, type Found } from "./deviation.ts";
import { once } from "./once.ts";

/** What it is to put a rule back by hand. */
export const RULE_BACK = "put the rule back";

/** A published port with where it leads. */
export interface Published {
  readonly container: LivingContainer;
  readonly port: LivingPort;
  readonly family: 4 | 6;
  /** Attachments that it may lead to: which of several the engine took, it does not say. */
  readonly ends: readonly { readonly attachment: Attachment; readonly address: string }[];
}

/** Every published port of running containers on bridge networks. */
export const publishedPorts = once((snapshot: LivingSnapshot): readonly Published[] => {
  const attachments = attachmentsOf(snapshot);
  return snapshot.containers.filter(runs).flatMap((container) => {
    const own = attachments.filter((one) => one.container === container && !one.bridge.internal);
    return container.ports.map((port) => {
      const family = familyOfPort(port);
      const ends = own.flatMap((attachment) => {
        const address = family === 4 ? attachment.endpoint.address : attachment.endpoint.address6;
        return address === "" ? [] : [{ attachment, address }];
      });
      return { container, port, family, ends };
    });
  });
});

/** Those of IPv4 on usual bridge networks: each has rules of its own, whichever of its networks the engine took. */
export const usualPorts = once((snapshot: LivingSnapshot): readonly Published[] =>
  publishedPorts(snapshot).filter(
    ({ family, ends }) => family === 4 && ends.length > 0 && ends.every(({ attachment }) => attachment.bridge.usual),
  ),
);

export function subjectOf({ name }: LivingContainer, port: LivingPort): Subject {
  return { kind: "published port", container: name, ...port };
}

/** `8080/tcp of container shop-web` */
export function portText({ name }: LivingContainer, port: LivingPort): string {
  return `${hostPortText(port)} of container ${name}`;
}

/** `8080/tcp`, `[::]:8080/tcp`, `127.0.0.1:8080/tcp` */
export function hostPortText({ hostAddress, hostPort, protocol }: LivingPort): string {
  const at = isUnspecified(hostAddress) ? (hostAddress.includes(":") ? "[::]:" : "") : `${beforePort(hostAddress)}:`;
  return `${at}${hostPort}/${protocol}`;
}

/** A deviation of a published port. */
export function about(
  { container, port, family }: Published,
  claim: ClaimId,
  parts: Omit<Found, "claim" | "subject" | "concerns">,
) {
  return deviates({
    claim,
    subject: subjectOf(container, port),
    concerns: [container.name],
    family,
    ...parts,
  });
}

/** Whether its networks publish by the host's addresses at all. */
export function leadsByHost(snapshot: LivingSnapshot, { container }: Published): boolean {
  return attachmentsOf(snapshot).some(
    ({ container: one, bridge }) =>
      one === container && !bridge.internal && bridge.ranges.every(({ mode }) => mode.startsWith("nat")),
  );
}
