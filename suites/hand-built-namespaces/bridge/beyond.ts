import { expect } from "vitest";
import { cidr } from "../../../helpers/model/cidr.ts";
import { ProbeFailed } from "../../../helpers/model/evidence.ts";
import { parsePing } from "../../../helpers/probes/parse/parse-ping.ts";
import { ping } from "../../../helpers/probes/reach.ts";
import { defaultRoute } from "../../../helpers/probes/routes.ts";
import { textFile } from "../../../helpers/probes/text-file.ts";
import { settledUp, within } from "../../../helpers/requirement/hand-built.ts";
import {
  chapter,
  cite,
  D4,
  mustMatchTable,
  mustNotReach,
  mustReach,
  requirement,
  stage,
} from "../../../helpers/requirement/index.ts";
import { lanAddress } from "../../../helpers/requirement/lan-address.ts";
import { atThisMoment } from "../../../helpers/requirement/moment.ts";
import { NEEDS } from "../look.ts";
import { BEYOND, learned, outside } from "./site.ts";

const STOPPED = "a rule of the host's FORWARD chain, or its rp_filter, stops what comes from the bridge";

/** The bridge with an address, the namespaces without a default route. */
const reachable = stage(learned, async (value, session) => {
  const { lab, bridge, subnet, red, all } = value;
  const gateway = subnet.host(1);
  const lan = lanAddress(session.facts);
  await lab.run(`ip address add ${gateway}/${subnet.prefix} dev ${bridge}`);
  const gatewayAnswers = await atThisMoment(
    mustMatchTable(
      all.map(({ namespace }) => ({ question: ping(namespace.busybox, gateway), expected: "replied" as const })),
    ),
  );
  const hostHidden = await atThisMoment(
    mustNotReach(ping(red.namespace.busybox, lan), { as: "unreachable", control: ping(lab.host, lan) }),
  );
  return { ...value, gateway, lan, gatewayAnswers, hostHidden };
});

requirement(
  "NETNS-87",
  {
    must: "An address on the bridge MUST make it reachable from the namespaces",
    from: [D4("Linux bridge")],
    needs: NEEDS,
  },
  reachable,
  ({ gatewayAnswers }) => {
    gatewayAnswers();
  },
);

requirement(
  "NETNS-88",
  {
    must: "Without a default route a namespace MUST NOT reach the host's LAN address: its own kernel knows no route",
    from: [D4("Linux bridge")],
    needs: NEEDS,
  },
  reachable,
  ({ hostHidden }) => {
    expect(hostHidden().unreachable, "why it is unreachable").toBe("no route");
  },
);

/** The bridge's address as the namespaces' default gateway; nothing is masqueraded yet. */
const routed = stage(reachable, async (value) => {
  const { lab, gateway, lan, red, all } = value;
  await lab.run(...all.flatMap(({ namespace }) => within(namespace, `ip route add default via ${gateway}`)));
  const hostAnswers = await atThisMoment(mustReach(ping(red.namespace.busybox, lan)));
  return { ...value, hostAnswers };
});

requirement(
  "NETNS-89",
  {
    must: "With the bridge's address as its default gateway a namespace MUST reach the host's LAN address",
    from: [D4("Linux bridge")],
    needs: NEEDS,
  },
  routed,
  async ({ hostAnswers, gateway, red }) => {
    hostAnswers();
    expect(await defaultRoute(red.namespace), "default route of the namespace").toMatchObject({
      gateway,
      interface: red.device,
    });
  },
);

/** TTL of the answer to a ping. */
function ttlOf(answer: string): number {
  const [reply] = parsePing(answer).replies;
  if (reply === undefined) throw new ProbeFailed("the ping's answer has no TTL");
  return reply.ttl;
}

requirement(
  "NETNS-90",
  {
    must: "The TTL of the host's own answer to a namespace MUST be undiminished: the packet is not forwarded",
    from: [D4("Linux bridge")],
    needs: NEEDS,
  },
  routed,
  async ({ lab, lan, hostAnswers }) => {
    const { answer } = await mustReach(ping(lab.host, lan));
    const initial = Number((await textFile(lab.root, "/proc/sys/net/ipv4/ip_default_ttl")).trim());
    expect(ttlOf(answer), "TTL of the host's answer to itself").toBe(initial);
    expect(ttlOf(hostAnswers().answer), "TTL of the host's answer to a namespace").toBe(initial);
  },
);

/** Masquerading for the namespaces' subnet; the same ping to the second host without and with it. */
const masqueraded = stage(routed, async (value, session) => {
  const { lab, subnet, red, green } = value;
  const beyond = await outside(session);
  const silent = await atThisMoment(
    mustNotReach(ping(red.namespace.busybox, beyond), {
      as: "timed out",
      control: ping(lab.host, beyond),
      cause: "the second host has a route to this subnet, or something masquerades it already",
    }),
  );
  // The comment says whose it is: to whoever reads the host's rules, and to the suites that judge those of others.
  const rule = `POSTROUTING -s ${subnet} -m comment --comment ${lab.nameOf("masquerade")} -j MASQUERADE`;
  lab.undo(`iptables -w 10 -t nat -D ${rule}`);
  await lab.run(`iptables -w 10 -t nat -A ${rule}`);
  const [fromRed, fromGreen] = await Promise.all([
    atThisMoment(mustReach(ping(red.namespace.busybox, beyond), STOPPED)),
    atThisMoment(mustReach(ping(green.namespace.busybox, beyond), STOPPED)),
  ]);
  return { ...value, beyond, silent, fromRed, fromGreen };
});

const onMasqueraded = chapter({ given: masqueraded, needs: BEYOND });

onMasqueraded(
  "NETNS-92",
  {
    must: "For targets beyond the host the namespaces' source address MUST be masqueraded: without the rule no answer comes back, with it one does",
    from: [D4("Linux bridge")],
  },
  ({ silent, fromRed }) => {
    silent();
    fromRed();
  },
);

onMasqueraded(
  "NETNS-93",
  {
    must: "With forwarding and masquerading every namespace MUST reach an address beyond the host",
    from: [D4("Linux bridge")],
  },
  async ({ lab, fromRed, fromGreen }) => {
    expect((await textFile(lab.root, "/proc/sys/net/ipv4/ip_forward")).trim(), "net.ipv4.ip_forward of the host").toBe(
      "1",
    );
    fromRed();
    fromGreen();
  },
);

onMasqueraded(
  "NETNS-94",
  {
    must: "The TTL of an outside answer MUST be one lower in the namespace than on the host",
    from: [D4("Linux bridge")],
  },
  async ({ lab, beyond, fromRed }) => {
    const { answer } = await mustReach(ping(lab.host, beyond));
    expect(ttlOf(fromRed().answer), "TTL of the second host's answer to a namespace").toBe(ttlOf(answer) - 1);
  },
);

/**
 * A machine that forwards for somebody behind it, with net.ipv4.ip_forward off and on. The setting is one of each
 * namespace, so the blue one is that machine: turned off on the host itself it would cut off every container there.
 */
const forwarded = stage(masqueraded, async (value, session) => {
  const { lab, blue, beyond } = value;
  const hidden = await lab.namespace("behind");
  const between = cidr(session.subnets.choose(24));
  const [far, near] = [between.host(2), between.host(1)];
  await lab.run(
    `ip link add eth0 netns ${hidden.name} type veth peer name inner netns ${blue.namespace.name}`,
    ...within(
      blue.namespace,
      `ip address add ${near}/${between.prefix} dev inner`,
      "ip link set inner up",
      `iptables -w 10 -t nat -A POSTROUTING -s ${between} -j MASQUERADE`,
      "sysctl -q -w net.ipv4.ip_forward=0",
    ),
    ...within(
      hidden,
      `ip address add ${far}/${between.prefix} dev eth0`,
      "ip link set eth0 up",
      `ip route add default via ${near}`,
    ),
  );
  const gatewayAnswers = await atThisMoment(
    settledUp(hidden, "eth0").then(() => mustReach(ping(hidden.busybox, near))),
  );
  const off = await atThisMoment(
    mustNotReach(ping(hidden.busybox, beyond), {
      as: ["timed out", "unreachable"],
      control: ping(blue.namespace.busybox, beyond),
    }),
  );
  await lab.runIn(blue.namespace, "sysctl -q -w net.ipv4.ip_forward=1");
  const on = await atThisMoment(mustReach(ping(hidden.busybox, beyond)));
  return { gatewayAnswers, off, on };
});

requirement(
  "NETNS-91",
  {
    must: "For targets beyond a machine its net.ipv4.ip_forward MUST be 1: with 0 nothing gets through, not even masqueraded, though the machine itself answers and reaches them",
    from: [D4("Linux bridge")],
    needs: BEYOND,
  },
  forwarded,
  ({ gatewayAnswers, off, on }) => {
    gatewayAnswers();
    off();
    on();
  },
);

onMasqueraded(
  "NETNS-107",
  {
    must: "The Docker default network MUST be buildable by hand with the steps bridge, veth pairs, addresses, default routes, ip_forward and masquerading: then every namespace reaches every other one, the gateway, the host and what lies beyond",
    from: [
      cite(
        "libnetwork/network#bridge-mode",
        "Creates a veth-pair, attaching one end to docker0 bridge on host NS, and move the other end to the new container NS.",
      ),
      D4("简单回顾"),
    ],
  },
  async ({ all, gateway, lan, beyond }) => {
    await mustMatchTable(
      all.flatMap((from) =>
        [...all.filter((to) => to !== from).map(({ address }) => address), gateway, lan, beyond].map((target) => ({
          question: ping(from.namespace.busybox, target),
          expected: "replied" as const,
        })),
      ),
      STOPPED,
    );
  },
);
