import { ProbeFailed } from "../../../helpers/model/evidence.ts";
import { ping } from "../../../helpers/probes/reach.ts";
import {
  bridge,
  busybox,
  chapter,
  engine,
  mustNotReach,
  NotApplicable,
  nginx,
  stage,
  topology,
} from "../../../helpers/requirement/index.ts";
import { atThisMoment } from "../../../helpers/requirement/moment.ts";
import { addressesUsable } from "../../../helpers/requirement/usable-addresses.ts";
import type { Endpoint } from "../../../helpers/topology/endpoint.ts";

/** Published on [::1] alone, and on the IPv6 addresses alone. */
export const LOOPBACK_PORT = 81;
export const IPV6_PORT = 82;

/**
 * A published server and its client on a dual-stack network with a prefix of its own, one that joined the server's
 * network stack, and a stranger on another such network.
 */
const town = topology("dual", {
  networks: { app: bridge({ ipv6: true }), other: bridge({ ipv6: true }) },
  containers: {
    web: nginx({
      on: "app",
      publish: ({ host, engine }) => [
        "free:80",
        "free:53/udp",
        // An address that nobody has is refused to the container. testcontainers wants one of IPv4 for each port.
        ...(host?.ipv6Loopback === false || engine.rootless
          ? []
          : [`[::1]:free:${LOOPBACK_PORT}`, `[::]:free:${IPV6_PORT}`].flatMap((form) => [
              form,
              form.replace(/^.*\]/, "127.0.0.1"),
            ])),
      ],
    }),
    client: busybox({ on: "app" }),
    joined: busybox({ joins: "web" }),
    stranger: busybox({ on: "other" }),
  },
});

/** The IPv6 addresses of both, once they may be used, and that of the host on their network. */
export const dual = stage(town, async ({ web, client, joined, stranger, networks: { app } }, session) => {
  await Promise.all([
    ...[web, client, stranger].map((container) => addressesUsable(container)),
    ...(session.facts.host === null ? [] : [addressesUsable(await session.host(), app.device)]),
  ]);
  return {
    ...{ web, client, joined, stranger, app },
    web6: address6(web, "app"),
    client6: address6(client, "app"),
    gateway: web.settingsOn("app").IPv6Gateway,
  };
});

/** Whether the stranger is kept apart, while it is on its own network alone. */
export const apart = stage(dual, async (all) => {
  const { stranger, client, web6 } = all;
  const denial = await atThisMoment(
    mustNotReach(ping(stranger, web6), { as: "timed out", control: ping(client, web6) }),
  );
  return { ...all, denial };
});

/** The address that the engine tells of a container. @param network a key of the topology, or `bridge` */
export function address6(container: Endpoint, network: string): string {
  const { GlobalIPv6Address } = container.settingsOn(network);
  if (GlobalIPv6Address === "") throw new ProbeFailed(`the engine names no IPv6 address of ${container.label}`);
  return GlobalIPv6Address;
}

/** The host port of the server for IPv6, and that IPv6 is published at all. */
export function port6(web: Endpoint, port: `${number}/${"tcp" | "udp"}` = "80/tcp"): number {
  const binding = web.bindingsOf(port).find(({ HostIp }) => HostIp.includes(":"));
  if (binding === undefined)
    throw new NotApplicable(
      "the engine publishes it on no IPv6 address; on which it has to is judged with published ports",
    );
  return Number(binding.HostPort);
}

export const NEEDS = ["ipv6"] as const;
export const FROM = [engine("docs: Use IPv6 networking"), engine("moby TestBridgeICC")];
export const FORWARD_CAUSE =
  "a rule or the policy of ip6tables' FORWARD drops it, or net.ipv6.conf.all.forwarding is off";

export const onDual = chapter({ given: dual });
