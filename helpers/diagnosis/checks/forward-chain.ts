import { bridgesOf } from "../../audits/bridges.ts";
import type { Deviation } from "../../audits/deviation.ts";
import { firewallKey } from "../../cause/keys.ts";
import { isOfARun } from "../../expectations/rule-words.ts";
import { userChain } from "../../expectations/user-chain.ts";
import { cidr } from "../../model/cidr.ts";
import { has } from "../../model/version-switches.ts";
import type { Snapshot } from "../../snapshot/snapshot.ts";
import { type About, byHand, finding, missingRules, weakly } from "../finding.ts";
import { judgedRules } from "./judged-rules.ts";

/** What filter FORWARD does before and after Docker's own rules: whether it asks the operator's, and what it does with the rest. */
export function checkForwardChain(snapshot: Snapshot): Deviation[] {
  const { facts } = snapshot;
  const judged = judgedRules(snapshot);
  if (judged === null) return [];
  const [passed] = userChain(
    judged.rules.filter((rule) => !isOfARun(rule)),
    bridgesOf(snapshot).flatMap(({ device, ranges }) =>
      ranges.flatMap(({ family, subnet }) => (family === 4 ? [{ device, subnet: cidr(subnet) }] : [])),
    ),
    facts.host?.uplink?.interface,
  ).passedBy;
  const policy = judged.chains.find(({ table, name }) => table === "filter" && name === "FORWARD")?.policy ?? "ACCEPT";
  return [
    ...(passed === undefined
      ? []
      : [
          finding(
            "filter",
            "differs",
            [],
            ["docker-user", "forward"],
            passed.by === null
              ? "No rule of filter FORWARD leads to DOCKER-USER (`-A FORWARD -j DOCKER-USER`): the operator's own rules there are without effect."
              : `\`${passed.by}\` accepts what goes ${passed.way} before filter FORWARD asks DOCKER-USER: the operator's own rules there have no say about it.`,
            passed.by === null ? missingRules("filter", "-A FORWARD -j DOCKER-USER") : beforeUserChain(passed.by),
          ),
        ]),
    ...(policy === "ACCEPT" && !has(facts, "unpublished-ports-dropped")
      ? [
          weakly(
            finding(
              "filter",
              "opens",
              [],
              ["policy", "unpublished", "forward policy"],
              "The policy of FORWARD is ACCEPT, and before Engine 28.0 nothing else keeps other machines from unpublished container ports: set it to DROP (`iptables -P FORWARD DROP`), or look for who switched forwarding on before dockerd did.",
            ),
          ),
        ]
      : []),
  ];
}

/** @param rule of filter FORWARD, as `iptables -S` writes it */
function beforeUserChain(rule: string): About {
  const text = `iptables -t filter ${rule}`;
  return {
    group: firewallKey(text),
    evidence: [text],
    ...byHand(
      "have FORWARD ask DOCKER-USER first again",
      "iptables -D FORWARD -j DOCKER-USER && iptables -I FORWARD -j DOCKER-USER",
      "iptables -S FORWARD | sed -n 2p",
    ),
  };
}
