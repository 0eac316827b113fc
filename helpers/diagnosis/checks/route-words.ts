import { isIpv4Cidr } from "../../model/cidr.ts";
import type { IpRoute } from "../../probes/parse/parse-ip-route.ts";

/** Whether a route is an IPv4 one of a range, not the default one. */
export function covers(route: IpRoute): boolean {
  return isIpv4Cidr(route.destination) && route.destination !== "0.0.0.0/0";
}

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

/** `10.8.0.0/24 via 10.8.0.1 dev tun0 (table 100)` */
export function routeText({ type, destination, gateway, interface: device, table }: IpRoute): string {
  return `\`${[type === "unicast" ? "" : type, destination, gateway === undefined ? "" : `via ${gateway}`, device === undefined ? "" : `dev ${device}`].filter((word) => word !== "").join(" ")}\`${table === undefined ? "" : ` (table ${table})`}`;
}
