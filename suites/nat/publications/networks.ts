import { expect } from "vitest";
import { askForNetworks } from "../../../helpers/engine/answers.ts";
import { LABEL } from "../../../helpers/engine/run-identity.ts";
import { isolation, masquerades } from "../../../helpers/expectations/firewall.ts";
import { formatRule, type RuleFinding, rulesNaming } from "../../../helpers/expectations/rule-match.ts";
import { bridgeDeviceName } from "../../../helpers/expectations/user-network.ts";
import type { NetworkRecord } from "../../../helpers/model/engine-answers.ts";
import type { Facts } from "../../../helpers/model/facts.ts";
import { FLUSHED } from "../../../helpers/requirement/firewall-rule.ts";
import { cite, D1, engine, requirement, type Session, Violation } from "../../../helpers/requirement/index.ts";
import { IsolationGaps } from "../../../helpers/requirement/isolation-gap.ts";
import { type CountedRule, listRules, type RuleList } from "../../../helpers/snapshot/firewall/rule-list.ts";
import { noRules } from "../rules.ts";
import { comingAndGoing, onOwn, onRules } from "./site.ts";

function policyOf({ chains }: Pick<RuleList, "chains">, chain: string): string {
  const policy = chains.find(({ table, name }) => table === "filter" && name === chain)?.policy;
  // The legacy iptables knows no table until somebody uses it; the kernel accepts then.
  return policy ?? "ACCEPT";
}

for (const [id, chain, said] of [
  ["NAT-08", "INPUT", "The filter-INPUT chain is not used by Docker."],
  ["NAT-09", "OUTPUT", "Similarly, filter-OUTPUT is not used."],
] as const) {
  requirement(
    id,
    {
      must: `Publishing a port MUST leave the filter chain ${chain} alone: its policy stays as it was, and no rule is made there for the container, its bridge or the host port`,
      from: [cite("iptablesdoc", said), D1("5.1.1")],
      needs: ["host iptables"],
      unless: noRules,
    },
    comingAndGoing,
    ({ port, before, during, after }) => {
      const was = policyOf(before, chain);
      expect(policyOf(during, chain), `policy of ${chain} while a published container is there`).toBe(was);
      expect(policyOf(after, chain), `policy of ${chain} after a published container was there`).toBe(was);
      const names = [port.to.address, port.device, String(port.hostPort)];
      const made = names.flatMap((name) => rulesNaming(during.rules, name));
      expect(made.length, "rules about the published container in all chains").toBeGreaterThan(0);
      const here = made.filter((rule) => rule.table === "filter" && rule.chain === chain);
      expect(here.map(formatRule), `rules of filter ${chain} about the published container`).toEqual([]);
    },
  );
}

onRules(
  "NAT-11b",
  {
    must: "The chain DOCKER-USER MUST exist and hold no rule about a published container: its rules are the user's",
    from: [
      cite(
        "iptablesdoc/new-daemon",
        "Docker won't add rules to the DOCKER-USER chain, it's only for user-defined rules.",
      ),
      engine("moby#50098"),
    ],
    since: "no-docker-user-return",
  },
  ({ chains, rules, web }) => {
    const names = chains.filter(({ table }) => table === "filter").map(({ name }) => name);
    expect(names, "chains of the filter table").toContain("DOCKER-USER");
    expect(rulesNaming(rules, web.addressOn("bridge")).length, "rules about the published container").toBeGreaterThan(
      0,
    );
    const own = rules.filter(({ chain }) => chain === "DOCKER-USER");
    const made = rulesNaming(own, web.addressOn("bridge"));
    expect(made.map(formatRule), "rules of DOCKER-USER about the published container").toEqual([]);
  },
);

requirement(
  "NAT-20",
  {
    must: "Every bridge network that is not internal MUST have a masquerade rule for its subnet and isolation rules for its device, unless its options say otherwise",
    from: [
      cite(
        "docs/firewall-iptables#docker-and-iptables-chains",
        "In the nat table, Docker creates chain DOCKER and adds rules to implement masquerading and port-mapping.",
      ),
      D1("5.1.1"),
    ],
    needs: ["host iptables"],
    unless: noRules,
  },
  onOwn,
  async ({ networks: { own } }, session) => {
    for (const gaps = new IsolationGaps(); ; ) {
      const started = performance.now();
      const { networks, lacking } = await lackingRules(own.id, session);
      if (lacking.length === 0) return;
      // Before 28 the engine takes this jump away for a moment whenever anybody makes a network.
      const onlyJump = lacking.every(({ wanted }) => wanted.startsWith("-A FORWARD "));
      if (onlyJump && (await gaps.forgive(performance.now() - started))) continue;
      throw new Violation(`rules of ${networks} bridge networks`, {
        expected: "all of them",
        observed: lacking.map(({ network, wanted }) => `${network.Name} lacks ${wanted}`).join("; "),
        cause: FLUSHED,
        read: "firewall",
        subjects: lacking.map(({ network }) => ({ kind: "network", name: network.Name })),
      });
    }
  },
);

/**
 * Reads the rules once, and says which bridge networks lack which of theirs: one of our own, and all that are nobody's
 * of these suites. Others come and go meanwhile: only what was there before and after has its rules in between.
 */
async function lackingRules(ownId: string, session: Session) {
  const { docker, facts, runId } = session;
  const listed = async () => await askForNetworks(docker, "bridge");
  const lasting = (await listed()).filter(({ Labels, Id }) => Id === ownId || Labels?.[LABEL.project] === undefined);
  expect(
    lasting.map(({ Id }) => Id),
    "bridge networks that the engine lists",
  ).toContain(ownId);
  const host = await session.host();
  // Table by table: who reads all of them at this moment must not be given rules that are older than his question.
  const rules = (await Promise.all(["nat", "filter"].map((table) => listRules(host, table)))).flatMap(
    (one) => one.rules,
  );
  const missing = lasting.flatMap((network) =>
    findingsOf(network, rules, facts)
      .filter(({ present }) => !present)
      .map(({ wanted }) => ({ network, wanted })),
  );
  const still = missing.length === 0 ? [] : (await listed()).map(({ Id }) => Id);
  const lacking = missing.filter(({ network: { Id, Labels } }) => Labels?.[LABEL.run] === runId || still.includes(Id));
  return { networks: lasting.length, lacking };
}

/** Whether a bridge network has the rules that every bridge network has. */
function findingsOf(network: NetworkRecord, rules: readonly CountedRule[], facts: Facts): RuleFinding[] {
  const options = network.Options ?? {};
  const subnet = network.IPAM.Config?.find(({ Subnet }) => Subnet?.includes("."))?.Subnet;
  const mode = options["com.docker.network.bridge.gateway_mode_ipv4"] ?? "nat";
  // Internal networks have rules of another kind; routed and isolated ones have none of these.
  if (subnet === undefined || network.Internal || mode !== "nat") return [];
  const device = bridgeDeviceName(network.Id, options);
  const masked = options["com.docker.network.bridge.enable_ip_masquerade"] !== "false";
  return [...(masked ? [masquerades(rules, subnet, device)] : []), ...isolation(facts, rules, device)];
}
