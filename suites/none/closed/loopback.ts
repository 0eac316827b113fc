import { expect } from "vitest";
import { expectedLoopbackIpv6 } from "../../../helpers/expectations/container-link.ts";
import { ProbeFailed } from "../../../helpers/model/evidence.ts";
import { addresses } from "../../../helpers/probes/addresses.ts";
import { link, links } from "../../../helpers/probes/links.ts";
import { cite, D0, D1, D2, D3, differs, NotRun } from "../../../helpers/requirement/index.ts";
import type { Endpoint } from "../../../helpers/topology/endpoint.ts";
import { LINK_SHOWN, onClosed } from "./site.ts";

onClosed(
  "NONE-01",
  {
    must: "A container started with `--network none` MUST have exactly one network interface, `lo`",
    from: [
      cite("docs/none", "Within the container, only the loopback device is created."),
      D0("2"),
      D0("3.4.1"),
      D1("none模式"),
      D2("一"),
      D3("一.2.1"),
    ],
  },
  async ({ alone, bridged }, { facts }) => {
    const [inside, control] = await Promise.all([links(alone), links(bridged)]);
    if (facts.defaultBridge !== null && control.length < 2)
      throw new ProbeFailed("the control on the default bridge shows no interface beside lo either");
    expect(
      inside.map((one) => one.name),
      "interfaces of the container on network none",
    ).toEqual(["lo"]);
  },
);

onClosed(
  "NONE-02",
  {
    must: "The loopback interface of a container on network `none` MUST be administratively up and have carrier",
    from: [LINK_SHOWN, D0("3.4.1"), D2("一.2")],
    cause: "the container runtime did not raise lo when it set the namespace up",
  },
  async ({ alone }) => {
    expect(await link(alone, "lo"), "lo of the container on network none").toMatchObject({ up: true, carrier: true });
  },
);

onClosed(
  "NONE-03",
  {
    must: "The loopback interface of a container on network `none` MUST carry 127.0.0.1/8 with scope host, and no other IPv4 address",
    from: [cite("docs/none", "inet 127.0.0.1/8 scope host lo"), D0("3.4.1"), D2("一.2")],
  },
  async ({ alone }) => {
    const found = (await addresses(alone, "lo")).filter((address) => address.family === 4);
    expect(
      found.map(({ address, prefix, scope }) => `${address}/${prefix} scope ${scope}`),
      "IPv4 addresses on lo of the container on network none",
    ).toEqual(["127.0.0.1/8 scope host"]);
  },
);

onClosed(
  "NONE-04",
  {
    must: "The loopback interface of a container on network `none` MUST carry ::1/128 wherever the host's kernel has IPv6 enabled",
    from: [
      cite(
        "docs/release-26#2600",
        "By default, IPv6 will remain enabled on a container's loopback interface when the container is not connected to an IPv6-enabled network.",
      ),
      D2("一.2"),
    ],
    differs: [
      differs(
        "docs/none",
        "No IPv6 loopback address is configured for containers using the none driver.",
        "Since Engine 26.0 the loopback interface has ::1 wherever the kernel has IPv6.",
        ["26.1", "28.5"],
      ),
    ],
    since: "loopback-ipv6-always",
    needs: ["ipv6"],
  },
  async ({ alone }, { facts }) => {
    const expected = expectedLoopbackIpv6(facts);
    if (!expected.known) throw new NotRun(expected.why);
    expect(await loopbackIpv6(alone), "IPv6 addresses on lo of the container on network none").toEqual(
      expected.value ? ["::1/128"] : [],
    );
  },
);

onClosed(
  "NONE-04b",
  {
    must: "Before Engine 26.0, the loopback interface of a container on network `none` MUST carry no IPv6 address: IPv6 is off in a container without an IPv6 network",
    from: [
      cite("docs/none", "No IPv6 loopback address is configured for containers using the none driver."),
      D0("3.4.1"),
    ],
    until: "loopback-ipv6-always",
  },
  async ({ alone }) => {
    expect(await loopbackIpv6(alone), "IPv6 addresses on lo of the container on network none").toEqual([]);
  },
);

async function loopbackIpv6(container: Endpoint): Promise<string[]> {
  return (await addresses(container, "lo"))
    .filter(({ family }) => family === 6)
    .map(({ address, prefix }) => `${address}/${prefix}`);
}

onClosed(
  "NONE-05",
  {
    must: "The loopback interface of a container on network `none` MUST have an MTU of 65536 bytes",
    from: [LINK_SHOWN, D0("3.4.1"), D2("一.2")],
  },
  async ({ alone }) => {
    expect((await link(alone, "lo"))?.mtu, "MTU of lo in the container on network none").toBe(65536);
  },
);

onClosed(
  "NONE-06",
  {
    must: "The loopback interface of a container on network `none` MUST have the all-zero link address",
    from: [cite("docs/none", "link/loopback 00:00:00:00:00:00"), D0("3.4.1")],
  },
  async ({ alone }) => {
    expect((await link(alone, "lo"))?.mac, "link address of lo in the container on network none").toBe(
      "00:00:00:00:00:00",
    );
  },
);
