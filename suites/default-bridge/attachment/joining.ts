import { expect } from "vitest";
import { links } from "../../../helpers/probes/links.ts";
import { namespaces } from "../../../helpers/probes/namespaces.ts";
import { routes } from "../../../helpers/probes/routes.ts";
import { cite, D0, D1, D2, D3, D4 } from "../../../helpers/requirement/index.ts";
import type { Endpoint } from "../../../helpers/topology/endpoint.ts";
import { ipv4Of, onAttached, subnetOf } from "./site.ts";

onAttached(
  "BRIDGE-01",
  {
    must: "A container started without `--network` MUST be attached to the default bridge network `bridge` and to no other",
    from: [
      cite(
        "docs/network",
        "When you run a container without the --network option, it is connected to the default bridge.",
      ),
      D0("3.4.2.1"),
      D1("bridge模式"),
      D2("三"),
      D3("二.1"),
      D4("网络模式简介"),
    ],
    cause: "the daemon has another default network, or the container was connected elsewhere afterwards",
  },
  async ({ plain }, { facts }) => {
    const { Networks } = (await plain.inspect()).NetworkSettings;
    expect(Object.keys(Networks), "networks that the engine says it is on").toEqual(["bridge"]);
    const inside = await ipv4Of(plain);
    expect(
      subnetOf(facts).contains(inside.address),
      `whether ${inside.address}, its address, lies in ${subnetOf(facts)}`,
    ).toBe(true);
  },
);

onAttached(
  "BRIDGE-02",
  {
    must: "`--network bridge` MUST attach a container in the same way as no `--network` option at all",
    from: [
      cite(
        "cli/network_create#description",
        "When you launch a new container with docker run it automatically connects to this bridge network.",
      ),
      D0("3.4.2.1"),
    ],
  },
  async ({ plain, named }) => {
    const [without, withOption] = await Promise.all([plain, named].map(attachmentOf));
    expect(
      withOption,
      "network, interfaces, prefix length, MTU and routes with `--network bridge`, beside those without",
    ).toEqual(without);
  },
);

onAttached(
  "BRIDGE-53",
  {
    must: "Every container on the default bridge MUST have a network namespace of its own, which is neither the host's nor another container's",
    from: [
      cite("libnetwork/network#bridge-mode", "Creates a new network namespace container NS for this container"),
      D4("网络模式简介"),
    ],
    needs: ["default bridge", "host view"],
  },
  async ({ plain, named }, { facts }) => {
    const [one, other] = await Promise.all([namespaces(plain), namespaces(named)]);
    expect(one.net, "network namespace of one container, beside another's").not.toBe(other.net);
    const host = facts.host?.namespaces.net;
    expect([one.net, other.net], "network namespaces of the containers, beside the host's").not.toContain(host);
  },
);

/** What two attachments must have in common. */
async function attachmentOf(container: Endpoint): Promise<unknown> {
  const [{ NetworkSettings }, { prefix, broadcast }, interfaces, table] = await Promise.all([
    container.inspect(),
    ipv4Of(container),
    links(container),
    routes(container),
  ]);
  return {
    networks: Object.entries(NetworkSettings.Networks).map(([name, { NetworkID, Gateway }]) => ({
      name,
      NetworkID,
      Gateway,
    })),
    prefix,
    broadcast,
    interfaces: interfaces.map(({ name, mtu, up, carrier, queueLength }) => ({ name, mtu, up, carrier, queueLength })),
    routes: table.map(({ interface: on, destination, prefix: length, gateway, metric }) => ({
      on,
      destination,
      length,
      gateway,
      metric,
    })),
  };
}
