import { firewallKey } from "../cause/keys.ts";
import { isEngines, managerOf } from "../snapshot/firewall/managers.ts";
import type { Place } from "../snapshot/firewall/model.ts";
import { placeText } from "../snapshot/firewall/place-text.ts";
import type { ClaimId } from "./claims.ts";
import { type Findings, NOTHING, notes, type Reason } from "./deviation.ts";
import { isPolicyBehindEngines, missingBasics, reasonOfBasics } from "./engine-rules.ts";
import { about, subjectsOf, type View } from "./network-view.ts";
import { type Lists, operatorsNote } from "./operators-word.ts";
import type { Passage } from "./passage.ts";
import { byOpening } from "./remedies.ts";
import { rulesGone } from "./rules-gone.ts";
import { isOfEngine } from "./strangers.ts";

/** What has the engine make rules for a family. Before 27 it does not start with `ip6tables` alone. */
function howToRule({ snapshot: { facts }, firewall }: View): string {
  if (firewall.ruled === "not unasked") return '`"experimental": true, "ip6tables": true` in daemon.json';
  return `its configuration without \`${facts.configuration.iptables === false ? "iptables" : "ip6tables"}\` false`;
}

/**
 * Where the engine makes no rules: whether what stops a packet is the operator's firewall, which lets nobody pass whom it
 * does not know. That is its policy, a rule of a program that keeps firewalls, or anything where the engine was told to
 * leave the rules to the operator.
 */
function keptByOperator({ firewall }: View, { place }: Passage): boolean {
  if (place === null || firewall.ruled === "not, as configured") return true;
  const manager = isEngines(place) ? null : managerOf(place);
  return place.rule === null || (manager !== null && !manager.byHand);
}

/** Something that must pass is stopped: by the operator's own chain, or by such lists of his, it is a note. */
export function stopped(
  view: View,
  passage: Passage,
  effect: string,
  claim: ClaimId = "LIVE-07",
  lists: Lists = { chosen: false, listed: false },
): Findings {
  const { snapshot, firewall, family, bridge } = view;
  const { place } = passage;
  if (place === null) return NOTHING;
  const rule = placeText(place);
  const subjects = subjectsOf(view);
  const meant = operatorsNote(passage, subjects, lists);
  if (meant !== null) return meant;
  const manager = managerOf(place);
  if (firewall.ruled !== "by the engine" && keptByOperator(view, passage))
    return notes({
      key: `unruled network ${family} ${rule}`,
      what: `The host's own firewall${manager === null ? "" : ` (${manager.name})`} stops what containers send or get by IPv${family}: \`${rule}\`. The engine makes no rules for IPv${family} here that would let it pass.`,
      todo: `If they are to use IPv${family}: let it pass there, or have the engine make its rules (${howToRule(view)}).`,
      subjects,
    });
  const unruled = firewall.ruled !== "by the engine";
  const basics = unruled ? [] : missingBasics(snapshot, firewall, family);
  const policyOfEngine = !unruled && isPolicyBehindEngines(firewall, place);
  const engines = isOfEngine(snapshot, place);
  let reason: Reason;
  if ((policyOfEngine || engines) && basics.length > 0) reason = reasonOfBasics(basics, [rule]);
  else if (policyOfEngine || engines)
    reason = rulesGone(
      snapshot,
      { part: "forwarding", network: bridge.name },
      [`they end at ${rule}`],
      [],
      "concluded",
    );
  else reason = reasonOfForeignRule(place, "packets of containers");
  return about(view, claim, { expected: "the packet passes", observed: `stopped by ${rule}`, effect, reason });
}

/** A rule that somebody else than the engine made, as the cause of what it stops. @param what `packets of containers` */
export function reasonOfForeignRule(place: Place, what: string): Reason {
  const rule = placeText(place);
  const manager = managerOf(place);
  return {
    key: firewallKey(rule),
    what: `A rule ${manager === null ? "that is not the engine's" : `of ${manager.name}`} stops ${what}: \`${rule}\`.`,
    act: manager === null ? "a firewall program or a person added it" : null,
    certainty: "seen",
    evidence: [rule],
    remedies: byOpening(place),
  };
}
