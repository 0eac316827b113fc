import type { Deviation, Does } from "../../audits/deviation.ts";
import { missingRuleKey } from "../../cause/keys.ts";
import {
  acceptsOutgoing,
  acceptsPublished,
  acceptsReplies,
  dropsDirectAccess,
  dropsUnpublished,
  filtersIncoming,
  guardsLoopback,
  isolation,
  judgesWithin,
} from "../../expectations/firewall.ts";
import type { RuleFinding } from "../../expectations/rule-match.ts";
import { isOfARun, said } from "../../expectations/rule-words.ts";
import { userChain } from "../../expectations/user-chain.ts";
import { isLoopback } from "../../model/address.ts";
import { cidr } from "../../model/cidr.ts";
import { has } from "../../model/version-switches.ts";
import type { CountedRule } from "../../snapshot/firewall-rules.ts";
import { portText, publishedHere } from "../../snapshot/published.ts";
import { type BridgeNetwork, bridgesOf, endpointsOf, type Snapshot } from "../../snapshot/snapshot.ts";
import { finding, missingRules, ruleKey, weakly } from "../finding.ts";

const FLUSHED = "a firewall reload or a person removed it";

/** Docker's filter and raw rules for the snapshot's networks and containers: which are missing. */
export function checkFilter(snapshot: Snapshot): Deviation[] {
  const { facts, host } = snapshot;
  if (host?.firewall == null) return [];
  const { rules, chains } = host.firewall;
  const policy = chains.find(({ table, name }) => table === "filter" && name === "FORWARD")?.policy ?? "ACCEPT";
  const entry = missingEntry(snapshot, rules, policy);
  const found = entry === null ? [] : [entry];
  const [passed] = userChain(
    rules.filter((rule) => !isOfARun(rule)),
    bridgesOf(snapshot).map(({ device, subnet }) => ({ device, subnet: cidr(subnet) })),
    facts.host?.uplink?.interface,
  ).passedBy;
  if (passed !== undefined)
    found.push(
      finding(
        "filter",
        "differs",
        [],
        ["docker-user", "forward"],
        passed.by === null
          ? `No rule of filter FORWARD leads to DOCKER-USER (\`-A FORWARD -j DOCKER-USER\`): the operator's own rules there are without effect; ${FLUSHED}.`
          : `\`${passed.by}\` accepts what goes ${passed.way} before filter FORWARD asks DOCKER-USER: the operator's own rules there have no say about it. Narrow it, or put the jump first again (\`iptables -D FORWARD -j DOCKER-USER; iptables -I FORWARD -j DOCKER-USER\`).`,
        passed.by === null ? missingRules("filter", "-A FORWARD -j DOCKER-USER") : { group: ruleKey(passed.by) },
      ),
    );
  // Without the way into Docker's chains each of their rules is idle, whether it is there or not.
  if (entry === null) {
    for (const bridge of bridgesOf(snapshot)) found.push(...ofBridge(snapshot, rules, bridge, policy));
    found.push(...ofPorts(snapshot, rules));
  }
  found.push(...ofRaw(snapshot, rules));
  if (policy === "ACCEPT" && !has(facts, "unpublished-ports-dropped"))
    found.push(
      weakly(
        finding(
          "filter",
          "opens",
          [],
          ["policy", "unpublished", "forward policy"],
          "The policy of FORWARD is ACCEPT, and before Engine 28.0 nothing else keeps other machines from unpublished container ports: set it to DROP (`iptables -P FORWARD DROP`), or look for who switched forwarding on before dockerd did.",
        ),
      ),
    );
  return found;
}

/** The way from FORWARD into Docker's rules. */
function missingEntry({ facts }: Snapshot, rules: readonly CountedRule[], policy: string): Deviation | null {
  const forward = rules.filter(({ table, chain }) => table === "filter" && chain === "FORWARD");
  const led = has(facts, "docker-forward-chain")
    ? forward.some((rule) => said(rule, "-j") === "DOCKER-FORWARD")
    : forward.some((rule) => said(rule, "-j") === "DOCKER");
  if (led) return null;
  const missing = has(facts, "docker-forward-chain")
    ? "the jump to DOCKER-FORWARD"
    : "Docker's rules (accepts and the jumps to DOCKER)";
  return policy === "DROP"
    ? finding(
        "filter",
        "blocks",
        [],
        ["forward", "policy", "isolation"],
        `filter FORWARD lacks ${missing} while its policy is DROP: nothing is forwarded for containers any more. A firewall reload flushed Docker's rules.`,
        missingRules("filter", `FORWARD: ${missing}`),
      )
    : finding(
        "filter",
        "opens",
        [],
        ["forward", "policy", "isolation"],
        `filter FORWARD lacks ${missing}, and its policy is ${policy}: nothing keeps Docker's networks apart or unpublished ports closed. A firewall reload flushed Docker's rules.`,
        missingRules("filter", `FORWARD: ${missing}`),
      );
}

function ofBridge(
  { facts }: Snapshot,
  rules: readonly CountedRule[],
  bridge: BridgeNetwork,
  policy: string,
): Deviation[] {
  const { name, device, subnet, internal, icc, usual } = bridge;
  const found: Deviation[] = [];
  const missing = (rule: RuleFinding, effect: Does, topics: readonly string[], consequence: string): void => {
    if (!rule.present)
      found.push(
        finding(
          "filter",
          effect,
          [name],
          topics,
          `Docker's rule \`${rule.wanted}\` for network ${name} is missing: ${consequence}; ${FLUSHED}.`,
          missingRules("filter", rule.wanted),
        ),
      );
  };
  if (!usual) return found;
  if (internal) {
    const drops = rules.filter((rule) => rule.table === "filter" && said(rule, "-j") === "DROP");
    const guarded =
      drops.some((rule) => said(rule, "-s") === `! ${subnet}` && said(rule, "-o") === device) &&
      drops.some((rule) => said(rule, "-d") === `! ${subnet}` && said(rule, "-i") === device);
    if (!guarded && subnet !== "")
      found.push(
        finding(
          "filter",
          "opens",
          [name],
          ["internal", "isolation"],
          `The two DROP rules that keep the internal network ${name} inside (\`! -s ${subnet} -o ${device}\` and \`! -d ${subnet} -i ${device}\`) are not both there: it is open to the outside; ${FLUSHED}.`,
          missingRules("filter", `the two DROPs of ${device}`),
        ),
      );
    return found;
  }
  // An accept that is missing hurts only where something drops what it would have let through.
  const blocks: Does = policy === "DROP" ? "blocks" : "differs";
  missing(
    acceptsReplies(facts, rules, device),
    blocks,
    ["forward", "established"],
    "answers to its containers are not let in",
  );
  missing(
    filtersIncoming(facts, rules, device),
    has(facts, "unpublished-ports-dropped") ? "opens" : blocks,
    ["forward", "published"],
    `what is forwarded to ${device} does not pass chain DOCKER, so its published ports are not let in`,
  );
  missing(
    acceptsOutgoing(facts, rules, device, { icc }),
    blocks,
    ["forward", "outgoing"],
    "what its containers send out is not let through",
  );
  const within = judgesWithin(facts, rules, device, { icc });
  if (icc) {
    if (!has(facts, "docker-forward-chain"))
      missing(within, blocks, ["forward", "icc"], "its containers' packets to each other are not let through");
  } else
    missing(
      within,
      "opens",
      ["icc"],
      "with icc off this DROP keeps its containers from each other, and they can talk now",
    );
  const parts = isolation(facts, rules, device).filter(({ present }) => !present);
  if (parts.length > 0)
    found.push(
      finding(
        "filter",
        "opens",
        [name],
        ["isolation", "isolated", "networks apart"],
        `The isolation of network ${name} (${device}) is incomplete: ${parts.map(({ wanted }) => `\`${wanted}\``).join(" and ")} missing (isolation chains emptied?), so other bridges reach it or it them; ${FLUSHED}.`,
        missingRules("filter", parts.map(({ wanted }) => wanted).join(", ")),
      ),
    );
  if (has(facts, "unpublished-ports-dropped"))
    missing(
      dropsUnpublished(rules, device),
      "opens",
      ["unpublished"],
      "unpublished ports of its containers are open to whoever routes to them",
    );
  return found;
}

function ofPorts(snapshot: Snapshot, rules: readonly CountedRule[]): Deviation[] {
  return publishedHere(snapshot).flatMap((port) => {
    const looked = port.ends.map(({ address, bridge: { device } }) =>
      acceptsPublished(rules, { protocol: port.protocol, to: { address, port: port.containerPort }, device }),
    );
    if (looked.some(({ present }) => present)) return [];
    return [
      finding(
        "filter",
        "blocks",
        [port.container.name],
        ["publish", "port", "forward"],
        `The ACCEPT of published port ${portText(port)} is missing from filter chain DOCKER (\`${looked[0]?.wanted}\`): the chain was flushed (a firewall reload?).`,
        missingRules("filter", looked[0]?.wanted ?? "", missingRuleKey("accept", port.container.name)),
      ),
    ];
  });
}

function ofRaw(snapshot: Snapshot, rules: readonly CountedRule[]): Deviation[] {
  const { facts } = snapshot;
  const bridges = bridgesOf(snapshot);
  const ports = publishedHere(snapshot);
  const found: Deviation[] = [];
  for (const container of snapshot.containers) {
    for (const { name, settings } of endpointsOf(container)) {
      const bridge = bridges.find((candidate) => candidate.name === name);
      if (bridge === undefined || !bridge.usual || bridge.internal || settings.IPAddress === "") continue;
      const own = ports.find((port) => port.container === container && port.ends.length === 1);
      const rule = dropsDirectAccess(facts, rules, {
        address: settings.IPAddress,
        device: bridge.device,
        ...(own === undefined ? {} : { published: { port: own.containerPort, protocol: own.protocol } }),
      });
      if (rule === null || rule.present) continue;
      found.push(
        finding(
          "filter",
          "opens",
          [container.name],
          ["direct", "raw", "route to"],
          `The raw-table DROP of direct access to ${container.name} is missing (\`${rule.wanted}\`): a machine with a route to ${settings.IPAddress} reaches it past its published ports. The raw table was flushed.`,
          missingRules("raw", rule.wanted),
        ),
      );
    }
  }
  if (!has(facts, "loopback-publication-guarded")) return found;
  for (const port of ports.filter(({ hostIp }) => isLoopback(hostIp))) {
    const rule = guardsLoopback(rules, port);
    if (!rule.present)
      found.push(
        finding(
          "filter",
          "opens",
          [port.container.name],
          ["127.0.0.1", "loopback", "raw"],
          `The raw-table DROP that keeps neighbours from port ${portText(port)} is missing (\`${rule.wanted}\`): the raw table was flushed.`,
          missingRules("raw", rule.wanted),
        ),
      );
  }
  return found;
}
