import { expect } from "vitest";
import { link } from "../../../helpers/probes/links.ts";
import { settledUp } from "../../../helpers/requirement/hand-built.ts";
import { chapter, cite, D0, D3, requirement, stage } from "../../../helpers/requirement/index.ts";
import { atThisMoment } from "../../../helpers/requirement/moment.ts";
import { countersOf, ipv4Of, kernelIn, look, meet, NEEDS, names, plain, shownIn } from "../look.ts";
import { addressed, neededIfconfig, TUNNELS } from "./site.ts";

/** The second end moved from the host into the second namespace, which it has an address and has seen packets before. */
const bothMoved = stage(addressed, async (value) => {
  const { lab, one, ns1, ns2 } = value;
  const upBefore = await look(lab.root);
  const countedBefore = await countersOf(lab.root, one);
  await lab.run(`ip link set ${one} netns ${ns2.name}`);
  const countedAfter = await atThisMoment(countersOf(ns2, one));
  const [onHostLast, inFirst, inSecond] = await Promise.all([look(lab.root), look(ns1), look(ns2)]);
  return { ...value, upBefore, countedBefore, countedAfter, onHostLast, inFirst, inSecond };
});

requirement(
  "NETNS-45",
  { must: "The second end of a pair MUST be movable to another namespace afterwards", from: [D0("3.2")], needs: NEEDS },
  bothMoved,
  ({ one, onHostLast, inSecond }) => {
    expect(names(onHostLast.shown), "interfaces of the host").not.toContain(one);
    expect(names(inSecond.shown), "interfaces of the second namespace").toContain(one);
  },
);

requirement(
  "NETNS-46",
  { must: "Moving an interface MUST delete its IPv4 address", from: [D0("3.2")], needs: NEEDS },
  bothMoved,
  ({ one, host, subnet, upBefore, inSecond }) => {
    expect(plain(ipv4Of(shownIn(upBefore, one))), "IPv4 addresses before the move").toEqual([
      `${host}/${subnet.prefix}`,
    ]);
    expect(plain(ipv4Of(shownIn(inSecond, one))), "IPv4 addresses after the move").toEqual([]);
  },
);

requirement(
  "NETNS-47",
  { must: "Moving an interface that is up MUST set it down", from: [D0("3.2")], needs: NEEDS },
  bothMoved,
  ({ one, upBefore, inSecond }) => {
    expect(kernelIn(upBefore, one).up, `whether ${one} was up before the move`).toBe(true);
    expect(kernelIn(inSecond, one).up, `whether ${one} is up after the move`).toBe(false);
  },
);

requirement(
  "NETNS-48",
  { must: "Moving an interface MUST keep its hardware address", from: [D0("3.2")], needs: NEEDS },
  bothMoved,
  ({ one, upBefore, inSecond }) => {
    expect(kernelIn(inSecond, one).mac, "hardware address after the move").toBe(kernelIn(upBefore, one).mac);
  },
);

requirement(
  "NETNS-49",
  { must: "Moving an interface MUST keep its packet counters", from: [D0("3.2")], needs: NEEDS },
  bothMoved,
  ({ countedBefore, countedAfter: counted }) => {
    const countedAfter = counted();
    for (const key of ["rxPackets", "rxBytes", "txPackets", "txBytes"] as const) {
      expect(countedBefore[key], `${key} before the move`).toBeGreaterThan(0);
      // The kernel's own frames may have been counted between the reading and the move.
      expect(countedAfter[key], `${key} after the move, ${countedBefore[key]} before`).toBeGreaterThanOrEqual(
        countedBefore[key],
      );
    }
  },
);

requirement(
  "NETNS-50",
  {
    must: "The end that stays MUST keep its address while its peer moves, and lose its carrier",
    from: [D0("3.2")],
    needs: NEEDS,
  },
  bothMoved,
  ({ insideAddressed, inFirst }) => {
    const eth0 = shownIn(inFirst, "eth0");
    expect(plain(ipv4Of(eth0)), "IPv4 addresses of the end that stays").toEqual(
      plain(ipv4Of(shownIn(insideAddressed, "eth0"))),
    );
    expect(eth0.flags, "flags of the end that stays").toContain("NO-CARRIER");
  },
);

/** The second end renamed as the first one was. */
const bothNamed = stage(bothMoved, async (value) => {
  const { lab, one, ns1, ns2 } = value;
  await lab.runIn(ns2, `ip link set ${one} name eth0`);
  const [first, second] = await Promise.all([link(ns1, "eth0"), link(ns2, "eth0")]);
  return { ...value, first, second };
});

/** Its address of the same subnet with its mask. */
const bothReady = stage(bothNamed, async (value) => {
  const { lab, ns1, ns2, subnet, inner, ifconfig } = value;
  const outer = subnet.host(4);
  if (ifconfig) await lab.runIn(ns2, `ifconfig eth0 ${outer}/${subnet.prefix} up`);
  else await lab.runIn(ns2, `ip address add ${outer}/${subnet.prefix} dev eth0`, "ip link set eth0 up");
  const secondAddressed = await look(ns2);
  const namespacesMet = await atThisMoment(
    settledUp(ns1, "eth0")
      .then(() => settledUp(ns2, "eth0"))
      .then(() => meet(ns2.busybox, outer, ns1.busybox, inner)),
  );
  return { ...value, outer, secondAddressed, namespacesMet };
});

requirement(
  "NETNS-36",
  {
    must: "The same name MUST be usable for different interfaces in two namespaces at once",
    from: [
      cite(
        "man/network_namespaces",
        "Network namespaces provide isolation of the system resources associated with networking: network devices, IPv4 and IPv6 protocol stacks, IP routing tables, firewall rules",
      ),
      D0("3.2"),
      D3("二.1.1"),
    ],
    needs: NEEDS,
  },
  bothNamed,
  ({ first, second }) => {
    expect(first?.name, "interface in the first namespace").toBe("eth0");
    expect(second?.name, "interface in the second namespace").toBe("eth0");
    expect(second?.mac, `hardware address of the second eth0, the first one's being ${first?.mac}`).not.toBe(
      first?.mac,
    );
  },
);

const onBothReady = chapter({ given: bothReady, needs: NEEDS });

onBothReady(
  "NETNS-40",
  {
    must: "`ifconfig IF A/24 up` MUST set the mask 255.255.255.0",
    from: [D3("二.1.1")],
    appliesTo: "hosts with net-tools",
  },
  ({ ifconfig, outer, secondAddressed }) => {
    neededIfconfig(ifconfig);
    expect(plain(ipv4Of(shownIn(secondAddressed, "eth0"))), "IPv4 addresses of eth0").toEqual([`${outer}/24`]);
  },
);

onBothReady(
  "NETNS-41",
  {
    must: "`ifconfig IF A/24 up` MUST set the broadcast address of A's /24, and bring the interface up",
    from: [D3("二.1.1")],
    appliesTo: "hosts with net-tools",
  },
  ({ ifconfig, subnet, secondAddressed }) => {
    neededIfconfig(ifconfig);
    expect(
      ipv4Of(shownIn(secondAddressed, "eth0")).map(({ broadcast }) => broadcast),
      "broadcast addresses of eth0",
    ).toEqual([subnet.broadcast]);
    expect(kernelIn(secondAddressed, "eth0").up, "whether eth0 is up").toBe(true);
  },
);

onBothReady(
  "NETNS-51",
  {
    must: "The two namespaces MUST reach each other over the pair after the second one's end got an address",
    from: [TUNNELS, D0("3.2"), D3("二.1.1")],
  },
  ({ namespacesMet }) => {
    namespacesMet();
  },
);
