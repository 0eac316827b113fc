import {
  isFirewallKey,
  isMissingRules,
  keyOfEach,
  kindOfEach,
  MISSING_RULES,
  missingPartOf,
  missingRuleKey,
} from "../cause/keys.ts";
import { listed, RESTART_ENGINE } from "../cause/mend.ts";
import type { Subject } from "../model/subject.ts";
import type { Breach, Reason } from "./deviation.ts";
import { RULE_BACK } from "./published.ts";

/** What the engine made for the published ports of one container, by the keys of the causes that it is gone. */
function partsOf(container: string): ReadonlyMap<string, string> {
  return new Map([
    [missingRuleKey("translation", container), "its DNAT rules"],
    [missingRuleKey("accept", container), "the rules that let its packets through"],
    [missingRuleKey("direct", container), "the rules that guard its own address"],
    [missingRuleKey("guarded loopback", container), "the rules that guard what it publishes on 127.0.0.1"],
    [missingRuleKey("hairpin", container), "the rules for what it sends to its own ports"],
    [proxyGoneKey(container), "its docker-proxy"],
  ]);
}

const PUBLISHED_GONE = "published-gone";

/** Whether a cause is that rules of the engine's are gone, alone or with what else it made for a container's ports. */
export function areRulesGone(key: string): boolean {
  return isMissingRules(key) || kindOfEach(key)?.startsWith(PUBLISHED_GONE) === true;
}

/** Key of the cause that the docker-proxies of a container don't run. */
function proxyGoneKey(container: string): string {
  return keyOfEach("no-proxy", container);
}

/** Where several parts of what the engine made for a container's ports are gone, one act took them: it is one cause. */
export function asOneAct(deviations: readonly Breach[]): Breach[] {
  const byContainer = Map.groupBy(deviations, ({ subject }) =>
    subject.kind === "published port" ? subject.container : "",
  );
  return [...byContainer].flatMap(([container, all]) => {
    const parts = partsOf(container);
    const gone = all.filter(({ reason }) => parts.has(reason.key));
    const kinds = [...new Set(gone.map(({ reason }) => reason.key))];
    if (kinds.length < 2) return all;
    const reason = reasonOf(
      container,
      kinds.map((key) => parts.get(key) ?? ""),
      gone,
    );
    return all.map((one) => (gone.includes(one) ? { ...one, reason } : one));
  });
}

/**
 * Where rules of networks are gone and those of published ports as well, nobody took them one by one: what an earlier
 * moment had was restored, and what leads to containers that are gone came with it.
 */
export function asOneRestore(deviations: readonly Breach[]): readonly Breach[] {
  const gone = deviations.filter(({ reason }) => areRulesGone(reason.key) && reason.key !== MISSING_RULES);
  const [networks = [], containers = []] = (["network", "published port"] as const).map((kind) => [
    ...new Set(gone.filter(({ subject }) => subject.kind === kind).map(({ subject }) => ownerOf(subject))),
  ]);
  if (networks.length === 0 || containers.length === 0) return deviations;
  const stale = deviations.filter(({ claim, reason }) => claim === "LIVE-16" && isFirewallKey(reason.key));
  const parts = new Set([...gone, ...stale]);
  const old = stale.length === 0 ? "" : ", and rules that lead to containers that are gone are there";
  const reason: Reason = {
    key: MISSING_RULES,
    what: `A part of the engine's own firewall rules is gone: those of network${networks.length === 1 ? "" : "s"} ${listed(networks)}, and of the published ports of ${listed(containers)}${old}.`,
    act: "rules that were saved at an earlier moment were restored (iptables-restore, netfilter-persistent, iptables.service)",
    certainty: "seen",
    evidence: [...new Set([...parts].flatMap((one) => one.reason.evidence))],
    remedies: [RESTART_ENGINE],
  };
  return deviations.map((one) => (parts.has(one) ? { ...one, reason } : one));
}

/** What befell several containers or networks alike is one cause: one act did it. What mends each stays. */
export function manyAsOne(deviations: readonly Breach[]): Breach[] {
  const kinds = Map.groupBy(deviations, ({ reason: { key } }) => kindOfEach(key) ?? missingPartOf(key));
  return [...kinds].flatMap(([kind, alike]) => {
    const [first] = alike;
    if (kind === null || first === undefined) return alike;
    // What has one cause already may concern several: that is said once.
    const elsewhere = alike.filter(({ reason }) => reason.key !== first.reason.key);
    const others = new Set(elsewhere.map(({ subject }) => ownerOf(subject)));
    others.delete(ownerOf(first.subject));
    if (others.size === 0) return alike;
    const what = `${first.reason.what} The same has befallen ${listed([...others])}.`;
    return alike.map((one) => ({ ...one, reason: { ...one.reason, key: kind, what } }));
  });
}

/** The container or network whose it is. */
function ownerOf(subject: Subject): string {
  if (subject.kind === "host") return "this host";
  return "container" in subject ? subject.container : subject.name;
}

function reasonOf(container: string, parts: readonly string[], gone: readonly Breach[]): Reason {
  const which = parts.toSorted().join(", and ");
  const remedies = gone.flatMap((one) => one.reason.remedies);
  const withProxy = gone.some(({ reason }) => reason.key === proxyGoneKey(container));
  return {
    key: keyOfEach(`${PUBLISHED_GONE}, ${which}`, container),
    what: `What the engine made for the published ports of container ${container} is gone: ${which}.`,
    act: "a firewall reload, or a script that cleans up",
    certainty: "seen",
    evidence: [...new Set(gone.flatMap(({ reason }) => reason.evidence))],
    // A docker-proxy can't be started by hand.
    remedies: withProxy ? remedies.filter((one) => !("what" in one) || one.what !== RULE_BACK) : remedies,
  };
}
