import { expect } from "vitest";
import type { AttachedContainer, NetworkRecord } from "../../../helpers/model/engine-answers.ts";
import { ProbeFailed } from "../../../helpers/model/evidence.ts";
import { addresses } from "../../../helpers/probes/addresses.ts";
import { link } from "../../../helpers/probes/links.ts";
import { cite, D0, D1 } from "../../../helpers/requirement/index.ts";
import { defaultBridge, onBare, onDefaultBridge } from "./site.ts";

const ENDPOINT = cite(
  "api#EndpointResource",
  "contains network resources allocated and used for a container in a network",
);

onBare(
  "INSPECT-17",
  {
    must: "A network without a running container MUST have an empty object as `Containers` in `network inspect`, and one entry for each that is attached",
    from: [
      cite("api#NetworkInspect", "Contains endpoints attached to the network."),
      D1("默认网桥"),
      D1("新建网桥"),
      D1("macvlan"),
    ],
    needs: ["default bridge"],
  },
  async ({ record }) => {
    const { app, member } = await defaultBridge.obtain();
    expect(Object.keys(app.Containers ?? {}), "Containers of a network with one container").toEqual([member.id]);
    expect(record.Containers, "Containers of a network without any").toEqual({});
  },
);

/** The entry of a container in its network's inspect. */
function entryOf(
  network: NetworkRecord,
  container: { readonly id: string; readonly label: string },
): AttachedContainer {
  const entry = network.Containers?.[container.id];
  if (entry === undefined)
    throw new ProbeFailed(`inspect of the network ${network.Name} does not list ${container.label}`);
  return entry;
}

onDefaultBridge(
  "INSPECT-27",
  {
    must: "`network inspect` MUST list a running container that is attached under its full id",
    from: [
      cite(
        "cli/network_inspect#inspect-the-bridge-network",
        "The network inspect command shows the containers, by id, in its results.",
      ),
      D0("3.1"),
    ],
  },
  ({ record, web, app, member }) => {
    expect(Object.keys(record.Containers ?? {}), "containers of the network bridge").toContain(web.id);
    expect(Object.keys(app.Containers ?? {}), "containers of the network app").toEqual([member.id]);
  },
);

onDefaultBridge(
  "INSPECT-28",
  {
    must: "`network inspect` MUST give an attached container's name without a slash",
    from: [cite("cli/network_inspect#inspect-the-bridge-network", '"Name": "container2"'), D0("3.1")],
  },
  ({ record, web, app, member }) => {
    expect([entryOf(record, web).Name, entryOf(app, member).Name], "names of the attached containers").toEqual([
      web.name,
      member.name,
    ]);
  },
);

onDefaultBridge(
  "INSPECT-29",
  {
    must: "`network inspect` MUST give an attached container's endpoint id as 64 hex digits, the same as the container's own inspect",
    from: [ENDPOINT, D0("3.1")],
  },
  ({ record, web, app, member }) => {
    const ids = [entryOf(record, web).EndpointID, entryOf(app, member).EndpointID];
    for (const id of ids) expect(id, "endpoint id of an attached container").toMatch(/^[0-9a-f]{64}$/);
    expect(ids, "endpoint ids in network inspect, against those in container inspect").toEqual([
      web.settingsOn("bridge").EndpointID,
      member.settingsOn("app").EndpointID,
    ]);
  },
);

onDefaultBridge(
  "INSPECT-30",
  {
    must: "`network inspect` MUST give an attached container's MAC address as its eth0 has it",
    from: [ENDPOINT, D0("3.1")],
    cause: "the MAC address was changed inside the container after its start",
  },
  async ({ record, web, app, member }) => {
    const [onBridge, onApp] = await Promise.all([link(web, "eth0"), link(member, "eth0")]);
    expect(
      [entryOf(record, web).MacAddress, entryOf(app, member).MacAddress],
      "MAC addresses in network inspect, against eth0 in the containers",
    ).toEqual([onBridge?.mac, onApp?.mac]);
  },
);

onDefaultBridge(
  "INSPECT-31",
  {
    must: "`network inspect` MUST give an attached container's IPv4 address with its prefix length as its eth0 has it",
    from: [ENDPOINT, D0("3.1")],
    cause: "the address was changed inside the container after its start",
  },
  async ({ record, web, app, member }) => {
    const carried = await Promise.all([addresses(web, "eth0"), addresses(member, "eth0")]);
    const own = carried.map((list) => list.find(({ family }) => family === 4));
    expect(
      [entryOf(record, web).IPv4Address, entryOf(app, member).IPv4Address],
      "IPv4 addresses in network inspect, against eth0 in the containers",
    ).toEqual(own.map((one) => `${one?.address}/${one?.prefix}`));
  },
);
