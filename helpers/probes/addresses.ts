import { type Evidence, ProbeFailed, reading, type Vantage } from "../model/evidence.ts";
import { type InterfaceAddress, parseIpAddress } from "./parse/parse-ip-address.ts";

/** One address with the interface that carries it. */
export interface CarriedAddress extends InterfaceAddress {
  readonly interface: string;
}

/**
 * All IPv4 and IPv6 addresses of the vantage point's network namespace, by `ip address`, in the kernel's order.
 * @param on only those of this interface; all when left out
 */
export async function addresses(from: Vantage, on?: string): Promise<CarriedAddress[]> {
  const found = carriedAddresses(await from.ask("ip address", reading(from, "addresses")));
  return on === undefined ? found : found.filter((address) => address.interface === on);
}

/** Reads the answer to `ip address`. @throws ProbeFailed when the command failed; UnreadableOutput when it can't be read */
export function carriedAddresses(evidence: Evidence): CarriedAddress[] {
  if (evidence.exitCode !== 0) throw new ProbeFailed(`the addresses at ${evidence.vantage} can't be read`, evidence);
  return parseIpAddress(evidence.stdout).flatMap((link) =>
    link.addresses.map((address) => ({ ...address, interface: link.name })),
  );
}

/** The IPv4 address of a container's eth0, by its own word: `none` where it has none, which no question reaches. */
export async function ownAddress(container: Vantage): Promise<string> {
  return (await addresses(container, "eth0")).find(({ family }) => family === 4)?.address ?? "none";
}
