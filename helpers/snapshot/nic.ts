import { isFallbackTunnel } from "../expectations/fallback-tunnels.ts";
import type { Link } from "../probes/links.ts";
import type { ContainerState } from "./snapshot.ts";

/** The interface of an endpoint: by its MAC, else by its address, else the only one there is. */
export function nicOf(
  { inside, inspected }: ContainerState,
  settings: { readonly MacAddress: string; readonly IPAddress: string },
): Link | undefined {
  if (inside === null) return undefined;
  const nics = inside.links.filter((link) => link.name !== "lo" && !isFallbackTunnel(link.name));
  const byMac = nics.find(
    ({ mac }) => settings.MacAddress !== "" && mac.toLowerCase() === settings.MacAddress.toLowerCase(),
  );
  if (byMac !== undefined) return byMac;
  const byAddress = inside.addresses.find(({ addresses }) =>
    addresses.some(({ address }) => address === settings.IPAddress),
  );
  const found = nics.find(({ name }) => name === byAddress?.name);
  if (found !== undefined) return found;
  return Object.keys(inspected.NetworkSettings.Networks ?? {}).length === 1 && nics.length === 1 ? nics[0] : undefined;
}

/** Host mode and joined containers have no interfaces of their own. */
export function sharesNetwork({ inspected }: ContainerState): boolean {
  const mode = inspected.HostConfig.NetworkMode ?? "";
  return mode === "host" || mode.startsWith("container:");
}
