import { type Fault, ofLayer, RESTART } from "../../fault.ts";
import { deleteRules, isBridged, overrideRules, withoutRule } from "../shell.ts";
import { missing, SEPARATION, WAY_OUT } from "./strikes.ts";

/** Networks kept apart. */
export const ISOLATION_FAULTS: readonly Fault[] = ofLayer("filter", [
  {
    id: "filter-isolation-emptied",
    breaks: "the isolation chains are empty: before Engine 28 networks reach each other",
    comesBy: "iptables -F DOCKER-ISOLATION-STAGE-1, found on the web as the way to connect two networks",
    strike: {
      when: "before the topology",
      shell: ["iptables -w -F DOCKER-ISOLATION-STAGE-1", "iptables -w -F DOCKER-ISOLATION-STAGE-2"],
    },
    undo: [RESTART],
    caughtBy: ["NAT-17", "NAT-18", "NAT-19", "NAT-19b", "NAT-20"],
    beside: [...SEPARATION],
    cause: /isolation/i,
    until: "no-isolation-chains",
  },
  {
    id: "filter-networks-not-apart",
    breaks:
      "nothing keeps networks apart: the isolation chains are empty, and what Engine 28 drops beside them is let in",
    comesBy: "a script that opens the way between two networks in every place that it knows",
    strike: {
      when: "a container is up",
      of: isBridged,
      shell: [
        "iptables -w -F DOCKER-ISOLATION-STAGE-1",
        "iptables -w -F DOCKER-ISOLATION-STAGE-2",
        deleteRules("filter", "-A DOCKER ! -i .* -o .* -j DROP"),
        "iptables -w -t raw -F PREROUTING",
        "iptables -w -P FORWARD ACCEPT",
      ],
    },
    undo: [RESTART, "iptables -w -P FORWARD DROP"],
    caughtBy: ["OWN-10", "NAT-20", ...SEPARATION],
    cause: /isolation|FORWARD|table raw/i,
    until: "no-isolation-chains",
  },
  {
    id: "filter-isolation-jump-missing",
    breaks: "the jump into the isolation chains is gone: these are there and never reached",
    comesBy: "iptables -D with the number of another rule",
    ...missing("-A (FORWARD|DOCKER-FORWARD) -j DOCKER-ISOLATION-STAGE-1"),
    caughtBy: ["NAT-12", "NAT-12b"],
    beside: [...SEPARATION],
    cause: /isolation|jump/i,
    until: "no-isolation-chains",
  },
  {
    id: "filter-isolation-return-missing",
    breaks: "the isolation chains have lost their RETURN",
    comesBy: "rules that were put back by hand after a flush, without the last one",
    ...missing("-A DOCKER-ISOLATION-STAGE-[12] -j RETURN"),
    caughtBy: ["NAT-19"],
    cause: /RETURN|isolation/i,
    until: "no-explicit-isolation-return",
  },
  {
    id: "filter-isolation-drops-all",
    breaks: "the second isolation stage drops whatever it gets: containers don't reach other machines",
    comesBy: "a DROP without a condition, appended to be on the safe side",
    strike: { when: "before the topology", shell: ["iptables -w -A DOCKER-ISOLATION-STAGE-2 -j DROP"] },
    undo: [withoutRule("filter", "DOCKER-ISOLATION-STAGE-2", "-j DROP")],
    caughtBy: ["NAT-19b", ...WAY_OUT],
    cause: /isolation|DROP/i,
    since: "no-explicit-isolation-return",
    until: "no-isolation-chains",
    secondHost: true,
  },
  {
    id: "filter-isolation-rejects",
    breaks: "isolation answers with an error instead of silence",
    comesBy: "an operator who wanted failing connections to fail at once",
    strike: {
      when: "a container is up",
      of: isBridged,
      shell: [
        deleteRules("raw", "-A PREROUTING -d [^ ]+ ! -i .*-j DROP"),
        overrideRules("filter", "-A DOCKER-ISOLATION-STAGE-2 -o .* -j DROP", "s/DROP/REJECT/"),
      ],
    },
    undo: [deleteRules("filter", "-A DOCKER-ISOLATION-STAGE-2 -o .* -j REJECT")],
    caughtBy: ["UDN-28", "UDN-33"],
    beside: ["UDN-26", "UDN-27"],
    cause: /reject|isolation/i,
    until: "no-isolation-chains",
  },
]);
