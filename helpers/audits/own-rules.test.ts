import { expect, test } from "vitest";
import { MISSING_RULES } from "../cause/keys.ts";
import type { LivingSnapshot } from "../snapshot/living.ts";
import { auditOwnRules } from "./own-rules.ts";
import { lookOf, recordedHosts } from "./testing/recorded.ts";

const HOSTS = recordedHosts().map(({ name, recorded }) => ({ name, recorded: lookOf(recorded) }));

test.each(HOSTS)("$name: every rule that this engine writes is there", ({ recorded }) => {
  expect(auditOwnRules(recorded)).toEqual([]);
});

/** What is gone, by the kinds of rules, when one rule after another is taken away. */
function noticed(look: LivingSnapshot): ReadonlyMap<string, readonly string[]> {
  const found = new Map<string, string[]>();
  for (const table of look.host?.filters?.tables ?? [])
    for (const chain of table.chains)
      for (const rule of chain.rules) {
        const without = {
          ...look,
          host: {
            ...look.host,
            filters: {
              unread: [],
              tables: look.host?.filters?.tables.map((one) =>
                one !== table
                  ? one
                  : {
                      ...table,
                      chains: table.chains.map((other) =>
                        other === chain ? { ...chain, rules: chain.rules.filter((each) => each !== rule) } : other,
                      ),
                    },
              ),
            },
          },
        } as LivingSnapshot;
        for (const { reason } of auditOwnRules(without)) {
          const part = reason.key.replace(`${MISSING_RULES}: `, "").replace(/ \S+$/, "");
          found.set(part, [...(found.get(part) ?? []), `${table.program} ${table.name} ${rule.text}`]);
        }
      }
  return found;
}

/** Chains in which the engine writes a rule for each network or published port. */
const OF_NETWORKS = /^iptables (nat -A (DOCKER|POSTROUTING)|filter -A (FORWARD|DOCKER\S*)|raw -A PREROUTING) /;

test.each(HOSTS)("$name: each of them that is taken away is named by what it did", ({ name, recorded }) => {
  const parts = noticed(recorded);
  const always = [
    "accept",
    "early return",
    "incoming",
    "internal",
    "isolation",
    "masquerade",
    "outgoing",
    "replies",
    "translation",
  ];
  const ofVersion = name.includes("20.10") ? ["hairpin", "within"] : ["direct", "unpublished"];
  expect([...parts.keys()]).toEqual(expect.arrayContaining([...always, ...ofVersion]));
  const rules = [...parts.values()].flat();
  expect(rules.filter((rule) => !OF_NETWORKS.test(rule) && !/-j DOCKER/.test(rule))).toEqual([]);
});

test("a host without iptables-save says nothing of the rules, a flushed one that all of them are gone", () => {
  const [host] = HOSTS;
  if (host?.recorded.host == null) throw new Error("a host was recorded");
  const { facts } = host.recorded;
  const without = (iptablesSave: boolean): LivingSnapshot => ({
    ...host.recorded,
    facts: {
      ...facts,
      host: facts.host === null ? null : { ...facts.host, tools: { ...facts.host.tools, iptablesSave } },
    },
    host: { ...(host.recorded.host as NonNullable<LivingSnapshot["host"]>), filters: { tables: [], unread: [] } },
  });
  expect(auditOwnRules(without(false))).toEqual([]);
  expect(auditOwnRules(without(true)).map(({ reason }) => reason.key)).toContain(MISSING_RULES);
});
