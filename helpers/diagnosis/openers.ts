import type { AskedQuestion } from "../model/question.ts";
import { type Evaluation, evaluate, type Firewall, isEngines, isStop, type Place } from "../snapshot/firewall/index.ts";
import { bridgesOf, type Snapshot } from "../snapshot/snapshot.ts";
import { sentBy } from "./packets.ts";

/**
 * The rules that let a question's packets pass what the engine would end them with: without these a rule of the engine's
 * own drops them. None where no rule of its would drop them anyway: then that one is what is missing.
 */
export function openersOf(snapshot: Snapshot, question: AskedQuestion): Place[] {
  const filters = snapshot.host?.filters;
  const sent = sentBy(snapshot, question);
  if (filters == null || sent === null || sent.from.device === null || sent.to.device === null) return [];
  const packet = { ...sent.packet, inDevice: sent.from.device, outDevice: sent.to.device };
  const closed = bridgesOf(snapshot).filter(({ icc }) => !icc);
  // Before 28.0 what keeps a bridge's own containers apart stands in FORWARD, among the operator's rules.
  const apart = new Set(closed.map(({ device }) => `-A FORWARD -i ${device} -o ${device} -j DROP`));
  const isOfEngine = ({ verdict, place }: Evaluation["ends"][number]) =>
    isStop(verdict) && place !== null && place.rule !== null && (isEngines(place) || apart.has(place.rule.text));
  return (["prerouting", "forward"] as const).flatMap((hook) =>
    passedBy(filters, (firewall) => evaluate(firewall, packet, hook), isOfEngine),
  );
}

/** Takes the rules away by which the packet passes, one after the other, until the engine's own would end it. */
function passedBy(
  firewall: Firewall,
  judge: (firewall: Firewall) => Evaluation,
  isOfEngine: (end: Evaluation["ends"][number]) => boolean,
): Place[] {
  const found: Place[] = [];
  for (let rest = firewall; ; ) {
    const { accepts, ends } = judge(rest);
    const others = accepts.filter((place) => !isEngines(place));
    if (others.length === 0) return ends.some(isOfEngine) && found.length > 0 ? found : [];
    found.push(...others);
    rest = without(rest, others);
  }
}

function without({ tables, ...firewall }: Firewall, places: readonly Place[]): Firewall {
  const gone = new Set(places.map(({ rule }) => rule));
  return {
    ...firewall,
    tables: tables.map((table) => ({
      ...table,
      chains: table.chains.map((chain) => ({ ...chain, rules: chain.rules.filter((rule) => !gone.has(rule)) })),
    })),
  };
}
