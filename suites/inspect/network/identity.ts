import { expect } from "vitest";
import { link, links } from "../../../helpers/probes/links.ts";
import { cite, D0, D1, D2 } from "../../../helpers/requirement/index.ts";
import { configuredDevice, ON_THE_BRIDGE, onBare, onDefaultBridge } from "./site.ts";

onDefaultBridge(
  "INSPECT-01",
  {
    must: 'The network that a container without a network option is on MUST have the name "bridge" in `network inspect`',
    from: [
      cite("cli/network_inspect#inspect-the-bridge-network", '"Name": "bridge"'),
      D0("3.1"),
      D1("默认网桥"),
      D2("三"),
    ],
  },
  ({ record }) => {
    expect(record.Name, "name of the network of a container without a network option").toBe("bridge");
  },
);

onDefaultBridge(
  "INSPECT-02",
  {
    must: "`network inspect` MUST give a network's id as 64 hex digits, the first 12 of which name the bridge device on the host",
    from: [cite("api#Network", "ID that uniquely identifies a network on a single machine."), D1("默认网桥"), D2("三")],
    needs: ON_THE_BRIDGE,
  },
  async ({ record, app }, session) => {
    for (const { Name, Id } of [record, app]) expect(Id, `id of the network ${Name}`).toMatch(/^[0-9a-f]{64}$/);
    const names = (await links(await session.host())).map((one) => one.name);
    expect(names, "links of the host").toContain(`br-${app.Id.slice(0, 12)}`);
  },
);

onBare(
  "INSPECT-03",
  {
    must: "`network inspect` MUST give the time of a network's creation in RFC 3339, true to the engine's clock",
    from: [
      cite("api#Network", "Date and time at which the network was created in RFC 3339 format with nano-seconds."),
      D1("默认网桥"),
      D2("三"),
    ],
  },
  ({ record, before, after }) => {
    expect(record.Created, "Created of a new network").toMatch(
      /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?(Z|[+-]\d\d:\d\d)$/,
    );
    const created = Date.parse(record.Created);
    expect(created, "Created, in ms, against the engine's clock before the creation").toBeGreaterThanOrEqual(before);
    expect(created, "Created, in ms, against the engine's clock after the creation").toBeLessThanOrEqual(after);
  },
);

onDefaultBridge(
  "INSPECT-04",
  {
    must: 'The network `bridge` MUST have the scope "local" in `network inspect`',
    from: [cite("cli/network_inspect#inspect-the-bridge-network", '"Scope": "local"'), D1("默认网桥"), D2("三")],
  },
  ({ record }) => {
    expect(record.Scope, "Scope of the network bridge").toBe("local");
  },
);

onDefaultBridge(
  "INSPECT-05",
  {
    must: 'The network `bridge` MUST have the driver "bridge" in `network inspect`, and a bridge device on the host',
    from: [cite("cli/network_inspect#inspect-the-bridge-network", '"Driver": "bridge"'), D1("默认网桥"), D2("三")],
    needs: ON_THE_BRIDGE,
    cause: "the device was removed or replaced behind the engine's back",
  },
  async ({ record }, session) => {
    const device = await link(await session.host(), configuredDevice(session));
    expect(record.Driver, "Driver of the network bridge").toBe("bridge");
    expect(device?.bridge != null, `whether ${configuredDevice(session)} is a bridge on the host`).toBe(true);
  },
);
