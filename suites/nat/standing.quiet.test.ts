import { expect } from "vitest";
import {
  acceptsOutgoing,
  acceptsReplies,
  dropsUnpublished,
  expectsEarlyReturn,
  filtersIncoming,
  isolation,
  judgesWithin,
  jumpsToDockerFromOutput,
  jumpsToDockerFromPrerouting,
  masquerades,
  returnsEarly,
} from "../../helpers/expectations/firewall.ts";
import { formatRule, type RuleFinding } from "../../helpers/expectations/rule-match.ts";
import { type BridgeWays, userChain } from "../../helpers/expectations/user-chain.ts";
import { bridgeDeviceName } from "../../helpers/expectations/user-network.ts";
import { cidr, isIpv4Cidr } from "../../helpers/model/cidr.ts";
import type { Facts } from "../../helpers/model/facts.ts";
import { FLUSHED, mustComeTo, mustHold, mustNotHold } from "../../helpers/requirement/firewall-rule.ts";
import {
  chapter,
  cite,
  D1,
  D3,
  engine,
  NotApplicable,
  note,
  stage,
  theEngine,
  Violation,
} from "../../helpers/requirement/index.ts";
import { type CountedRule, listRules } from "../../helpers/snapshot/firewall/rule-list.ts";
import type { NetworkRecord } from "../../helpers/topology/network-record.ts";
import { docker0, noRules, passing, RULES, STOPPED } from "./rules.ts";

const ISOLATE = cite(
  "docs/firewalls-28#docker-and-iptables-chains",
  "Rules to isolate Docker networks from each other.",
);

const FORWARD = { table: "filter", chain: "FORWARD" } as const;

/**
 * The rules that dockerd made at its start, read before the suites make a network: a new network puts many of the
 * general rules back in place, and a host that was broken before would look whole.
 */
const standing = stage(theEngine, async (session) => await listRules(await session.host()));

const onRules = chapter({ given: standing, ...RULES });

onRules(
  "NAT-02",
  {
    must: "The nat table MUST have a chain DOCKER",
    from: [
      cite(
        "docs/firewall-iptables#docker-and-iptables-chains",
        "In the nat table, Docker creates chain DOCKER and adds rules to implement masquerading and port-mapping.",
      ),
      D1("bridge模式"),
      D1("5.1.1"),
      D3("二.1"),
    ],
    cause: FLUSHED,
  },
  ({ chains }) => {
    const names = chains.filter(({ table }) => table === "nat").map(({ name }) => name);
    expect(names, "chains of the nat table").toContain("DOCKER");
  },
);

onRules(
  "NAT-03",
  {
    must: "nat PREROUTING MUST send packets for any of the host's addresses to the chain DOCKER",
    from: [
      cite("iptablesdoc/new-daemon", "-A PREROUTING -m addrtype --dst-type LOCAL -j DOCKER"),
      D1("bridge模式"),
      D1("5.1.1"),
      D3("二.1"),
    ],
  },
  ({ rules }, { facts }) =>
    mustComeTo("what nat PREROUTING does with packets for the host", jumpsToDockerFromPrerouting(rules), rules, {
      table: "nat",
      chain: "PREROUTING",
      packets: { from: passing(facts, "in").from ?? {}, to: { host: true }, protocol: "tcp", state: "NEW" },
    }),
);

onRules(
  "NAT-04",
  {
    must: "nat OUTPUT MUST send the host's own packets for any of its addresses to the chain DOCKER, except 127.0.0.0/8 where docker-proxy serves these",
    from: [
      cite("iptablesdoc/new-daemon", "-A OUTPUT ! -d 127.0.0.0/8 -m addrtype --dst-type LOCAL -j DOCKER"),
      D1("bridge模式"),
      D1("5.1.1"),
      D3("二.1"),
    ],
  },
  ({ rules }, { facts }) =>
    mustComeTo("what nat OUTPUT does with packets for the host", jumpsToDockerFromOutput(facts, rules), rules, {
      table: "nat",
      chain: "OUTPUT",
      packets: { to: { host: true }, protocol: "tcp", state: "NEW" },
    }),
);

const onStanding = chapter({ given: standing, needs: RULES.needs });

onStanding(
  "NAT-05",
  {
    must: "nat POSTROUTING MUST masquerade packets from the default bridge's subnet that leave by another device than the bridge",
    from: [
      cite(
        "docs/port-publishing",
        "Outgoing connections from the container will masquerade, using the Docker host's IP address.",
      ),
      D1("bridge模式"),
      D1("5.1.1"),
      D1("5.3"),
      D3("二.1"),
    ],
    unless: (facts) =>
      noRules(facts) ??
      (facts.configuration["ip-masq"] === false ? "the daemon masquerades nothing (ip-masq: false)" : null),
  },
  ({ rules }, { facts }) => {
    const { device, subnet } = docker0(facts);
    mustComeTo(`masquerading of ${subnet}`, masquerades(rules, subnet, device), rules, {
      table: "nat",
      chain: "POSTROUTING",
      packets: passing(facts, "out"),
      spared: ["MASQUERADE", "SNAT"],
    });
  },
);

/** Whether packets from the default bridge are left to docker-proxy. */
function leavesDefaultBridgeToProxy(facts: Facts): boolean {
  return expectsEarlyReturn(facts, { masquerade: facts.configuration["ip-masq"] ?? true });
}

onStanding(
  "NAT-06",
  {
    must: "The nat chain DOCKER MUST return early for packets that enter from the default bridge, where docker-proxy serves these",
    from: [D1("bridge模式"), D1("5.1.1"), D1("5.3"), D3("二.1")],
    until: "no-nat-early-return",
    unless: (facts) =>
      noRules(facts) ??
      (leavesDefaultBridgeToProxy(facts)
        ? null
        : "with the userland proxy or masquerading off, packets from the bridge are translated too"),
  },
  ({ rules }, { facts }) => mustHold("early return for the default bridge", returnsEarly(rules, docker0(facts).device)),
);

onStanding(
  "NAT-06b",
  {
    must: "The nat chain DOCKER MUST NOT return early for packets from a bridge where these are to be translated",
    from: [engine("moby#49981")],
    unless: (facts) =>
      noRules(facts) ??
      (leavesDefaultBridgeToProxy(facts) ? "this engine leaves packets from its bridges to docker-proxy" : null),
  },
  ({ rules }, { facts }) =>
    mustNotHold("early return for the default bridge", returnsEarly(rules, docker0(facts).device)),
);

onRules(
  "NAT-10",
  {
    must: "New connections of containers MUST meet the chain DOCKER-USER in filter FORWARD before any rule accepts them, so that the user's rules come before Docker's",
    from: [
      cite(
        "docs/firewall-iptables#docker-and-iptables-chains",
        "A placeholder for user-defined rules that will be processed before rules in the DOCKER-FORWARD and DOCKER chains.",
      ),
      D1("5.1.1"),
    ],
  },
  async ({ rules }, { docker, facts }) => {
    const networks = (await docker.listNetworks({ filters: { driver: ["bridge"] } })) as unknown as NetworkRecord[];
    const { passedBy, before } = userChain(rules, networks.flatMap(waysOfBridge), facts.host?.uplink?.interface);
    if (passedBy.length === 0) {
      if (before.length > 0) noteOrder(before);
      return;
    }
    const by = [...new Set(passedBy.map((one) => one.by))];
    throw new Violation("the way to DOCKER-USER", {
      expected: "what concerns Docker's bridges comes to -A FORWARD -j DOCKER-USER before it is accepted",
      observed: [...new Set(passedBy.map(({ way, by }) => `${way}: ${by ?? "no rule leads there"}`))].join("; "),
      cause: by.every((rule) => rule === null)
        ? FLUSHED
        : `${by
            .filter((rule) => rule !== null)
            .map((rule) => `\`${rule}\``)
            .join(
              ", ",
            )} accepts before DOCKER-USER is asked: narrow it, or put the jump first again (iptables -D FORWARD -j DOCKER-USER; iptables -I FORWARD -j DOCKER-USER)`,
    });
  },
);

/** A bridge network's device and IPv4 subnet, by which rules know it. */
function waysOfBridge({ Id, Options, IPAM }: NetworkRecord): BridgeWays[] {
  const subnet = (IPAM.Config ?? []).map(({ Subnet }) => Subnet ?? "").find(isIpv4Cidr);
  return subnet === undefined ? [] : [{ device: bridgeDeviceName(Id, Options ?? {}), subnet: cidr(subnet) }];
}

/** Others' rules that stand before the jump to DOCKER-USER and accept nothing that concerns Docker. */
function noteOrder(before: readonly string[]): void {
  note({
    key: "rules before DOCKER-USER",
    what: `${before.length === 1 ? "A rule stands" : `${before.length} rules stand`} before the jump to DOCKER-USER in filter FORWARD: ${before.map((rule) => `\`${rule}\``).join(", ")}. New connections of containers still meet DOCKER-USER before they are accepted; what these rules drop, or accept for devices and peers of their own, does not.`,
    todo: "",
    subjects: [{ kind: "host" }],
  });
}

onRules(
  "NAT-11",
  {
    must: "The chain DOCKER-USER MUST end in RETURN, behind the user's rules if there are any",
    from: [D1("5.1.1")],
    until: "no-docker-user-return",
    cause:
      "rules were appended to DOCKER-USER behind its RETURN, where they never match: insert them instead (iptables -I)",
  },
  ({ rules }) => {
    const own = rules.filter(({ table, chain }) => table === "filter" && chain === "DOCKER-USER");
    expect(own.map(formatRule).at(-1), "last rule of DOCKER-USER").toBe("-A DOCKER-USER -j RETURN");
  },
);

onRules(
  "NAT-12",
  {
    must: "filter FORWARD MUST jump to DOCKER-ISOLATION-STAGE-1",
    from: [ISOLATE, D1("5.1.1")],
    until: "docker-forward-chain",
  },
  ({ rules }, { facts }) =>
    mustComeTo("the way into the isolation chains", jumpIntoIsolation(facts, rules), rules, {
      ...FORWARD,
      packets: { from: passing(facts, "out").from ?? {}, protocol: "tcp", state: "NEW" },
      spared: STOPPED,
    }),
);

onRules(
  "NAT-12b",
  {
    must: "The chain DOCKER-FORWARD MUST jump to DOCKER-ISOLATION-STAGE-1",
    from: [ISOLATE, engine("moby#49518")],
    since: "docker-forward-chain",
    until: "no-isolation-chains",
  },
  ({ rules }, { facts }) =>
    mustComeTo("the way into the isolation chains", jumpIntoIsolation(facts, rules), rules, {
      ...FORWARD,
      packets: { from: passing(facts, "out").from ?? {}, protocol: "tcp", state: "NEW" },
      spared: STOPPED,
    }),
);

/** The first of the isolation rules is the jump into them. */
function jumpIntoIsolation(facts: Facts, rules: readonly CountedRule[]): RuleFinding {
  const [jump] = isolation(facts, rules, docker0(facts).device);
  if (jump === undefined) throw new NotApplicable("this engine has no isolation rules");
  return jump;
}

onRules(
  "NAT-13",
  {
    must: "filter FORWARD MUST accept packets to the default bridge that belong to an established or related connection",
    from: [D1("5.1.1")],
    until: "docker-forward-chain",
  },
  ({ rules }, { facts }) =>
    mustComeTo("acceptance of replies", acceptsReplies(facts, rules, docker0(facts).device), rules, {
      ...FORWARD,
      packets: passing(facts, "in", "ESTABLISHED"),
      spared: ["ACCEPT"],
    }),
);

onRules(
  "NAT-13b",
  {
    must: "The chain DOCKER-CT MUST accept packets to the default bridge that belong to an established or related connection",
    from: [
      cite(
        "iptablesdoc/new-daemon",
        "The DOCKER-CT chain is an early ACCEPT for any RELATED,ESTABLISHED traffic to a docker bridge.",
      ),
      engine("moby#49518"),
    ],
    since: "docker-forward-chain",
  },
  ({ rules }, { facts }) =>
    mustComeTo("acceptance of replies", acceptsReplies(facts, rules, docker0(facts).device), rules, {
      ...FORWARD,
      packets: passing(facts, "in", "ESTABLISHED"),
      spared: ["ACCEPT"],
    }),
);

onRules(
  "NAT-14",
  {
    must: "filter FORWARD MUST send packets for the default bridge through the chain DOCKER",
    from: [D1("5.1.1")],
    until: "docker-forward-chain",
  },
  ({ rules }, { facts }) =>
    mustComeTo(
      "the way of packets for the default bridge",
      filtersIncoming(facts, rules, docker0(facts).device),
      rules,
      {
        ...FORWARD,
        packets: passing(facts, "in"),
      },
    ),
);

onRules(
  "NAT-14b",
  {
    must: "The chain DOCKER-BRIDGE MUST send packets for the default bridge through the chain DOCKER",
    from: [
      cite("iptablesdoc/new-daemon", "DOCKER-BRIDGE has a rule for each bridge network, to jump to the DOCKER chain."),
      engine("moby#49518"),
    ],
    since: "docker-forward-chain",
  },
  ({ rules }, { facts }) =>
    mustComeTo(
      "the way of packets for the default bridge",
      filtersIncoming(facts, rules, docker0(facts).device),
      rules,
      {
        ...FORWARD,
        packets: passing(facts, "in"),
      },
    ),
);

onRules(
  "NAT-15",
  {
    must: "filter FORWARD MUST accept packets from the default bridge to any other device",
    from: [D1("5.1.1")],
    until: "docker-forward-chain",
  },
  ({ rules }, { facts }) => {
    const { device, icc } = docker0(facts);
    mustComeTo("acceptance of what the default bridge sends", acceptsOutgoing(facts, rules, device, { icc }), rules, {
      ...FORWARD,
      packets: passing(facts, "out"),
      spared: ["ACCEPT"],
    });
  },
);

onRules(
  "NAT-15b",
  {
    must: "The chain DOCKER-FORWARD MUST accept packets from the default bridge to any other device",
    from: [cite("iptablesdoc/new-daemon", "-A DOCKER-FORWARD -i docker0 -j ACCEPT"), engine("moby#49518")],
    since: "docker-forward-chain",
  },
  ({ rules }, { facts }) => {
    const { device, icc } = docker0(facts);
    mustComeTo("acceptance of what the default bridge sends", acceptsOutgoing(facts, rules, device, { icc }), rules, {
      ...FORWARD,
      packets: passing(facts, "out"),
      spared: ["ACCEPT"],
    });
  },
);

onRules(
  "NAT-16",
  {
    must: "Packets between ports of the default bridge MUST be accepted, or dropped with inter-container communication off (icc: false)",
    from: [
      cite("iptablesdoc/usernet-portmap-noicc", "drops any packet sent from the internal network to itself"),
      D1("5.1.1"),
    ],
  },
  ({ rules }, { facts }) => {
    const { device, icc } = docker0(facts);
    mustComeTo(
      `packets within ${device}, icc ${icc ? "on" : "off"}`,
      judgesWithin(facts, rules, device, { icc }),
      rules,
      {
        ...FORWARD,
        packets: passing(facts, "within"),
        spared: icc ? ["ACCEPT"] : STOPPED,
      },
    );
  },
);

const ABSENT: RuleFinding = { present: false, wanted: "an isolation rule", nearest: [] };

onRules(
  "NAT-17",
  {
    must: "The first isolation stage MUST send packets that leave the default bridge for another device to the second stage",
    from: [ISOLATE, D1("5.1.1")],
    until: "no-isolation-chains",
  },
  ({ rules }, { facts }) =>
    mustComeTo("the first isolation stage", isolation(facts, rules, docker0(facts).device)[1] ?? ABSENT, rules, {
      table: "filter",
      chain: "DOCKER-ISOLATION-STAGE-1",
      packets: passing(facts, "out"),
      spared: STOPPED,
    }),
);

onRules(
  "NAT-18",
  {
    must: "The second isolation stage MUST drop packets from other bridges that would enter the default bridge",
    from: [ISOLATE, D1("5.1.1")],
    until: "no-isolation-chains",
  },
  ({ rules }, { facts }) =>
    mustComeTo("the second isolation stage", isolation(facts, rules, docker0(facts).device)[2] ?? ABSENT, rules, {
      table: "filter",
      chain: "DOCKER-ISOLATION-STAGE-2",
      packets: { to: passing(facts, "in").to ?? {}, protocol: "tcp", state: "NEW" },
      spared: STOPPED,
    }),
);

onRules(
  "NAT-18b",
  {
    must: "The filter chain DOCKER MUST drop what would enter the default bridge from another device without being published",
    from: [
      cite(
        "docs/release-28#2800",
        "Direct routed access to container ports that are not exposed using p/-publish is now blocked in the DOCKER iptables chain.",
      ),
      engine("release notes 28.0"),
      engine("moby#49981"),
    ],
    since: "unpublished-ports-dropped",
  },
  ({ rules }, { facts }) =>
    mustComeTo("the drop of unpublished traffic", dropsUnpublished(rules, docker0(facts).device), rules, {
      table: "filter",
      chain: "DOCKER",
      packets: passing(facts, "in"),
      spared: STOPPED,
    }),
);

const STAGES = ["DOCKER-ISOLATION-STAGE-1", "DOCKER-ISOLATION-STAGE-2"] as const;

onRules(
  "NAT-19",
  {
    must: "Both isolation stages MUST end in RETURN",
    from: [D1("5.1.1")],
    until: "no-explicit-isolation-return",
    cause: "the RETURN of an isolation chain was deleted, or rules were put behind it: a firewall's reload, a script",
  },
  ({ rules }) => {
    for (const stageName of STAGES) {
      const last = rules.filter(({ table, chain }) => table === "filter" && chain === stageName).at(-1);
      expect(last === undefined ? "no rule" : formatRule(last), `last rule of ${stageName}`).toBe(
        `-A ${stageName} -j RETURN`,
      );
    }
  },
);

onRules(
  "NAT-19b",
  {
    must: "Neither isolation stage MUST decide about packets that none of its rules names",
    from: [engine("moby iptablesdoc v28.0.0")],
    since: "no-explicit-isolation-return",
    until: "no-isolation-chains",
  },
  ({ rules }) => {
    const inStages = rules.filter(
      ({ table, chain }) => table === "filter" && STAGES.some((stageName) => stageName === chain),
    );
    expect(inStages.length, "rules in the isolation stages").toBeGreaterThan(0);
    const unconditional = inStages.filter(({ args }) => args.length === 2 && args[0] === "-j" && args[1] !== "RETURN");
    expect(unconditional.map(formatRule), "rules without a condition").toEqual([]);
  },
);
