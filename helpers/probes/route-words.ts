import type { IpRoute } from "./parse/parse-ip-route.ts";

/** A route as `ip route del` takes it. */
export function routeWords({ type, destination, gateway, interface: device, table }: IpRoute): string {
  return [
    type === "unicast" ? "" : type,
    destination,
    gateway === undefined ? "" : `via ${gateway}`,
    device === undefined ? "" : `dev ${device}`,
    table === undefined ? "" : `table ${table}`,
  ]
    .filter((part) => part !== "")
    .join(" ");
}
