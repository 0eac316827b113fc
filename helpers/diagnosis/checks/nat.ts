import type { Deviation } from "../../audits/deviation.ts";
import { MISSING_RULES, missingRuleKey } from "../../cause/keys.ts";
import { RESTART_ENGINE } from "../../cause/mend.ts";
import {
  dnat,
  expectsEarlyReturn,
  expectsSelfMasquerade,
  jumpsToDockerFromOutput,
  jumpsToDockerFromPrerouting,
  masquerades,
  masqueradesHost,
  returnsEarly,
  selfMasquerade,
  usesProxy,
} from "../../expectations/firewall.ts";
import { formatRule } from "../../expectations/rule-match.ts";
import { said } from "../../expectations/rule-words.ts";
import type { CountedRule } from "../../snapshot/firewall-rules.ts";
import { type PublishedHere, portText, publishedHere } from "../../snapshot/published.ts";
import { bridgesOf, type Snapshot } from "../../snapshot/snapshot.ts";
import { type About, byHand, finding, missingRules, strayRule } from "../finding.ts";

const REMAKE = "a firewall reload or a person removed it";

/** Docker's nat rules for the snapshot's networks and published ports: which are missing, and which lead elsewhere. */
export function checkNat(snapshot: Snapshot): Deviation[] {
  const { facts, host } = snapshot;
  if (host?.firewall == null) return [];
  const { rules, chains } = host.firewall;
  const flushed = (what: string): Deviation[] => [
    finding("nat", "blocks", [], ["nat", "dnat", "masquerade", "publish", "port", "jump"], what, {
      ...missingRules("nat", "-t nat -A PREROUTING … -j DOCKER, -t nat -A OUTPUT … -j DOCKER"),
      act: "The nat table was flushed: `iptables -t nat -F`, a reload of the firewall, or a script that begins with a flush.",
    }),
  ];
  if (!chains.some(({ table, name }) => table === "nat" && name === "DOCKER"))
    return flushed(
      "The host's nat table has no chain DOCKER: Docker's rules were flushed (a firewall reload?), so published ports are not translated and containers keep their private source address.",
    );
  // The chains outlive `iptables -t nat -F`, and networks made since have rules again; the jumps stay away.
  if (!jumpsToDockerFromPrerouting(rules).present && !jumpsToDockerFromOutput(facts, rules).present)
    return flushed(
      "The host's nat table was flushed: neither PREROUTING nor OUTPUT jumps to Docker's chain DOCKER any more, so published ports are not translated, and containers of networks from before keep their private source address on the way out.",
    );
  const ofTranslations = translations(snapshot, rules);
  return [
    ...jumps(snapshot, rules),
    ...ofTranslations,
    ...masquerading(snapshot, rules),
    // A flushed chain is told once, not once per rule.
    ...(ofTranslations.some(({ reason }) => reason.key === MISSING_RULES) ? [] : earlyReturns()),
  ];

  function earlyReturns(): Deviation[] {
    return bridgesOf(snapshot)
      .filter(({ internal, usual, masquerade }) => !internal && usual && expectsEarlyReturn(facts, { masquerade }))
      .flatMap(({ name, device }) => {
        const { present, wanted } = returnsEarly(rules, device);
        if (present) return [];
        return [
          finding(
            "nat",
            "differs",
            [name],
            ["nat"],
            `nat chain DOCKER lacks the RETURN for packets from ${device} (\`${wanted}\`): ${REMAKE}.`,
            missingRules("nat", wanted),
          ),
        ];
      });
  }
}

function jumps({ facts }: Snapshot, rules: readonly CountedRule[]): Deviation[] {
  const topics = ["nat", "dnat", "publish", "port", "jump"];
  const found: Deviation[] = [];
  for (const [chain, asked, { present, wanted }] of [
    ["PREROUTING", "from other machines and from containers", jumpsToDockerFromPrerouting(rules)],
    ["OUTPUT", "from the host itself", jumpsToDockerFromOutput(facts, rules)],
  ] as const) {
    if (present) continue;
    found.push(
      finding(
        "nat",
        "blocks",
        [],
        topics,
        `nat ${chain} does not jump to chain DOCKER (\`${wanted}\` is missing): published ports asked for ${asked} are not translated; ${REMAKE}.`,
        missingRules("nat", wanted),
      ),
    );
  }
  return found;
}

function translations(snapshot: Snapshot, rules: readonly CountedRule[]): Deviation[] {
  const ports = publishedHere(snapshot);
  const docker = rules.filter(({ table, chain }) => table === "nat" && chain === "DOCKER");
  const judged = ports.map((port) => ({ port, missing: missingDnat(snapshot, rules, port) }));
  const topics = ["nat", "dnat", "publish", "port"];
  // Docker's RETURN rules stand there too: what matters is whether anything translates.
  const flushed =
    judged.length > 0 && judged.every(({ missing }) => missing !== null) && !docker.some(translates)
      ? `nat chain DOCKER holds no DNAT rule at all, though ${ports.length} published port${ports.length === 1 ? "" : "s"} of own containers should have one each (${ports.slice(0, 3).map(portText).join(", ")}): the chain was flushed (a firewall reload?).`
      : null;
  return judged.flatMap(({ port, missing }) => {
    if (missing === null) return [];
    const concerns = [port.container.name];
    const same = docker.filter(
      (rule) =>
        translates(rule) && said(rule, "--dport") === String(port.hostPort) && said(rule, "-p") === port.protocol,
    );
    const [other] = same;
    if (other === undefined)
      return [
        {
          ...finding(
            "nat",
            "blocks",
            concerns,
            topics,
            flushed ??
              `The DNAT rule of published port ${portText(port)} is missing from nat chain DOCKER (\`${missing}\`): the chain was flushed or the rule deleted.`,
            missingRules(
              "nat",
              missing,
              flushed === null ? missingRuleKey("translation", port.container.name) : MISSING_RULES,
            ),
          ),
          // Port by port: by the second look a container that has come up since may have its rule.
          key: `nat DNAT of ${portText(port)} missing`,
        },
      ];
    const to = said(other, "--to-destination") ?? said(other, "-j");
    const right = port.ends.map(({ address }) => `${address}:${port.containerPort}`).join(" or ");
    return [
      finding(
        "nat",
        "blocks",
        concerns,
        topics,
        to !== null && right.includes(to)
          ? `The DNAT rule of published port ${portText(port)} is not Docker's: \`${formatRule(other)}\` instead of \`${missing}\`. Somebody changed it.`
          : `The DNAT rule of published port ${portText(port)} leads to ${to} instead of ${right}: \`${formatRule(other)}\`. Somebody changed it, or it outlived another container.`,
        strayRule(formatRule(other)),
      ),
    ];
  });
}

/** The rule of one network, which can be put back where it was without anything else. */
function masqueradeGone(network: string, wanted: string): About {
  const about = missingRules("nat", wanted, missingRuleKey("masquerade", network));
  const back = byHand("put the rule back", `iptables ${wanted}`, "iptables -t nat -S POSTROUTING");
  return { ...about, mends: [...(back.mends ?? []), ...(about.mends ?? [])] };
}

function translates(rule: CountedRule): boolean {
  return ["DNAT", "REDIRECT"].includes(said(rule, "-j") ?? "");
}

/** The DNAT rule that is wanted and not there; null when the port has one. */
function missingDnat({ facts }: Snapshot, rules: readonly CountedRule[], port: PublishedHere): string | null {
  const looked = port.ends.map(({ bridge, address }) =>
    dnat(facts, rules, {
      hostIp: port.hostIp,
      hostPort: port.hostPort,
      protocol: port.protocol,
      to: { address, port: port.containerPort },
      device: bridge.device,
    }),
  );
  return looked.some(({ present }) => present) ? null : (looked[0]?.wanted ?? null);
}

function masquerading(snapshot: Snapshot, rules: readonly CountedRule[]): Deviation[] {
  const { facts } = snapshot;
  const topics = ["masquerade", "nat", "source"];
  const post = rules.filter(({ table, chain }) => table === "nat" && chain === "POSTROUTING");
  const found: Deviation[] = [];
  for (const bridge of bridgesOf(snapshot)) {
    const { name, device, subnet, internal, masquerade, usual } = bridge;
    if (internal || !usual || subnet === "") continue;
    if (masquerade) {
      const { present, wanted } = masquerades(rules, subnet, device);
      const widened = post.find(
        (rule) => said(rule, "-j") === "MASQUERADE" && said(rule, "-s") === subnet && said(rule, "-o") === null,
      );
      if (!present && widened !== undefined)
        found.push(
          finding(
            "nat",
            "differs",
            [name],
            topics,
            `The masquerade rule of ${name} is widened: \`${formatRule(widened)}\` lacks \`! -o ${device}\`, so packets that stay on the bridge get the gateway's address too. Docker's own is \`${wanted}\`.`,
            { ...strayRule(formatRule(widened)), mends: [RESTART_ENGINE] },
          ),
        );
      else if (!present)
        found.push(
          finding(
            "nat",
            "blocks",
            [name],
            topics,
            `The masquerade rule of subnet ${subnet} (network ${name}) is missing from nat POSTROUTING (\`${wanted}\`): its containers leave the host with their private source address, and no answer finds back; ${REMAKE}.`,
            masqueradeGone(name, wanted),
          ),
        );
      if (present && widened !== undefined)
        found.push(
          finding(
            "nat",
            "differs",
            [name],
            topics,
            `Beside Docker's own, nat POSTROUTING holds \`${formatRule(widened)}\`, which masquerades also what stays on the bridge of ${name}.`,
            strayRule(formatRule(widened)),
          ),
        );
    }
    if (!usesProxy(facts)) {
      const { present, wanted } = masqueradesHost(rules, device);
      if (!present)
        found.push(
          finding(
            "nat",
            "blocks",
            [name],
            [...topics, "127.0.0.1", "hairpin"],
            `The rule that masquerades what the host itself sends to ${device} is missing (\`${wanted}\`): without userland proxy 127.0.0.1 leads nowhere; ${REMAKE}.`,
            missingRules("nat", wanted),
          ),
        );
    }
  }
  if (expectsSelfMasquerade(facts)) {
    for (const port of publishedHere(snapshot)) {
      const looked = port.ends.map(({ address }) =>
        selfMasquerade(rules, { protocol: port.protocol, to: { address, port: port.containerPort } }),
      );
      if (looked.length === 0 || looked.some(({ present }) => present)) continue;
      found.push(
        finding(
          "nat",
          "differs",
          [port.container.name],
          [...topics, "hairpin", "own port", "itself"],
          `The hairpin rule of published port ${portText(port)} is missing from nat POSTROUTING (\`${looked[0]?.wanted}\`): the container does not reach itself by the host's address; ${REMAKE}.`,
          missingRules("nat", looked[0]?.wanted ?? ""),
        ),
      );
    }
  }
  return found;
}
