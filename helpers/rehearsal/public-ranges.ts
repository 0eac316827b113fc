import { type Finding, note } from "../configuration/finding.ts";
import { differs, type Step } from "../configuration/step.ts";
import { cidr, isIpv4Cidr } from "../model/cidr.ts";
import type { NetworkConfiguration } from "../model/configuration-facts.ts";
import { holdsPublicAddresses } from "../model/public-ranges.ts";

/** Networks that the candidate newly takes from the addresses of the internet: what really has them is out of reach. */
export function publicRanges(step: Step): Finding[] {
  return (["bip", "fixed-cidr", "default-address-pools"] as const)
    .filter((key) => differs(step, key))
    .flatMap((key) =>
      networksOf(step.after, key)
        .filter((text) => isIpv4Cidr(text) && holdsPublicAddresses(cidr(text)))
        .map((text) =>
          note(
            [key],
            `${key}: ${cidr(text)} belongs to the internet, not to the private ranges (10.0.0.0/8, 172.16.0.0/12, 192.168.0.0/16): whoever has these addresses there can't be reached from this host and its containers`,
          ),
        ),
    );
}

function networksOf(
  configuration: NetworkConfiguration,
  key: "bip" | "fixed-cidr" | "default-address-pools",
): string[] {
  const value = configuration[key];
  if (value === undefined) return [];
  return typeof value === "string" ? [value] : value.map(({ base }) => base);
}
