import { isLoopback, isUnspecified, sameAddress } from "../model/address.ts";
import { isIpv6 } from "../model/ipv6.ts";
import { SOMEBODY } from "../model/somebody.ts";
import type { KernelRoute } from "../probes/parse/parse-proc-net-route.ts";
import { isRefusal } from "../snapshot/deciding-route.ts";
import type { LivingContainer, LivingInside, LivingSnapshot } from "../snapshot/living.ts";
import { holds } from "./addresses.ts";
import { type Findings, NOTHING, together } from "./deviation.ts";
import { stands } from "./endpoint.ts";
import { insideOf } from "./namespace-finding.ts";

/** Routes of a container that lead nowhere. */
export function auditDeadRoutes(
  snapshot: LivingSnapshot,
  container: LivingContainer,
  { mainRoutes, routes6 }: LivingInside,
): Findings {
  return together(
    [...mainRoutes, ...routes6]
      .filter((route) => route.interface === "*" || route.flags.reject || leadsBack(route))
      .map(({ destination, prefix, interface: device }) => {
        const range = isUnspecified(destination) && prefix === 0 ? "default" : `${destination}/${prefix}`;
        return insideOf(snapshot, container, {
          key: `dead-route ${range}`,
          expected: "routes by its interfaces",
          observed: `${range} leads nowhere`,
          effect: `${container.name} reaches none of ${range}, and none of these gets an answer from it.`,
          what: `A route in the network namespace of container ${container.name} leads nowhere: ${range}.`,
          mend: {
            what: "take the route away",
            command: `${ipFor(destination)} route del ${range}${device === "lo" ? " dev lo" : ""}`,
            check: `${ipFor(destination)} route`,
          },
        });
      }),
  );
}

/** By its loopback, what is for others comes back to itself and ends. Addresses of its own that are there have the full length. */
function leadsBack({ interface: device, destination, prefix }: KernelRoute): boolean {
  return device === "lo" && !isLoopback(destination) && prefix < (isIpv6(destination) ? 128 : 32);
}

/** BusyBox and iproute2 take an address of IPv6 for what it is, and `default` for one of IPv4. */
function ipFor(address: string): string {
  return isIpv6(address) ? "ip -6" : "ip";
}

/**
 * Where the kernel sends what a container sends to the world. Its default routes are judged by themselves: this is about what
 * comes before them, policy rules and routes of a part of the world.
 */
export function auditWaysOut(snapshot: LivingSnapshot, container: LivingContainer, inside: LivingInside): Findings {
  return together(
    inside.waysOut.map(({ family, way }) => {
      const defaults = inside.defaults.filter((route) => route.family === family);
      const standing = container.endpoints.some((endpoint) => stands(inside, endpoint, family));
      if (defaults.length === 0 || !standing) return NOTHING;
      const isDefault = defaults.some(
        ({ gateway, interface: device }) =>
          device === way?.interface &&
          (gateway === null ? way.gateway === null : way.gateway !== null && sameAddress(gateway, way.gateway)),
      );
      const routes = family === 4 ? inside.mainRoutes : inside.routes6;
      const half = isDefault ? routes.find((route) => isHalf(route, defaults)) : undefined;
      if (isDefault && half === undefined) return NOTHING;
      const ip = family === 6 ? "ip -6" : "ip";
      const rules = (family === 4 ? inside.rules : inside.rules6).filter((rule) => !/ lookup main$/.test(rule));
      const [rule] = rules;
      const rival =
        half ??
        routes.find(({ destination, prefix }) => prefix > 0 && holds(`${destination}/${prefix}`, SOMEBODY[family]));
      const shown = rival === undefined ? (rule ?? "") : `${rival.destination}/${rival.prefix} dev ${rival.interface}`;
      // A way that ends is told of the route or the rule that ends it.
      if (
        shown === "" ||
        (rival === undefined && isRefusal(shown)) ||
        rival?.interface === "*" ||
        (rival !== undefined && leadsBack(rival))
      )
        return NOTHING;
      const leads =
        half !== undefined
          ? `a part by ${half.gateway ?? "the link"} dev ${half.interface}`
          : way === null
            ? "nowhere"
            : `by ${way.gateway ?? "the link"} dev ${way.interface}`;
      const told = {
        key: `way-out ${family} ${shown}`,
        expected: `what it sends to the world by ${defaults.map((route) => `${route.gateway ?? "the link"} dev ${route.interface}`).join(" or ")}`,
        observed: `${leads} (${shown})`,
        effect: `${container.name} sends what is for the world ${leads}${way === null ? ": it reaches nobody beyond its networks" : ""} by IPv${family}.`,
        what: `In the network namespace of container ${container.name} ${rival === undefined ? "a policy rule" : "a route"} comes before its default route for IPv${family}: \`${shown}\`.`,
        mend: {
          what: rival === undefined ? "take the rule away" : "take the route away",
          command:
            rival === undefined
              ? `${ip} rule del pref ${Number.parseInt(shown, 10)}`
              : `${ip} route del ${rival.destination}/${rival.prefix}`,
          check: `${ip} route get ${SOMEBODY[family]}`,
        },
      };
      // One that leads elsewhere takes somebody who has made a way there: of a run's own nobody meant it.
      const meant = way !== null && snapshot.whose === "everybody";
      return insideOf(snapshot, container, told, meant);
    }),
  );
}

/** So short is the prefix of a route for a part of the whole world, and not for networks that somebody has. */
const PART_OF_WORLD = 2;

/** A part of the world that is led elsewhere than the rest. */
function isHalf({ prefix, gateway, interface: device, destination }: KernelRoute, defaults: LivingInside["defaults"]) {
  return (
    prefix > 0 &&
    prefix <= PART_OF_WORLD &&
    device !== "*" &&
    // Of IPv6 so short a range is that of all addresses that are given out, or of multicast.
    !destination.includes(":") &&
    !defaults.some((one) => one.interface === device && one.gateway === gateway)
  );
}
