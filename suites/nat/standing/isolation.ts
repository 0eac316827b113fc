import { expect } from "vitest";
import { dropsUnpublished, isolation } from "../../../helpers/expectations/firewall.ts";
import { formatRule, type RuleFinding } from "../../../helpers/expectations/rule-match.ts";
import { mustComeTo } from "../../../helpers/requirement/firewall-rule.ts";
import { cite, D1, engine } from "../../../helpers/requirement/index.ts";
import { docker0, passing, STOPPED } from "../rules.ts";
import { ISOLATE, onRules } from "./site.ts";

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
