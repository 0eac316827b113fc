import { expect } from "vitest";
import { askForInfo } from "../../helpers/engine/answers.ts";
import type { NetworkRecord } from "../../helpers/model/engine-answers.ts";
import { links } from "../../helpers/probes/links.ts";
import {
  chapter,
  cite,
  D0,
  D1,
  D2,
  D3,
  D4,
  differs,
  engine,
  requirement,
  stage,
  theEngine,
} from "../../helpers/requirement/index.ts";
import { listNetworks } from "../../helpers/topology/network-record.ts";

const BUILTIN = cite("cli/network_ls#type", "builtin displays predefined networks (bridge, none, host)");
const DRIVERS = cite("docs/network#drivers", "On Linux, the following built-in network drivers are available");

/** The engine's list of networks, asked once. */
const listed = stage(theEngine, async (_, { docker }) => await listNetworks(docker));

const OFFERED = [D0("3.1"), D1("intro"), D2("摘要"), D3("二.1"), D4("Docker 网络模式简述")];
const COLUMNS = [D0("3.1"), D1("intro"), D2("三"), D3("二.1")];

/** Why an engine may lack the network `bridge`. */
function withoutBridge({ configuration }: { readonly configuration: { readonly bridge?: string } }): string | null {
  return configuration.bridge === "none" ? '"bridge": "none" takes the default bridge network away' : null;
}

function namesOf(networks: readonly NetworkRecord[]): string[] {
  return networks.map((network) => network.Name);
}

/** The engine's own network of this name: there can be only one, a user can't create another. */
function own(networks: readonly NetworkRecord[], name: string): NetworkRecord | undefined {
  return networks.find((network) => network.Name === name);
}

const onListed = chapter({ given: listed });

onListed(
  "NETLS-01",
  {
    must: "The engine MUST offer a network named `bridge` without anybody having created it",
    from: [BUILTIN, ...OFFERED],
    unless: withoutBridge,
    appliesTo: 'engines without "bridge": "none"',
  },
  (networks) => {
    expect(namesOf(networks), "names of the engine's networks").toContain("bridge");
  },
);

onListed(
  "NETLS-02",
  {
    must: "The engine MUST offer a network named `host` without anybody having created it",
    from: [BUILTIN, ...OFFERED],
  },
  (networks) => {
    expect(namesOf(networks), "names of the engine's networks").toContain("host");
  },
);

onListed(
  "NETLS-03",
  {
    must: "The engine MUST offer a network named `none` without anybody having created it",
    from: [BUILTIN, ...OFFERED],
  },
  (networks) => {
    expect(namesOf(networks), "names of the engine's networks").toContain("none");
  },
);

onListed(
  "NETLS-05",
  {
    must: "The predefined network `bridge` MUST use the driver `bridge`, and stand on a bridge device of the host",
    from: [
      cite("cli/network_ls#list-all-networks", "7fca4eb8c647        bridge              bridge          local"),
      ...COLUMNS,
    ],
    needs: ["default bridge", "host view"],
    cause: "the device was removed or replaced behind the engine's back",
  },
  async (networks, session) => {
    const device = session.facts.defaultBridge?.device;
    const onHost = (await links(await session.host())).find((one) => one.name === device);
    expect(own(networks, "bridge")?.Driver, "driver of the network bridge").toBe("bridge");
    expect(onHost?.bridge != null, `whether the host has a bridge device ${device}`).toBe(true);
  },
);

onListed(
  "NETLS-06",
  {
    must: "The predefined network `host` MUST use the driver `host`",
    from: [
      cite("cli/network_ls#list-all-networks", "cf03ee007fb4        host                host            local"),
      ...COLUMNS,
    ],
  },
  (networks) => {
    expect(own(networks, "host")?.Driver, "driver of the network host").toBe("host");
  },
);

onListed(
  "NETLS-07",
  {
    must: "The predefined network `none` MUST use the driver `null`: its name and its driver differ",
    from: [
      cite("cli/network_ls#list-all-networks", "9f904ee27bf5        none                null            local"),
      ...COLUMNS,
    ],
  },
  (networks) => {
    expect(own(networks, "none")?.Driver, "driver of the network none").toBe("null");
  },
);

onListed(
  "NETLS-08",
  {
    must: "The predefined networks MUST have the scope `local`, on a node of a swarm too",
    from: [cite("cli/network_ls#scope", "The following example matches networks with the local scope"), ...COLUMNS],
  },
  (networks) => {
    const scopes = networks
      .filter(({ Name }) => ["bridge", "host", "none"].includes(Name))
      .map(({ Name, Scope }) => `${Name} ${Scope}`);
    expect(scopes.length, "number of predefined networks").toBeGreaterThan(0);
    expect(
      scopes.filter((scope) => !scope.endsWith(" local")),
      "predefined networks with another scope than local",
    ).toEqual([]);
  },
);

/** Names of the network drivers that the engine registers, asked once. */
const drivers = stage(theEngine, async (_, { docker }) => {
  const info = await askForInfo(docker);
  return info.Plugins?.Network ?? [];
});

const WITHOUT_DRIVERS =
  "the engine was built without these network drivers (another product that speaks its API), or somebody between here and the engine alters what `docker info` says";

requirement(
  "NETLS-16",
  {
    must: "The engine MUST register the network drivers `bridge`, `macvlan` and `overlay` for networks of users",
    from: [DRIVERS, D2("四")],
    differs: [
      differs(
        "cli/network_create#description",
        "The DRIVER accepts bridge or overlay which are the built-in network drivers.",
        "The engine registers macvlan, and since 19.03 ipvlan, as well.",
        ["26.1", "28.5"],
      ),
    ],
    cause: WITHOUT_DRIVERS,
  },
  drivers,
  (registered) => {
    expect(
      ["bridge", "macvlan", "overlay"].filter((driver) => !registered.includes(driver)),
      "missing network drivers",
    ).toEqual([]);
  },
);

requirement(
  "NETLS-16b",
  {
    must: "The engine MUST register the driver `ipvlan` beside `bridge`, `macvlan` and `overlay`, and the drivers `host` and `null` of its own networks",
    from: [DRIVERS, engine("release notes 19.03: ipvlan is no longer experimental")],
    cause: WITHOUT_DRIVERS,
  },
  drivers,
  (registered) => {
    expect(
      ["host", "ipvlan", "null"].filter((driver) => !registered.includes(driver)),
      "missing network drivers",
    ).toEqual([]);
  },
);
