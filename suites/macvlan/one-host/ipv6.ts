import { expect } from "vitest";
import { macvlanParent } from "../../../helpers/expectations/macvlan-parent.ts";
import { addresses } from "../../../helpers/probes/addresses.ts";
import { ping } from "../../../helpers/probes/reach.ts";
import {
  busybox,
  chapter,
  cite,
  macvlan,
  mustReach,
  nginx,
  stage,
  topology,
} from "../../../helpers/requirement/index.ts";
import { mustMeet } from "../../../helpers/requirement/served.ts";
import { addressesUsable } from "../../../helpers/requirement/usable-addresses.ts";
import { here, onParent } from "./site.ts";

/** A second macvlan network on the same parent, with a prefix for IPv6; and two containers. */
const declared = topology("macvlan6", {
  networks: { lan: macvlan({ ipv6: true, options: (facts) => ({ parent: macvlanParent(facts) ?? "" }) }) },
  containers: { web: nginx({ on: "lan" }), client: busybox({ on: "lan" }) },
});

const dual = stage(onParent(declared), async ({ web, client }) => {
  await Promise.all([web, client].map((container) => addressesUsable(container)));
  return { web, client };
});

const DUAL_STACK = cite("docs/macvlan#use-ipv6", "you can use dual-stack IPv4/IPv6 macvlan networks");

const onDual = chapter({ given: dual, ...here, needs: ["ipv6"], since: "macvlan-parent-sharing", from: [DUAL_STACK] });

onDual(
  "MACVLAN-35",
  {
    must: "`eth0` on a dual-stack macvlan network MUST carry the IPv6 address that inspect tells, with its prefix length",
  },
  async ({ web }) => {
    const { GlobalIPv6Address, GlobalIPv6PrefixLen } = web.settingsOn("lan");
    const carried = (await addresses(web, "eth0")).filter(({ family, scope }) => family === 6 && scope === "global");
    expect(
      carried.map(({ address, prefix }) => `${address}/${prefix}`),
      "global IPv6 addresses of eth0",
    ).toEqual([`${GlobalIPv6Address}/${GlobalIPv6PrefixLen}`]);
  },
);

onDual(
  "MACVLAN-36",
  {
    must: "Two containers of a dual-stack macvlan network of one host MUST reach each other at their IPv6 addresses, nothing translated on the way",
    cause:
      "the parent was put into another macvlan mode, or the interface of one of them is down or takes no multicast",
  },
  async ({ web, client }) => {
    await mustMeet(client, client.settingsOn("lan").GlobalIPv6Address, {
      name: web.name,
      address: web.settingsOn("lan").GlobalIPv6Address,
    });
    await mustReach(ping(web, client.settingsOn("lan").GlobalIPv6Address));
  },
);
