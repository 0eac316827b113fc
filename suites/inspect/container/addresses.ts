import { expect } from "vitest";
import type { Inspected } from "../../../helpers/model/engine-answers.ts";
import { addresses } from "../../../helpers/probes/addresses.ts";
import { links } from "../../../helpers/probes/links.ts";
import { lookupAs } from "../../../helpers/probes/lookup-as.ts";
import { defaultRoute } from "../../../helpers/probes/routes.ts";
import {
  bridge,
  busybox,
  cite,
  D0,
  D1,
  D2,
  engine,
  mustReach,
  requirement,
  topology,
} from "../../../helpers/requirement/index.ts";
import type { Endpoint } from "../../../helpers/topology/endpoint.ts";
import { onInspected } from "./site.ts";

const OLD_FIELDS = cite(
  "cli/deprecated#top-level-network-properties-in-networksettings",
  'When inspecting a container, NetworkSettings contains top-level information about the default ("bridge") network',
);

const OLD_FIELDS_GONE = cite(
  "api/changes#v1.52",
  "GET /containers/{id}/json: the NetworkSettings no longer returns the deprecated",
);

/** A container on the default bridge that is connected to a second network; apart, since not every engine has the first. */
const connected = topology("inspect-connected", {
  networks: { second: bridge() },
  containers: { both: busybox<"second">({ on: ["default", "second"] }) },
});

onInspected(
  "INSPECT-69",
  {
    must: "A container MUST have its IPv6 address and prefix length under `Networks.<name>` in `container inspect` as its own kernel has them, and none where it has none",
    from: [cite("api#EndpointSettings", "Global IPv6 address."), engine("API: EndpointSettings.GlobalIPv6Address")],
    cause: "IPv6 was switched off, or the address was changed, inside the container after its start",
  },
  async ({ member }) => {
    const { GlobalIPv6Address, GlobalIPv6PrefixLen } = member.settingsOn("app");
    const own = (await addresses(member, "eth0")).find(({ family, scope }) => family === 6 && scope === "global");
    expect(
      { GlobalIPv6Address, GlobalIPv6PrefixLen },
      "the IPv6 part of the attachment in inspect, against the container's own",
    ).toEqual({ GlobalIPv6Address: own?.address ?? "", GlobalIPv6PrefixLen: own?.prefix ?? 0 });
  },
);

onInspected(
  "INSPECT-70",
  {
    must: "A container on a user-defined network MUST have its name and its short id among the `DNSNames` in `container inspect`, and each of these names MUST resolve to its address",
    from: [
      cite(
        "api#EndpointSettings",
        "This list is based on the container name, network aliases, container short ID, and hostname.",
      ),
      engine("API 1.44: EndpointSettings.DNSNames"),
    ],
    since: "dns-names-field",
  },
  async ({ member }) => {
    const { DNSNames, IPAddress } = member.settingsOn("app");
    expect(DNSNames, "DNSNames in inspect").toEqual(expect.arrayContaining([member.name, member.shortId]));
    await Promise.all((DNSNames ?? []).map((name) => mustReach(lookupAs(member, name, IPAddress))));
  },
);

/** A container's own IPv4 addresses, without loopback. */
async function ownAddresses(container: Endpoint): Promise<string[]> {
  const carried = await addresses(container);
  return carried.filter(({ family, scope }) => family === 4 && scope === "global").map(({ address }) => address);
}

const OLDER_API =
  "something between here and the engine answers in an API before 1.52 (a proxy, a platform's gateway), or alters NetworkSettings in what inspect says";

/** The fields at the top of `NetworkSettings` that API 1.52 removed and the engine's answer has all the same. */
function removedFields({ NetworkSettings }: Pick<Inspected, "NetworkSettings">): string[] {
  return ["IPAddress", "SecondaryIPAddresses"].filter((field) => field in NetworkSettings);
}

onInspected(
  "INSPECT-62",
  {
    must: "A container on the default bridge MUST have its address twice in `container inspect`: at the top of `NetworkSettings` and under `Networks.bridge`",
    from: [OLD_FIELDS, D0("3.4.2.2"), D1("5.6")],
    until: "no-top-level-network-settings",
    needs: ["default bridge"],
  },
  async ({ plain, ofPlain }) => {
    expect(
      [ofPlain.NetworkSettings.IPAddress, plain.settingsOn("bridge").IPAddress],
      "top-level IPAddress and Networks.bridge.IPAddress, against eth0 in the container",
    ).toEqual([...(await ownAddresses(plain)), ...(await ownAddresses(plain))]);
  },
);

onInspected(
  "INSPECT-62b",
  {
    must: "A container on the default bridge MUST have its address only under `Networks.bridge` in `container inspect`",
    from: [OLD_FIELDS_GONE, engine("API 1.52: top-level fields of NetworkSettings removed")],
    since: "no-top-level-network-settings",
    cause: OLDER_API,
    needs: ["default bridge"],
  },
  async ({ plain, ofPlain }) => {
    expect(removedFields(ofPlain), "fields that API 1.52 removed, of a container on the default bridge").toEqual([]);
    expect([plain.settingsOn("bridge").IPAddress], "Networks.bridge.IPAddress, against eth0 in the container").toEqual(
      await ownAddresses(plain),
    );
  },
);

onInspected(
  "INSPECT-63",
  {
    must: "A container that is only on a user-defined network MUST have an empty text as `IPAddress` at the top of `NetworkSettings` in `container inspect`, although it has an address",
    from: [OLD_FIELDS, D1("5.6"), D1("macvlan")],
    until: "no-top-level-network-settings",
  },
  async ({ member, ofMember }) => {
    expect(await ownAddresses(member), "its own IPv4 addresses").toHaveLength(1);
    expect(ofMember.NetworkSettings.IPAddress, "top-level IPAddress").toBe("");
  },
);

onInspected(
  "INSPECT-63b",
  {
    must: "A container that is only on a user-defined network MUST have no `IPAddress` at the top of `NetworkSettings` in `container inspect`",
    from: [OLD_FIELDS_GONE, engine("API 1.52: top-level fields of NetworkSettings removed")],
    since: "no-top-level-network-settings",
    cause: OLDER_API,
  },
  ({ ofMember }) => {
    expect(removedFields(ofMember), "fields that API 1.52 removed, of a container on a user-defined network").toEqual(
      [],
    );
  },
);

onInspected(
  "INSPECT-64",
  {
    must: "A container on a user-defined network MUST have its address, prefix length, gateway and MAC address under `Networks.<name>` in `container inspect` as its own kernel has them",
    from: [
      cite("api#NetworkSettings", "Information about all networks that the container is connected to."),
      D1("5.6"),
      D1("macvlan"),
    ],
    cause: "address, route or MAC were changed inside the container after its start",
  },
  async ({ member }) => {
    const { IPAddress, IPPrefixLen, Gateway, MacAddress } = member.settingsOn("app");
    const [carried, route, interfaces] = await Promise.all([
      addresses(member, "eth0"),
      defaultRoute(member),
      links(member),
    ]);
    const own = carried.find(({ family }) => family === 4);
    expect(
      { IPAddress, IPPrefixLen, Gateway, MacAddress },
      "the attachment in inspect, against the container's own",
    ).toEqual({
      IPAddress: own?.address,
      IPPrefixLen: own?.prefix,
      Gateway: route?.gateway,
      MacAddress: interfaces.find(({ name }) => name === "eth0")?.mac,
    });
  },
);

onInspected(
  "INSPECT-65",
  {
    must: "A container MUST have null as `SecondaryIPAddresses` in `container inspect`, and no second IPv4 address on its interface",
    from: [
      cite(
        "api/changes#v1.44",
        "SecondaryIPv6Addresses available in NetworkSettings when calling GET /containers/{id}/json are deprecated",
      ),
      D1("5.6"),
      D1("macvlan"),
    ],
    until: "no-top-level-network-settings",
  },
  async ({ member, ofPlain, ofMember }) => {
    expect(
      [ofPlain.NetworkSettings.SecondaryIPAddresses, ofMember.NetworkSettings.SecondaryIPAddresses],
      "SecondaryIPAddresses on the default bridge and on a user-defined network",
    ).toEqual([null, null]);
    expect(await ownAddresses(member), "IPv4 addresses of the container on the user-defined network").toHaveLength(1);
  },
);

onInspected(
  "INSPECT-65b",
  {
    must: "A container MUST have no `SecondaryIPAddresses` in `container inspect`, and no second IPv4 address on its interface",
    from: [OLD_FIELDS_GONE, engine("API 1.52: top-level fields of NetworkSettings removed")],
    since: "no-top-level-network-settings",
    cause: OLDER_API,
  },
  async ({ member, ofMember }) => {
    expect(removedFields(ofMember), "fields that API 1.52 removed, of a container").not.toContain(
      "SecondaryIPAddresses",
    );
    expect(await ownAddresses(member), "IPv4 addresses of the container on the user-defined network").toHaveLength(1);
  },
);

requirement(
  "INSPECT-66",
  {
    must: "A container connected to a second network MUST have one entry per network in `container inspect`, each with the address that one of its interfaces has",
    from: [cite("api#EndpointSettings", "IPv4 address."), D1("5.6"), D2("四")],
    needs: ["default bridge"],
  },
  connected,
  async ({ both, networks }) => {
    const entries = Object.entries((await both.inspect()).NetworkSettings.Networks);
    expect(
      entries.map(([name]) => name).toSorted(),
      "networks in inspect of a container on the default bridge and on ours",
    ).toEqual(["bridge", networks.second.name].toSorted());
    expect(
      entries.map(([, { IPAddress }]) => IPAddress).toSorted(),
      "addresses in inspect, against those of its interfaces",
    ).toEqual((await ownAddresses(both)).toSorted());
  },
);
