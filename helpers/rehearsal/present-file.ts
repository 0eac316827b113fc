import type { HostSituation } from "../configuration/step.ts";
import type { NetworkConfiguration } from "../model/configuration-facts.ts";
import type { RehearsedText } from "./left-out-keys.ts";

/**
 * The address that the host's docker0 has although nothing in its file gives it one; null where file or flags decide.
 * A rehearsal starts from it, for docker0 keeps it over restarts.
 */
export function addressToKeep({ facts }: Pick<HostSituation, "facts">, before: NetworkConfiguration): string | null {
  const decides = (["bip", "bridge", "fixed-cidr", "default-address-pools"] as const).some(
    (key) => before[key] !== undefined,
  );
  const own = facts.host?.addresses.find((address) => address.interface === "docker0" && address.address.includes("."));
  return decides || own === undefined ? null : `${own.address}/${own.prefix}`;
}

/**
 * The host's present file for a disposable engine that is to make a docker0 as the host's. dockerd makes it itself, by
 * `bip`: a device made by hand would have another MAC, and keep it.
 * @param address null = the file as it is
 */
export function presentFile({ text }: RehearsedText, address: string | null): string {
  if (address === null) return text;
  try {
    const values: unknown = JSON.parse(text.replace(/^\uFEFF/, "") || "{}");
    return typeof values === "object" && values !== null ? JSON.stringify({ ...values, bip: address }) : text;
  } catch {
    // dockerd does not start with it, and says why.
    return text;
  }
}
