import { isIpv4Cidr } from "../../model/cidr.ts";
import type { IpRoute } from "../../probes/parse/parse-ip-route.ts";
import { routeWords } from "../../probes/route-words.ts";

/** Whether a route is an IPv4 one of a range, not the default one. */
export function covers(route: IpRoute): boolean {
  return isIpv4Cidr(route.destination) && route.destination !== "0.0.0.0/0";
}

/** `10.8.0.0/24 via 10.8.0.1 dev tun0` (table 100), the route between backticks. */
export function routeText({ table, ...route }: IpRoute): string {
  return `\`${routeWords(route)}\`${table === undefined ? "" : ` (table ${table})`}`;
}
