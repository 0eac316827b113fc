import { expect } from "vitest";
import { ProbeFailed } from "../../../helpers/model/evidence.ts";
import { chapter, D0, D4, NotApplicable, requirement } from "../../../helpers/requirement/index.ts";
import { kernelIn, look, mustInclude, NEEDS, names, shownIn } from "../look.ts";
import { enslaved, linksBy, made } from "./site.ts";

requirement(
  "NETNS-72",
  { must: "`ip link add B type bridge` MUST create a bridge that is down", from: [D4("Linux bridge")], needs: NEEDS },
  made,
  ({ bridge, alone }) => {
    const kernel = kernelIn(alone, bridge);
    expect(kernel.bridge, "what the kernel says of it as a bridge").not.toBe(null);
    expect(kernel.up, "whether the new bridge is up").toBe(false);
    const shown = shownIn(alone, bridge);
    expect({ flags: shown.flags, state: shown.state, qdisc: shown.qdisc }, "the new bridge").toEqual({
      flags: ["BROADCAST", "MULTICAST"],
      state: "DOWN",
      qdisc: "noop",
    });
  },
);

requirement(
  "NETNS-73",
  {
    must: "`ip link show type bridge` MUST list bridges, all of them, and nothing else",
    from: [D4("Linux bridge")],
    needs: NEEDS,
  },
  made,
  async ({ lab, bridge, red }, { facts }) => {
    // Other networks come and go: what is looked at before and after the list is what it must agree with.
    const before = (await look(lab.root)).kernel;
    const listed = await linksBy(lab, "type bridge");
    const after = (await look(lab.root)).kernel;
    const steady = before.filter(({ name, index }) => after.some((one) => one.name === name && one.index === index));
    const bridges = steady.filter((one) => one.bridge !== null).map(({ name }) => name);
    mustInclude("interfaces of the host", names(steady), bridge, red.port);
    mustInclude("what is listed", listed, ...bridges);
    expect(
      listed.filter((name) => steady.some((one) => one.name === name) && !bridges.includes(name)),
      "what is listed and is no bridge",
    ).toEqual([]);
    expect(bridges, "bridges by the kernel's own files").toContain(bridge);
    if (facts.defaultBridge !== null) expect(listed, "what is listed").toContain(facts.defaultBridge.device);
  },
);

const onEnslaved = chapter({ given: enslaved, needs: NEEDS });

onEnslaved(
  "NETNS-74",
  {
    must: "`ip link set P master B` MUST make P a port of the bridge B",
    from: [D4("Linux bridge")],
  },
  ({ bridge, red, green, alone, attached, ports }) => {
    expect(names(alone.kernel), "interfaces of the host").toContain(bridge);
    for (const { port } of [red, green]) {
      expect(shownIn(attached, port).master, `master of ${port} as \`ip\` shows it`).toBe(bridge);
      expect(kernelIn(attached, port).master, `master of ${port} in the kernel's files`).toBe(bridge);
    }
    expect(ports, "ports in the bridge's own list").toEqual([red.port, green.port].toSorted());
  },
);

onEnslaved(
  "NETNS-75",
  {
    must: "`ip link show master B` MUST list the ports of B only, and nothing for a bridge without ports",
    from: [D4("Linux bridge")],
  },
  ({ red, green, blue, idlePorts, listed, attached }) => {
    expect(idlePorts, "what was listed before the bridge had ports").toEqual([]);
    expect(names(attached.shown), "interfaces of the host, the third pair's end among them").toContain(blue.port);
    expect(listed.toSorted(), "what is listed with two ports").toEqual([red.port, green.port].toSorted());
  },
);

onEnslaved(
  "NETNS-76",
  {
    must: "A bridge whose hardware address nobody has set MUST take the numerically lowest one of its ports",
    from: [D4("Linux bridge")],
    appliesTo: "hosts where nothing (udev's MACAddressPolicy) sets it",
  },
  ({ bridge, red, green, alone, attached, filedAs }) => {
    // NET_ADDR_SET of linux/netdevice.h.
    if (filedAs === "3")
      throw new NotApplicable("something on this host sets the hardware addresses of new bridges: udev does so");
    const [lowest] = [red, green].map(({ port }) => kernelIn(attached, port).mac).toSorted();
    expect(kernelIn(attached, bridge).mac, "hardware address of the bridge with two ports").toBe(lowest);
    expect(kernelIn(alone, bridge).mac, "hardware address of the bridge before it had ports").not.toBe(lowest);
  },
);

requirement(
  "NETNS-77",
  { must: "Ports MUST stay down until they are set up", from: [D4("Linux bridge")], needs: NEEDS },
  enslaved,
  ({ red, green, idle }) => {
    for (const { port } of [red, green]) {
      expect(kernelIn(idle, port).up, `whether ${port} is up after it became a port`).toBe(false);
      expect(shownIn(idle, port).state, `state of ${port}`).toBe("DOWN");
    }
  },
);

onEnslaved(
  "NETNS-78",
  {
    must: "A bridge that is up but has no running port MUST be without carrier",
    from: [D0("3.2"), D4("简单回顾")],
  },
  ({ bridge, idle }) => {
    const shown = shownIn(idle, bridge);
    mustInclude("flags of the bridge", shown.flags, "NO-CARRIER", "UP");
    expect(shown.state, "state of the bridge").toBe("DOWN");
    expect(kernelIn(idle, bridge).carrier, "carrier of the bridge").toBe(false);
  },
);

onEnslaved(
  "NETNS-81",
  {
    must: "A port MUST be in the host's own namespace and show the link-netns NAME of the namespace that holds its far end",
    from: [D4("Linux bridge")],
  },
  ({ red, green, attached }) => {
    for (const { port, namespace } of [red, green])
      expect(shownIn(attached, port).linkNetns, `link-netns of ${port}`).toBe(namespace.name);
  },
);

onEnslaved(
  "NETNS-82",
  {
    must: "The far end of a port MUST show a link-netnsid, and the port's index as its peer",
    from: [D4("Linux bridge")],
  },
  ({ all, far, attached }) => {
    for (const [n, { device, port }] of all.entries()) {
      const seen = far[n];
      if (seen === undefined) throw new ProbeFailed(`${device} was not looked at`);
      expect(shownIn(seen, device).linkNetnsId, `link-netnsid of ${device}`).toEqual(expect.any(Number));
      expect(shownIn(seen, device).peerIndex, `peer index of ${device}`).toBe(kernelIn(attached, port).index);
    }
  },
);
