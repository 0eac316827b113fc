import { expect } from "vitest";
import { beyondOneHost, busybox, D0, D1, D2, D3, D4, mustNotReach, mustReach, NotRun, requirement, stage, theEngine, topology } from "../../helpers/requirement/index.ts";
import { link, links } from "../../helpers/probes/links.ts";
import { namespaces } from "../../helpers/probes/namespaces.ts";
import { http, ping } from "../../helpers/probes/reach.ts";

/** `--network none`: a container with a network stack of its own and nothing plugged into it. */
const closed = topology("none", {
  containers: {
    alone: busybox({ on: "none" }),
    bridged: busybox(),
  },
});

requirement(
  "NONE-01",
  { must: "A container started with `--network none` MUST have exactly one network interface, `lo`", from: [D0("2"), D0("3.4.1"), D1("none"), D2("1"), D3("1.2.1")] },
  closed,
  async ({ alone, bridged }) => {
    const [inside, control] = await Promise.all([links(alone), links(bridged)]);
    expect(inside.map((one) => one.name), "its interfaces").toEqual(["lo"]);
    expect(control.map((one) => one.name), "interfaces of the same image on the default bridge").toEqual(["lo", "eth0"]);
  },
);

requirement(
  "NONE-02",
  { must: "Its `lo` MUST be administratively up and have carrier", from: [D0("3.4.1"), D2("1.2")] },
  closed,
  async ({ alone }) => {
    expect(await link(alone, "lo"), "its lo").toMatchObject({ up: true, carrier: true });
  },
);

requirement(
  "NONE-10",
  { must: "It MUST NOT be able to reach any address outside itself, not even the default bridge's", from: [D0("2"), D1("none"), D4("1")], needs: ["default bridge"] },
  closed,
  async ({ alone, bridged }, { facts }) => {
    const gateway = facts.defaultBridge?.gateway ?? "";
    await mustNotReach(ping(alone, gateway), { as: "unreachable", control: ping(bridged, gateway) });
  },
);
