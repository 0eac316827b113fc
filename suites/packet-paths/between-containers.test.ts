import { expect } from "vitest";
import { keptApart } from "../../helpers/expectations/default-bridge.ts";
import { masquerades } from "../../helpers/expectations/firewall.ts";
import { ProbeFailed } from "../../helpers/model/evidence.ts";
import { link } from "../../helpers/probes/links.ts";
import { parseBridgeFdb } from "../../helpers/probes/parse/parse-bridge-fdb.ts";
import { ping } from "../../helpers/probes/reach.ts";
import { mustHold } from "../../helpers/requirement/firewall-rule.ts";
import {
  busybox,
  chapter,
  cite,
  D1,
  D2,
  mustReach,
  NotApplicable,
  requirement,
  stage,
  topology,
} from "../../helpers/requirement/index.ts";
import { watching } from "../../helpers/requirement/watching.ts";
import { listRules } from "../../helpers/snapshot/firewall/rule-list.ts";
import { echoOf, eth0Of, hostEndOf, mustBeClosed, onlyEcho, pingsOf, told, unusualSize, waysOf } from "./points.ts";

const L2_ONLY = cite(
  "linux/bridge#is-it-l3-protocol-independent",
  "The bridge sees all frames, but it uses only L2 headers/information.",
);
const BY_MAC = cite(
  "linux/bridge#introduction",
  "The purpose of a bridge is to filter and forward frames between different segments based on the destination MAC (Media Access Control) address.",
);

/** Sender, receiver and somebody whom it does not concern, on the default bridge. */
const three = topology("path-between", {
  containers: { sender: busybox(), receiver: busybox(), bystander: busybox() },
});

const placed = stage(three, async ({ sender, receiver, bystander }, session) => {
  const bridge = session.facts.defaultBridge;
  if (bridge === null) throw new NotApplicable("this engine has no default bridge");
  const host = await session.host();
  const [senderEnd, receiverEnd, bystanderEnd] = await Promise.all(
    [sender, receiver, bystander].map((container) => hostEndOf(container, host)),
  );
  if (senderEnd === undefined || receiverEnd === undefined || bystanderEnd === undefined)
    throw new ProbeFailed("a host end is missing");
  return { sender, receiver, bystander, senderEnd, receiverEnd, bystanderEnd, bridge, host };
});

/** One echo from the sender to the receiver, seen at the five points of its way and at the bystander's. */
const echo = stage(placed, async (parts, session) => {
  const { sender, receiver, bystander, senderEnd, receiverEnd, bystanderEnd, bridge, host } = parts;
  const size = unusualSize();
  const filter = pingsOf(size);
  const { value, seen, closed } = await watching(
    {
      "the sender's eth0": eth0Of(sender, session, filter),
      "the sender's host veth": { on: session, device: senderEnd, filter },
      "the bridge": { on: session, device: bridge.device, filter },
      "the receiver's host veth": { on: session, device: receiverEnd, filter },
      "the receiver's eth0": eth0Of(receiver, session, filter),
      "the bystander's host veth": { on: session, device: bystanderEnd, filter },
    },
    async () => {
      // Both know each other's hardware address afterwards, and the bridge the port of each. Not before the captures:
      // the kernel stamps what it receives only a moment after the first of them has asked for it, and until then
      // each point would have a time of its own.
      await mustReach(ping(sender, receiver.address));
      const asked = await sender.act(`ping -c 1 -W 10 -s ${size} ${receiver.address}`);
      const forwarding = await host.own(`bridge fdb show br ${bridge.device}`);
      // The closing packets: the host passes every point of the bridge when it asks both ends and the bystander.
      await Promise.all(
        [sender, receiver, bystander].map(({ address }) => host.act(`ping -c 1 -W 10 -s ${size} ${address}`)),
      );
      return {
        value: { asked, forwarding },
        isClosing: ({ source, destination }) => [source.address, destination.address].includes(bridge.gateway),
      };
    },
  );
  return { ...parts, ...value, seen, closed };
});

const WAY = [
  "the sender's eth0",
  "the sender's host veth",
  "the bridge",
  "the receiver's host veth",
  "the receiver's eth0",
] as const;

const common = {
  from: [D1("5.2")],
  needs: ["default bridge", "host view", "packet capture"] as const,
  unless: keptApart,
  appliesTo: 'not with "icc": false',
  cause: "a firewall drops or changes what is forwarded between the bridge's ports, or a port of the bridge is down",
};

for (const [id, point, where] of [
  ["PATH-01", "the sender's eth0", "the sender's eth0"],
  ["PATH-02", "the sender's host veth", "the host's end of the sender's veth pair"],
  ["PATH-03", "the bridge", "the bridge's device by a capture that switches it to promiscuous mode"],
  ["PATH-04", "the receiver's host veth", "the host's end of the receiver's veth pair"],
  ["PATH-05", "the receiver's eth0", "the receiver's eth0"],
] as const) {
  requirement(
    id,
    {
      must: `A ping from one container on the default bridge to another MUST be seen on ${where}, request and reply`,
      ...common,
    },
    echo,
    ({ seen, sender, receiver }) => {
      expect(waysOf(seen[point]), `what was seen at ${point}`).toEqual([
        `${sender.address} > ${receiver.address}`,
        `${receiver.address} > ${sender.address}`,
      ]);
    },
  );
}

const onEcho = chapter({ given: echo, ...common });

onEcho(
  "PATH-06",
  {
    must: "Source and destination addresses of a ping between two containers on the default bridge MUST be the same at all five points of its way: nothing is translated",
    from: [L2_ONLY, ...common.from],
  },
  ({ seen, sender, receiver }) => {
    for (const [type, way] of [
      ["request", `${sender.address} > ${receiver.address}`],
      ["reply", `${receiver.address} > ${sender.address}`],
    ] as const)
      expect(
        Object.fromEntries(WAY.map((point) => [point, waysOf(echoOf(seen[point], type))])),
        `addresses of the ${type}`,
      ).toEqual(Object.fromEntries(WAY.map((point) => [point, [way]])));
  },
);

onEcho(
  "PATH-07",
  {
    must: "ICMP identifier and sequence number of a ping between two containers on the default bridge MUST be the same at all five points of its way, in request and reply",
  },
  ({ seen }) => {
    const { id, sequence } = onlyEcho(seen["the sender's eth0"], "request", "the sender's eth0").echo ?? {};
    for (const type of ["request", "reply"] as const)
      expect(
        Object.fromEntries(WAY.map((point) => [point, echoOf(seen[point], type).map((packet) => packet.echo)])),
        `identifier and sequence number of the ${type}`,
      ).toEqual(Object.fromEntries(WAY.map((point) => [point, [{ type, id, sequence }]])));
  },
);

onEcho(
  "PATH-08",
  {
    must: "One echo between two containers on the default bridge MUST appear as exactly one request and one reply at each point of its way",
  },
  ({ seen }) => {
    expect(
      Object.fromEntries(WAY.map((point) => [point, seen[point].map((packet) => packet.echo?.type)])),
      "packets at each point",
    ).toEqual(Object.fromEntries(WAY.map((point) => [point, ["request", "reply"]])));
  },
);

onEcho(
  "PATH-09",
  {
    must: "The reply to a ping between two containers on the default bridge MUST take the points of the request in reverse",
  },
  ({ seen }) => {
    for (const [type, way] of [
      ["request", WAY],
      ["reply", WAY.toReversed()],
    ] as const) {
      const times = way.map((point) => ({ point, time: onlyEcho(seen[point], type, point).time }));
      // Equal stamps are allowed, and stay in the order of the way: the sort is stable.
      const observed = times.toSorted((a, b) => (a.time < b.time ? -1 : a.time > b.time ? 1 : 0));
      expect(
        observed.map(({ point }) => point),
        `points by the time at which they saw the ${type}`,
      ).toEqual(way);
    }
  },
);

onEcho(
  "PATH-10",
  {
    must: "A frame between two ports of the default bridge MUST carry, on the bridge's device, the time stamp of the port that it entered by",
  },
  ({ seen }) => {
    const stamp = (point: (typeof WAY)[number], type: "request" | "reply") =>
      String(onlyEcho(seen[point], type, point).time);
    expect(
      { request: stamp("the bridge", "request"), reply: stamp("the bridge", "reply") },
      "time stamps on the bridge's device, beside those of the ports that the frames entered by",
    ).toEqual({
      request: stamp("the sender's host veth", "request"),
      reply: stamp("the receiver's host veth", "reply"),
    });
  },
);

onEcho(
  "PATH-11",
  {
    must: "The TTL of a packet MUST NOT be decremented between containers of one bridge",
    from: [
      cite(
        "linux/bridge#is-it-l3-protocol-independent",
        "The bridge sees all frames, but it uses only L2 headers/information.",
      ),
      D1("5.2"),
      D2("四"),
    ],
  },
  ({ seen }) => {
    for (const [type, way] of [
      ["request", WAY],
      ["reply", WAY.toReversed()],
    ] as const) {
      const sent = onlyEcho(seen[way[0] ?? "the bridge"], type, way[0] ?? "").ttl;
      expect(
        Object.fromEntries(way.map((point) => [point, onlyEcho(seen[point], type, point).ttl])),
        `TTL of the ${type}, which its sender sent with ${sent}`,
      ).toEqual(Object.fromEntries(way.map((point) => [point, sent])));
    }
  },
);

onEcho(
  "PATH-12",
  {
    must: "The veth of a third container on the default bridge MUST NOT see what two others say to each other",
    from: [BY_MAC, ...common.from],
    cause:
      "the bridge floods: its forwarding table is full or is being emptied (ageing 0), or two ports have one hardware address",
  },
  ({ seen, closed, host, bystander }) => {
    mustBeClosed(closed, "the bystander's host veth", ping(host, bystander.address));
    expect(waysOf(seen["the receiver's host veth"]).length, "what the receiver's host veth saw").toBeGreaterThan(0);
    expect(told(seen["the bystander's host veth"]), "what the bystander's host veth saw").toEqual([]);
  },
);

onEcho(
  "PATH-13",
  {
    must: "A container MUST send what is for a neighbour on its own network by the connected route, straight to the neighbour's hardware address, and not by the default route",
    cause: "the container's connected route is gone, or another route covers the receiver's address",
  },
  async ({ seen, sender, receiver }) => {
    const [chosen, eth0] = await Promise.all([sender.ask(`ip route get ${receiver.address}`), link(receiver, "eth0")]);
    expect(chosen.stdout, "route that the sender's kernel picks").toMatch(/ dev eth0 /);
    expect(chosen.stdout, "route that the sender's kernel picks").not.toMatch(/ via /);
    expect(
      onlyEcho(seen["the sender's eth0"], "request", "the sender's eth0").destinationMac,
      "hardware address that the request was sent to",
    ).toBe(eth0?.mac);
  },
);

onEcho(
  "PATH-14",
  {
    must: "The default bridge MUST know the receiver's hardware address on the receiver's port",
    from: [BY_MAC, ...common.from],
    needs: [...common.needs, "host iproute2"],
  },
  async ({ forwarding, receiver, receiverEnd, bridge }) => {
    const mac = (await link(receiver, "eth0"))?.mac;
    if (forwarding.exitCode !== 0)
      throw new ProbeFailed(`the forwarding table of ${bridge.device} can't be read`, forwarding);
    const ports = parseBridgeFdb(forwarding.stdout)
      .filter((entry) => entry.mac === mac)
      .map((entry) => entry.interface);
    expect(ports, `ports behind which ${bridge.device} knows ${mac}`).toEqual([receiverEnd]);
  },
);

onEcho(
  "PATH-23",
  {
    must: "What is bridged between two containers MUST NOT be translated although there is a masquerade rule for the bridge's subnet",
    from: [L2_ONLY, ...common.from],
    needs: [...common.needs, "host iptables"],
    unless: (facts) =>
      keptApart(facts) ??
      (facts.configuration["ip-masq"] === false ? '"ip-masq": false: there is no masquerade rule' : null),
    cause: "a masquerade rule without `! -o <bridge>` was added to POSTROUTING",
  },
  async ({ seen, sender, receiver, bridge, host }) => {
    mustHold("the masquerade rule", masquerades((await listRules(host)).rules, bridge.subnet, bridge.device));
    expect(waysOf(echoOf(seen["the receiver's eth0"], "request")), "the request as it reached the receiver").toEqual([
      `${sender.address} > ${receiver.address}`,
    ]);
  },
);
