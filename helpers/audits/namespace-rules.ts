import { policyRuleKey } from "../cause/keys.ts";
import { SOMEBODY } from "../model/somebody.ts";
import { type AskedOfRoutes, isRefusal, ruleMatches } from "../snapshot/deciding-route.ts";
import type { KernelTable, LivingContainer, LivingInside, LivingSnapshot } from "../snapshot/living.ts";
import { type Findings, NOTHING, together } from "./deviation.ts";
import { insideOf } from "./namespace-finding.ts";
import { ipFamily } from "./passage.ts";

/** Where the kernel's own rules stand, and what is lost without them. */
const OF_KERNEL: Readonly<Record<KernelTable, { readonly preference: number; readonly lost: string }>> = {
  local: { preference: 0, lost: "takes nothing that is sent to it" },
  main: { preference: 32_766, lost: "has no way to anybody" },
};

/** Policy rules in its namespace: the kernel's own that are gone, and those that refuse what it sends or gets. */
export function auditPolicyRules(snapshot: LivingSnapshot, container: LivingContainer, inside: LivingInside): Findings {
  return together(
    ([4, 6] as const).flatMap((family) => {
      const has = container.endpoints.some((one) => (family === 4 ? one.address : one.address6) !== "");
      if (!has) return [];
      const unasked = family === 4 ? inside.unasked : inside.unasked6;
      return unasked.length > 0
        ? unasked.map((table) => auditUnasked(snapshot, container, family, table))
        : [auditRefusals(snapshot, container, inside, family)];
    }),
  );
}

function auditUnasked(
  snapshot: LivingSnapshot,
  container: LivingContainer,
  family: 4 | 6,
  table: KernelTable,
): Findings {
  const { name } = container;
  const { preference, lost } = OF_KERNEL[table];
  const ip = family === 4 ? "ip" : "ip -6";
  return insideOf(snapshot, container, {
    family,
    key: `unasked table ${table} ${family}`,
    expected: `a policy rule has all packets ask the table ${table}`,
    observed: `${ip} rule: no line \`from all lookup ${table}\``,
    effect: `${name} ${lost} by IPv${family}.`,
    what: `No policy rule in the network namespace of container ${name} asks the routing table ${table} for IPv${family}, as the kernel's own does.`,
    mend: {
      what: "put the kernel's own rule back",
      command: `${ip} rule add lookup ${table} pref ${preference}`,
      check: `${ip} rule`,
    },
  });
}

/** A rule that refuses what the container sends. What is for its own addresses the kernel takes before it asks any. */
function auditRefusals(
  snapshot: LivingSnapshot,
  container: LivingContainer,
  inside: LivingInside,
  family: 4 | 6,
): Findings {
  const rules = family === 4 ? inside.rules : inside.rules6;
  if (rules.length === 0) return NOTHING;
  const { name } = container;
  const ip = family === 4 ? "ip" : "ip -6";
  const refused = container.endpoints.flatMap((endpoint) => {
    const [own, gateway] = family === 4 ? [endpoint.address, endpoint.gateway] : [endpoint.address6, endpoint.gateway6];
    if (own === "") return [];
    const common = { family: ipFamily(family), protocol: "tcp", sourcePort: 50_000, destinationPort: 443, mark: 0 };
    const sent = (destination: string) => ({ ...common, source: own, destination });
    return [
      { rule: refusing(rules, sent(SOMEBODY[family])), effect: `${name} reaches nobody beyond its networks` },
      ...(gateway === ""
        ? []
        : [{ rule: refusing(rules, sent(gateway)), effect: `${name} reaches nobody on network ${endpoint.network}` }]),
    ].flatMap(({ rule, effect }) => (rule === null ? [] : [{ rule, effect }]));
  });
  return together(
    [...Map.groupBy(refused, ({ rule }) => rule)].map(([rule, [first]]) =>
      insideOf(snapshot, container, {
        family,
        key: policyRuleKey(rule),
        expected: "the packet has a way",
        observed: `${ip} rule: ${rule}`,
        effect: `${first?.effect} by IPv${family}.`,
        what: `A policy rule in the network namespace of container ${name} refuses its packets: \`${rule}\`.`,
        mend: {
          what: "take the rule away",
          command: `${ip} rule del pref ${Number.parseInt(rule, 10)}`,
          check: `${ip} rule`,
        },
      }),
    ),
  );
}

/** The first rule of all that match, where it refuses; null where it leads to a table. */
function refusing(rules: readonly string[], packet: AskedOfRoutes): string | null {
  const first = rules.find((rule) => ruleMatches(rule, packet, null));
  return first !== undefined && isRefusal(first) ? first : null;
}
