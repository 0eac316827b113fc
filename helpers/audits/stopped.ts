import { firewallKey } from "../cause/keys.ts";
import { isEngines, managerOf } from "../snapshot/firewall/managers.ts";
import { placeText } from "../snapshot/firewall/place-text.ts";
import { type ClaimId, type Findings, NOTHING, notes, type Reason } from "./deviation.ts";
import { missingBasics, reasonOfBasics } from "./engine-rules.ts";
import { about, type View } from "./network-view.ts";
import { operatorsWord, type Passage } from "./passage.ts";
import { byOpening } from "./remedies.ts";
import { rulesGone } from "./rules-gone.ts";

/** Something that must pass is stopped: by the operator's own chain it is a note. */
export function stopped(view: View, passage: Passage, effect: string, claim: ClaimId = "LIVE-07"): Findings {
  const { snapshot, firewall, family, bridge } = view;
  const { place } = passage;
  if (place === null) return NOTHING;
  const rule = placeText(place);
  const meant = operatorsWord(passage);
  if (meant !== null)
    return notes({
      key: `docker-user network ${rule}`,
      what: `${meant} stops what networks send or get: \`${rule}\`.`,
      todo: "If that is not meant, delete it there.",
      subjects: [{ kind: "network", name: bridge.name }],
    });
  const basics = missingBasics(snapshot, firewall, family);
  const policyOfEngine = place.rule === null && place.chain.name === "FORWARD";
  const manager = managerOf(place);
  const engines = isEngines(place);
  let reason: Reason;
  if ((policyOfEngine || engines) && basics.length > 0) reason = reasonOfBasics(basics, [rule]);
  else if ((policyOfEngine && !place.table.program.includes("legacy")) || engines)
    reason = rulesGone(
      snapshot,
      { part: "forwarding", network: bridge.name },
      [`they end at ${rule}`],
      [],
      "concluded",
    );
  else
    reason = {
      key: firewallKey(rule),
      what: `A rule ${manager === null ? "that is not the engine's" : `of ${manager.name}`} stops packets of containers: \`${rule}\`.`,
      act: manager === null ? "a firewall program or a person added it" : null,
      certainty: "seen",
      evidence: [rule],
      remedies: byOpening(place),
    };
  return about(view, claim, { expected: "the packet passes", observed: `stopped by ${rule}`, effect, reason });
}
