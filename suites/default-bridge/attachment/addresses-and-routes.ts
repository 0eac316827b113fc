import { expect } from "vitest";
import { expectedDefaultBridge } from "../../../helpers/expectations/default-bridge.ts";
import { isIpv4 } from "../../../helpers/model/ipv4.ts";
import { eui64LinkLocal } from "../../../helpers/model/mac.ts";
import { addresses } from "../../../helpers/probes/addresses.ts";
import { routes } from "../../../helpers/probes/routes.ts";
import { cite, D0, D1, D2, observed, type Session } from "../../../helpers/requirement/index.ts";
import type { Endpoint } from "../../../helpers/topology/endpoint.ts";
import { eth0Of, ipv4Of, onAttached, subnetOf } from "./site.ts";

onAttached(
  "BRIDGE-08",
  {
    must: "`eth0` of a container on the default bridge MUST carry the prefix length of the bridge's subnet",
    from: [
      cite("docs/network#ip-address-and-hostname", "Each network also has a default subnet mask and gateway."),
      D0("3.4.2.1"),
      D0("3.4.2.2"),
      D1("默认网桥"),
      D1("5.2"),
      D2("三"),
    ],
  },
  async ({ plain }, { facts }) => {
    expect((await ipv4Of(plain)).prefix, "prefix length of eth0's address").toBe(subnetOf(facts).prefix);
  },
);

onAttached(
  "BRIDGE-09",
  {
    must: "`eth0` of a container on the default bridge MUST have the subnet's broadcast address set",
    from: [D0("3.4.2.1"), D1("默认网桥")],
  },
  async ({ plain }, { facts }) => {
    expect((await ipv4Of(plain)).broadcast, "broadcast address of eth0").toBe(subnetOf(facts).broadcast);
  },
);

onAttached(
  "BRIDGE-11",
  {
    must: "A container on the default bridge MUST have a default route on `eth0` through the bridge device's own address, or through the daemon's `default-gateway`",
    from: [
      cite(
        "libnetwork/network#bridge-mode",
        "In the new NS, assigns an IP address from docker0 subnet, sets default route gateway to docker0 IP address.",
      ),
      D1("intro"),
      D1("bridge模式"),
      D1("5.2"),
      D1("5.3"),
    ],
  },
  async ({ plain }, { facts }) => {
    const found = (await routes(plain)).filter((route) => route.prefix === 0);
    expect(
      found.map(({ interface: on, gateway }) => ({ on, gateway })),
      "its default routes",
    ).toEqual([{ on: "eth0", gateway: gatewayOf(facts, plain) }]);
  },
);

onAttached(
  "BRIDGE-12",
  {
    must: "A container on the default bridge MUST reach the bridge's subnet on `eth0` directly, by a route without gateway",
    from: [
      cite(
        "libnetwork/network#bridge-mode",
        "In the new NS, assigns an IP address from docker0 subnet, sets default route gateway to docker0 IP address.",
      ),
      D1("5.2"),
    ],
  },
  async ({ plain }, { facts }) => {
    const { network, prefix } = subnetOf(facts);
    const found = (await routes(plain)).filter((route) => route.destination === network && route.prefix === prefix);
    expect(
      found.map(({ interface: on, gateway }) => ({ on, gateway })),
      `its routes to ${network}/${prefix}`,
    ).toEqual([{ on: "eth0", gateway: null }]);
  },
);

onAttached(
  "BRIDGE-13",
  {
    must: "A container on the default bridge MUST have no IPv4 route beside its default route and that to the bridge's subnet",
    from: [D1("5.2")],
  },
  async ({ plain }, { facts }) => {
    const destinations = (await routes(plain)).map((route) => `${route.destination}/${route.prefix}`);
    expect(destinations.toSorted(), "destinations of its IPv4 routes").toEqual(
      ["0.0.0.0/0", subnetOf(facts).toString()].toSorted(),
    );
  },
);

onAttached(
  "BRIDGE-15",
  {
    must: "`eth0` on a default bridge with IPv6 MUST carry the IPv6 link-local address that is formed from its MAC by EUI-64",
    from: [D2("一.1"), D2("三")],
    cause:
      "something cleared the link-local address in the container, or the kernel gives none there (addr_gen_mode, disable_ipv6)",
    unless: (facts) =>
      facts.defaultBridge?.ipv6 === true
        ? null
        : "the default bridge has no IPv6: on IPv4-only networks no engine since 20.10 leaves IPv6 on at eth0 (see BRIDGE-15b)",
    appliesTo: "IPv6 on the default bridge; engines up to about 18 without it, too",
    needs: ["default bridge", "ipv6"],
  },
  async ({ plain }) => {
    const { mac } = await eth0Of(plain);
    const linkLocal = (await addresses(plain, "eth0")).filter((one) => one.family === 6 && one.scope === "link");
    expect(
      linkLocal.map((one) => one.address),
      `link-local addresses of eth0, whose MAC is ${mac}`,
    ).toEqual([eui64LinkLocal(mac)]);
  },
);

onAttached(
  "BRIDGE-15b",
  {
    must: "`eth0` on a default bridge without IPv6 MUST have no IPv6 address, not even a link-local one",
    from: [
      cite(
        "docs/release-26#2602",
        "Ensure IPv6 is disabled on interfaces only allocated an IPv4 address by the engine.",
      ),
      D0("3.4.2.1"),
      D1("默认网桥"),
      observed(["20.10", "26.1", "28.5"], "IPv6 is off at eth0"),
    ],
    unless: (facts) => (facts.defaultBridge?.ipv6 === true ? "the default bridge has IPv6" : null),
    appliesTo: "default bridge without IPv6",
    needs: ["default bridge", "ipv6"],
    cause: "net.ipv6.conf.*.disable_ipv6 was set back inside the container",
  },
  async ({ plain }) => {
    const all = await addresses(plain, "eth0");
    expect(
      all.filter((one) => one.family === 6).map((one) => one.address),
      "IPv6 addresses of eth0",
    ).toEqual([]);
  },
);

/**
 * Next hop of the containers' default route: configured, or the address that the bridge device had when the run began.
 * A device that had none leaves what the engine says of the container.
 */
function gatewayOf(facts: Session["facts"], container: Endpoint): string {
  const expected = expectedDefaultBridge(facts)?.containerGateway;
  if (expected?.known) return expected.value;
  const { device, gateway } = facts.defaultBridge ?? {};
  const subnet = subnetOf(facts);
  // A DHCP client gives every device an address of its own range (169.254.0.0/16).
  const onDevice = (facts.host?.addresses ?? [])
    .filter((one) => one.interface === device && isIpv4(one.address) && subnet.contains(one.address))
    .map(({ address }) => address);
  const told = container.settingsOn("bridge").Gateway;
  return onDevice.find((address) => address === gateway) ?? onDevice[0] ?? told;
}
