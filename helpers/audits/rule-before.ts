import { firewallKey } from "../cause/keys.ts";
import { isEngines, managerOf } from "../snapshot/firewall/managers.ts";
import type { Place } from "../snapshot/firewall/model.ts";
import { placeText } from "../snapshot/firewall/place-text.ts";
import type { LivingSnapshot } from "../snapshot/living.ts";
import type { Reason } from "./deviation.ts";
import type { Passage } from "./passage.ts";
import { byOpening } from "./remedies.ts";
import { isOfEngine, strangerTaking } from "./strangers.ts";

/**
 * The rule that took a packet out of a chain before the engine's own rules there were asked, as the cause of what they
 * don't do; null where none did. Who lets it pass in a table of his own keeps nothing from the engine.
 * @param packets `what is sent to published ports`
 */
export function reasonOfRuleBefore(
  snapshot: LivingSnapshot,
  { accepts, packet }: Pick<Passage, "accepts" | "packet">,
  packets: string,
): Reason | null {
  const before = accepts.find((one) => !isOfEngine(snapshot, one) && hasEngines(one));
  const place = before ?? strangerTaking(snapshot, packet);
  if (place === null) return null;
  const rule = placeText(place);
  const manager = isEngines(place) ? null : managerOf(place);
  return {
    key: firewallKey(rule),
    what: `A rule ${manager === null ? "that is not the engine's" : `of ${manager.name}`} takes ${packets} before the engine's own rules are asked: \`${rule}\`.`,
    act: manager === null ? "a firewall program or a person put it there" : null,
    certainty: "seen",
    evidence: [rule],
    remedies: byOpening(place),
  };
}

function hasEngines({ table }: Place): boolean {
  return table.chains.some((chain) => chain.rules.some((rule) => isEngines({ table, chain, rule })));
}
