import type { Subject } from "../model/subject.ts";
import { managerOf } from "../snapshot/firewall/managers.ts";
import type { Rule } from "../snapshot/firewall/model.ts";
import { placeText } from "../snapshot/firewall/place-text.ts";
import { type Findings, notes } from "./deviation.ts";
import type { Passage } from "./passage.ts";

/** What may count as said by the operator, beside what stands in his own chain. */
export interface Lists {
  /** A rule that stops all senders but some. */
  readonly chosen: boolean;
  /** What stops all senders that the rules before it did not let pass. */
  readonly listed: boolean;
}

/**
 * What the operator said to stop is a note: in DOCKER-USER or a chain that it leads to, or by a list of who may come.
 * @param lists what counts as such a list where packets of this kind are stopped
 * @returns null where nobody said so
 */
export function operatorsNote(passage: Passage, subjects: readonly Subject[], lists: Lists): Findings | null {
  const { place } = passage;
  if (place === null) return null;
  const chosen = (lists.chosen && choosesSenders(passage)) || (lists.listed && endsSenderList(passage));
  const meant = operatorsWord(passage) ?? (chosen ? "A rule that chooses senders" : null);
  if (meant === null) return null;
  const rule = placeText(place);
  const manager = managerOf(place);
  const whose = manager === null || manager.byHand ? "" : ` (${manager.name})`;
  return notes({
    key: `operator's ${rule}`,
    what: `${meant}${whose} stops packets of containers, or to their published ports: \`${rule}\`.`,
    todo: `If that is not meant, ${manager === null || manager.byHand ? "delete it there." : `change it by that program. ${manager.changes}`}`,
    subjects,
  });
}

/** Whether what stops a packet stops senders that it does not know: others may come. */
export function endsSenders(passage: Passage): boolean {
  return choosesSenders(passage) || endsSenderList(passage);
}

/** The chain that the engine leaves to the operator. */
export const OPERATORS = "DOCKER-USER";

/**
 * In which words of the operator's a packet is stopped: in DOCKER-USER or a chain that it leads to, as firewalls' own
 * chains for containers are. Null where no rule there does.
 */
export function operatorsWord({ place, through }: Pick<Passage, "place" | "through">): string | null {
  if (place?.chain.name === OPERATORS) return `A rule in ${OPERATORS}`;
  return through.includes(OPERATORS) ? `A rule that ${OPERATORS} leads to` : null;
}

/** Whether a rule stops all senders but some: it says who may come. */
function choosesSenders({ place }: Pick<Passage, "place">): boolean {
  return place?.rule != null && asksForSender(place.rule, true);
}

/** Whether a rule stops whom no rule before it in its chain let pass by the sender's address: a list of who may come. */
function endsSenderList({ place }: Pick<Passage, "place">): boolean {
  if (place?.rule == null) return false;
  const before = place.chain.rules.slice(0, place.chain.rules.indexOf(place.rule));
  return before.some(
    (rule) => asksForSender(rule, false) && rule.steps.some(({ kind }) => kind === "accept" || kind === "return"),
  );
}

function asksForSender({ steps }: Rule, not: boolean): boolean {
  return steps.some(
    (step) =>
      (step.kind === "field" || step.kind === "set") &&
      step.not === not &&
      step.fields.some((one) => one === "source address"),
  );
}
