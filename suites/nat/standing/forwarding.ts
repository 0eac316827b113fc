import { expect } from "vitest";
import { askForNetworks } from "../../../helpers/engine/answers.ts";
import {
  acceptsOutgoing,
  acceptsReplies,
  filtersIncoming,
  isolation,
  judgesWithin,
} from "../../../helpers/expectations/firewall.ts";
import { formatRule, type RuleFinding } from "../../../helpers/expectations/rule-match.ts";
import { type BridgeWays, userChain } from "../../../helpers/expectations/user-chain.ts";
import { bridgeDeviceName } from "../../../helpers/expectations/user-network.ts";
import { cidr, isIpv4Cidr } from "../../../helpers/model/cidr.ts";
import type { NetworkRecord } from "../../../helpers/model/engine-answers.ts";
import type { Facts } from "../../../helpers/model/facts.ts";
import { FLUSHED, mustComeTo } from "../../../helpers/requirement/firewall-rule.ts";
import { cite, D1, engine, NotApplicable, note, Violation } from "../../../helpers/requirement/index.ts";
import type { CountedRule } from "../../../helpers/snapshot/firewall/rule-list.ts";
import { docker0, passing, STOPPED } from "../rules.ts";
import { ISOLATE, onRules, type RulesCheck } from "./site.ts";

const FORWARD = { table: "filter", chain: "FORWARD" } as const;

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
    const networks = await askForNetworks(docker, "bridge");
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

const mustJumpIntoIsolation: RulesCheck = ({ rules }, { facts }) =>
  mustComeTo("the way into the isolation chains", jumpIntoIsolation(facts, rules), rules, {
    ...FORWARD,
    packets: { from: passing(facts, "out").from ?? {}, protocol: "tcp", state: "NEW" },
    spared: STOPPED,
  });

onRules(
  "NAT-12",
  {
    must: "filter FORWARD MUST jump to DOCKER-ISOLATION-STAGE-1",
    from: [ISOLATE, D1("5.1.1")],
    until: "docker-forward-chain",
  },
  mustJumpIntoIsolation,
);

onRules(
  "NAT-12b",
  {
    must: "The chain DOCKER-FORWARD MUST jump to DOCKER-ISOLATION-STAGE-1",
    from: [ISOLATE, engine("moby#49518")],
    since: "docker-forward-chain",
    until: "no-isolation-chains",
  },
  mustJumpIntoIsolation,
);

/** The first of the isolation rules is the jump into them. */
function jumpIntoIsolation(facts: Facts, rules: readonly CountedRule[]): RuleFinding {
  const [jump] = isolation(facts, rules, docker0(facts).device);
  if (jump === undefined) throw new NotApplicable("this engine has no isolation rules");
  return jump;
}

const mustAcceptReplies: RulesCheck = ({ rules }, { facts }) =>
  mustComeTo("acceptance of replies", acceptsReplies(facts, rules, docker0(facts).device), rules, {
    ...FORWARD,
    packets: passing(facts, "in", "ESTABLISHED"),
    spared: ["ACCEPT"],
  });

onRules(
  "NAT-13",
  {
    must: "filter FORWARD MUST accept packets to the default bridge that belong to an established or related connection",
    from: [D1("5.1.1")],
    until: "docker-forward-chain",
  },
  mustAcceptReplies,
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
  mustAcceptReplies,
);

const mustFilterIncoming: RulesCheck = ({ rules }, { facts }) =>
  mustComeTo("the way of packets for the default bridge", filtersIncoming(facts, rules, docker0(facts).device), rules, {
    ...FORWARD,
    packets: passing(facts, "in"),
  });

onRules(
  "NAT-14",
  {
    must: "filter FORWARD MUST send packets for the default bridge through the chain DOCKER",
    from: [D1("5.1.1")],
    until: "docker-forward-chain",
  },
  mustFilterIncoming,
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
  mustFilterIncoming,
);

const mustAcceptOutgoing: RulesCheck = ({ rules }, { facts }) => {
  const { device, icc } = docker0(facts);
  mustComeTo("acceptance of what the default bridge sends", acceptsOutgoing(facts, rules, device, { icc }), rules, {
    ...FORWARD,
    packets: passing(facts, "out"),
    spared: ["ACCEPT"],
  });
};

onRules(
  "NAT-15",
  {
    must: "filter FORWARD MUST accept packets from the default bridge to any other device",
    from: [D1("5.1.1")],
    until: "docker-forward-chain",
  },
  mustAcceptOutgoing,
);

onRules(
  "NAT-15b",
  {
    must: "The chain DOCKER-FORWARD MUST accept packets from the default bridge to any other device",
    from: [cite("iptablesdoc/new-daemon", "-A DOCKER-FORWARD -i docker0 -j ACCEPT"), engine("moby#49518")],
    since: "docker-forward-chain",
  },
  mustAcceptOutgoing,
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
