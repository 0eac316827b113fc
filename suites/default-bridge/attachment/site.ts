import { defaultBridgeSubnet } from "../../../helpers/expectations/default-bridge.ts";
import type { cidr } from "../../../helpers/model/cidr.ts";
import { addresses } from "../../../helpers/probes/addresses.ts";
import { type Link, links } from "../../../helpers/probes/links.ts";
import {
  busybox,
  chapter,
  NotApplicable,
  type Session,
  topology,
  Violation,
} from "../../../helpers/requirement/index.ts";
import type { Endpoint } from "../../../helpers/topology/endpoint.ts";

/** Two containers on the default bridge: one that says nothing about networks, one that names the bridge. */
export const attached = topology("bridge", {
  containers: { plain: busybox(), named: busybox({ on: "bridge" }) },
});

export const onAttached = chapter({ given: attached, needs: ["default bridge"] });

/** eth0 as the container's kernel shows it. */
export async function eth0Of(container: Endpoint): Promise<Link> {
  const all = await links(container);
  const eth0 = all.find((one) => one.name === "eth0");
  if (eth0 === undefined) {
    throw new Violation(`interfaces of ${container.name}`, {
      expected: "an eth0 among them",
      observed: all.map((one) => one.name).join(", "),
    });
  }
  return eth0;
}

/** The one IPv4 address of a container's eth0. */
export async function ipv4Of(container: Endpoint): Promise<{ address: string; prefix: number; broadcast?: string }> {
  const found = (await addresses(container, "eth0")).filter((one) => one.family === 4);
  const [only] = found;
  if (only === undefined || found.length > 1) {
    throw new Violation(`eth0 of ${container.name}`, {
      expected: "one IPv4 address",
      observed: found.map((one) => one.address).join(", ") || "none",
    });
  }
  return only;
}

export function subnetOf(facts: Session["facts"]): ReturnType<typeof cidr> {
  const subnet = defaultBridgeSubnet(facts);
  if (subnet === null) throw new NotApplicable("the default bridge has no IPv4 subnet");
  return subnet;
}
