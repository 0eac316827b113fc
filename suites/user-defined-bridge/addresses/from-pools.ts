import { expect } from "vitest";
import { staticAddressNeedsSubnet } from "../../../helpers/expectations/refusals.ts";
import { automaticGateway } from "../../../helpers/expectations/user-network.ts";
import { isInPools } from "../../../helpers/model/address-pools.ts";
import { type Cidr, cidr, isIpv4Cidr } from "../../../helpers/model/cidr.ts";
import { has } from "../../../helpers/model/version-switches.ts";
import { defaultRoute, routes } from "../../../helpers/probes/routes.ts";
import { briefly } from "../../../helpers/requirement/briefly.ts";
import {
  bridge,
  busybox,
  chapter,
  cite,
  D1,
  D2,
  engine,
  requirement,
  stage,
  topology,
} from "../../../helpers/requirement/index.ts";
import { mustSay } from "../../../helpers/requirement/refusal.ts";
import { inspectNetwork, listNetworks } from "../../../helpers/topology/network-record.ts";
import { IP_DROPPED, ipv4On, refuseStaticAddress } from "./site.ts";

const POOLS_SELECT = cite(
  "docs/network#automatic-subnet-allocation",
  'Docker automatically selects a subnet from predefined "default address pools".',
);

/** A network whose subnet the engine takes from its pools: the only one of a run that needs room there. */
const fromPools = topology("udn-automatic", {
  networks: { automatic: bridge({ subnet: "automatic" }) },
  containers: { member: busybox({ on: "automatic" }) },
});

/** A container with an address of its own choice on a network whose subnet the engine chose: only where that is allowed. */
const chosenOnAutomatic = stage(fromPools, async ({ networks: { automatic } }, session) => {
  const address = cidr(automatic.subnet).lastHost;
  const containers = { wilful: busybox({ on: `network:${automatic.name}`, ip: address }) };
  return await briefly(session, "udn-static", { containers }, async ({ containers: { wilful } }) => ({
    asked: address,
    got: (await ipv4On(wilful, "eth0")).map((one) => one.address),
  }));
});

const onFromPools = chapter({ given: fromPools });

onFromPools(
  "UDN-11",
  {
    must: "A bridge network created without a subnet MUST get one by itself, and its containers MUST live in it",
    from: [POOLS_SELECT, D1("新建网桥"), D2("四")],
    judgesPools: true,
  },
  async ({ member, networks: { automatic } }, { docker }) => {
    const { IPAM } = await inspectNetwork(docker, automatic.id);
    const subnets = (IPAM.Config ?? []).map((config) => config.Subnet ?? "").filter(isIpv4Cidr);
    const lived = (await ipv4On(member, "eth0")).map((one) => cidr(`${one.address}/${one.prefix}`).toString());
    expect(subnets, "IPv4 subnets that the engine reports, against the one that the container's eth0 is in").toEqual(
      lived,
    );
  },
);

onFromPools(
  "UDN-12",
  {
    must: "A subnet that the engine chooses for a network without `--subnet` MUST be one of its address pools' networks, and overlap no other network and no route of the host that its version looks at",
    from: [POOLS_SELECT, D1("新建网桥")],
    needs: ["host view"],
    cause: "compare `default-address-pools` in daemon.json with `ip route` on the host (VPN routes too)",
  },
  async ({ networks: { automatic } }, session) => {
    const own = cidr(automatic.subnet);
    expect(isInPools(automatic.subnet, session.facts), `${own} is a network of the engine's address pools`).toBe(true);
    const others = (await listNetworks(session.docker)).filter((network) => network.Id !== automatic.id);
    const used = others.flatMap((network) =>
      (network.IPAM.Config ?? []).map((config) => config.Subnet ?? "").filter(isIpv4Cidr),
    );
    expect(overlapping(own, used), `other networks that overlap ${own}`).toEqual([]);
    const hostRoutes = (await routes(await session.host())).filter(
      (route) => route.prefix > 0 && route.interface !== automatic.device,
    );
    // Since 23.0 what lies behind a gateway, as all of a VPN may, is nothing that the engine avoids.
    const avoided = has(session.facts, "pools-avoid-on-link-routes-only")
      ? hostRoutes.filter(({ flags }) => !flags.gateway)
      : hostRoutes;
    const destinations = avoided.map((route) => `${route.destination}/${route.prefix}`);
    expect(overlapping(own, destinations), `routes of the host that overlap ${own}`).toEqual([]);
  },
);

onFromPools(
  "UDN-13",
  {
    must: "The gateway that the engine chooses for a network without `--ip-range` MUST be the first host address of its subnet, and containers MUST use it",
    from: [
      cite(
        "cli/network_create#specify-advanced-options",
        "If you omit the --gateway flag, Docker Engine selects one for you from inside a preferred pool.",
      ),
      D1("新建网桥"),
    ],
  },
  async ({ member, networks: { automatic } }) => {
    const [[own], route] = await Promise.all([ipv4On(member, "eth0"), defaultRoute(member)]);
    const gateway = automaticGateway(cidr(`${own?.address}/${own?.prefix}`));
    expect(
      { reported: automatic.gateway, used: route?.gateway },
      "the gateway as the engine reports it and as the container uses it",
    ).toEqual({ reported: gateway, used: gateway });
  },
);

onFromPools(
  "UDN-22",
  {
    must: "`--ip` on a network whose subnet the engine chose MUST be refused",
    from: [
      cite(
        "cli/container_run#network",
        "To assign a static IP to containers, you must specify subnet block for the network.",
      ),
      D2("四"),
    ],
    until: "static-address-on-automatic-subnet",
    cause: IP_DROPPED,
  },
  async ({ networks: { automatic } }, session) => {
    const what = `--ip on a network with the automatic subnet ${automatic.subnet}`;
    mustSay(
      what,
      await refuseStaticAddress(session, automatic.name, cidr(automatic.subnet).lastHost, what),
      staticAddressNeedsSubnet(),
    );
  },
);

requirement(
  "UDN-22b",
  {
    must: "`--ip` on a network whose subnet the engine chose MUST give the container exactly that address",
    from: [
      cite(
        "docs/release-29#2904",
        "Allow creation of a container with a specific IP address when its networks were not configured with a specific subnet.",
      ),
      engine("moby#51583"),
    ],
    since: "static-address-on-automatic-subnet",
  },
  chosenOnAutomatic,
  ({ asked, got }) => {
    expect(got, "the container's own IPv4 addresses").toEqual([asked]);
  },
);

function overlapping(own: Cidr, ranges: readonly string[]): string[] {
  return ranges.filter((range) => cidr(range).overlaps(own));
}
