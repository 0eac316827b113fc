import { expect } from "vitest";
import { ProbeFailed } from "../../../helpers/model/evidence.ts";
import { bridgePorts } from "../../../helpers/probes/bridge-ports.ts";
import { parsePing } from "../../../helpers/probes/parse/parse-ping.ts";
import { CONSOLE, framesDuring } from "../../../helpers/requirement/hand-built.ts";
import { chapter, cite, D4, requirement, topology } from "../../../helpers/requirement/index.ts";
import { uplinkOf } from "../../../helpers/requirement/lan-address.ts";
import { ipv4Of, kernelIn, mustInclude, NEEDS, type Seen, shownIn } from "../look.ts";
import { BEYOND, joined, learned, MANY, outside } from "./site.ts";

const FORWARDS = cite(
  "linux/bridge#what-does-a-bridge-do",
  "A bridge transparently forwards traffic between multiple network interfaces.",
);

const atConsole = topology("bridge-console", { containers: { terminal: CONSOLE } });

const onJoined = chapter({ given: joined, needs: NEEDS });

onJoined(
  "NETNS-79",
  {
    must: "With bridge, ports and far ends up, the bridge MUST show UP and LOWER_UP, with the state UP",
    from: [D4("Linux bridge")],
  },
  ({ bridgeRunning }) => {
    bridgeRunning();
  },
);

onJoined(
  "NETNS-80",
  {
    must: "With bridge, ports and far ends up, every port MUST show UP and LOWER_UP, with the state UP",
    from: [D4("Linux bridge")],
  },
  ({ portsRunning }) => {
    portsRunning();
  },
);

onJoined(
  "NETNS-83",
  {
    must: "Of two namespaces on one bridge, the second (green) MUST reach the first (red)",
    from: [FORWARDS, D4("Linux bridge")],
  },
  ({ greenToRed }) => {
    greenToRed();
  },
);

onJoined(
  "NETNS-84",
  {
    must: "Of two namespaces on one bridge, the first (red) MUST reach the second (green)",
    from: [FORWARDS, D4("Linux bridge")],
  },
  ({ redToGreen }) => {
    redToGreen();
  },
);

onJoined(
  "NETNS-85",
  {
    must: "Namespaces on one bridge MUST reach each other although the bridge has no IP address",
    from: [
      cite(
        "linux/bridge#is-it-l3-protocol-independent",
        "The bridge sees all frames, but it uses only L2 headers/information.",
      ),
      D4("Linux bridge"),
    ],
  },
  ({ bridge, withoutAddress, redToGreen, greenToRed }) => {
    expect(ipv4Of(shownIn(withoutAddress, bridge)), "IPv4 addresses of the bridge").toEqual([]);
    redToGreen();
    greenToRed();
  },
);

onJoined(
  "NETNS-86",
  {
    must: "More than two namespaces MUST be connectable through one bridge",
    from: [FORWARDS, D4("Linux bridge")],
  },
  ({ threeMeet }) => {
    threeMeet();
  },
);

function macOf(seen: Seen | undefined, device: string): string {
  if (seen === undefined) throw new ProbeFailed(`${device} was not looked at`);
  return kernelIn(seen, device).mac;
}

requirement(
  "NETNS-105",
  {
    must: "Forwarding between namespaces on a bridge MUST go by the destination's hardware address, which the bridge has learned with its port: no other port gets the frames",
    from: [
      cite(
        "linux/bridge#introduction",
        "The purpose of a bridge is to filter and forward frames between different segments based on the destination MAC (Media Access Control) address.",
      ),
      D4("Linux bridge"),
    ],
    needs: NEEDS,
  },
  learned,
  ({ all, far, table, sent, flood }) => {
    expect(
      all.map(({ device }, n) => table.get(macOf(far[n], device))),
      "ports that the bridge has learned for the namespaces' hardware addresses",
    ).toEqual(all.map(({ port }) => port));
    expect(parsePing(flood.stdout).received, `answers to ${MANY} pings from red to green`).toBe(MANY);
    const [toRed = 0, toGreen = 0, toBlue = 0] = sent;
    expect(toGreen, "frames sent through green's port meanwhile").toBeGreaterThanOrEqual(MANY);
    expect(toRed, "frames sent through red's port meanwhile").toBeGreaterThanOrEqual(MANY);
    expect(toBlue, "frames sent through blue's port meanwhile").toBeLessThan(MANY);
  },
);

requirement(
  "NETNS-106",
  {
    must: "Frames MUST NOT leave the host through a bridge that has no physical port, not even broadcasts",
    from: [D4("Linux bridge")],
    needs: [...BEYOND, "packet capture"],
  },
  learned,
  async ({ lab, bridge, subnet, red, green }, session) => {
    const uplink = uplinkOf(session.facts);
    const beyond = await outside(session);
    const { terminal } = await atConsole.obtain();
    const inRed = `ip netns exec ${red.namespace.name} busybox`;
    const nobody = subnet.host(200);
    const frames = await framesDuring(
      terminal,
      lab.host,
      `(net ${subnet}) or (icmp and host ${beyond})`,
      [
        `${inRed} ping -c 2 -i 0.1 -W 2 ${green.address}`,
        `${inRed} arping -c 1 -w 1 -I ${red.device} ${nobody}`,
        `busybox ping -c 1 -W 2 ${beyond}`,
      ].join("; "),
    );
    const of = (what: string): { interface: string; text: string }[] =>
      frames.filter(({ text }) => text.includes(what));
    const on = (what: string): string[] => [...new Set(of(what).map((frame) => frame.interface))];
    if (!on(beyond).includes(uplink.interface))
      throw new ProbeFailed(`the capture saw nothing on ${uplink.interface}, not even what was sent there`);
    mustInclude("interfaces that a ping between the namespaces passed", on(red.address), red.port, green.port);
    mustInclude("interfaces that a broadcast of red passed", on(`who-has ${nobody}`), bridge, green.port);
    // What the namespaces send beyond by the default route meanwhile is forwarded by the host, not by the bridge.
    const inside = new Set((await bridgePorts(lab.root, bridge)).concat(bridge));
    expect(
      frames.filter((frame) => !inside.has(frame.interface) && !frame.text.includes(beyond)).map(({ text }) => text),
      "frames of the namespaces on other interfaces than the bridge and its ports",
    ).toEqual([]);
  },
);
