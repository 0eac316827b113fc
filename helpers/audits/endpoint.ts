import { sameAddress } from "../model/address.ts";
import type { IpLink } from "../probes/parse/parse-ip-address.ts";
import type { LivingContainer, LivingEndpoint, LivingInside } from "../snapshot/living.ts";
import type { ClaimId } from "./claims.ts";
import type { Found } from "./deviation.ts";

/** The interface of an endpoint: by its address, else by its MAC. */
export function nicOf(inside: LivingInside, { address, address6, mac }: LivingEndpoint): IpLink | undefined {
  const nics = inside.addresses.filter(({ name }) => name !== "lo");
  const has = ({ addresses }: IpLink, wanted: string): boolean =>
    wanted !== "" && addresses.some((one) => sameAddress(one.address, wanted));
  return (
    nics.find((link) => has(link, address) || has(link, address6)) ??
    nics.find((link) => mac !== "" && link.mac?.toLowerCase() === mac)
  );
}

/** Whether an endpoint's interface is up with its address: without that it has no routes either. */
export function stands(inside: LivingInside, endpoint: LivingEndpoint, family: 4 | 6): boolean {
  const address = family === 4 ? endpoint.address : endpoint.address6;
  const nic = nicOf(inside, endpoint);
  return nic?.flags.includes("UP") === true && nic.addresses.some((one) => sameAddress(one.address, address));
}

/** A deviation of a container's attachment to a network. */
export function about(
  { name }: LivingContainer,
  { network }: LivingEndpoint,
  claim: ClaimId,
  parts: Omit<Found, "claim" | "subject" | "concerns">,
): Found {
  return { claim, subject: { kind: "endpoint", container: name, network }, concerns: [name], ...parts };
}
