import { SOMEBODY } from "../model/somebody.ts";
import { decidingRoute } from "../snapshot/deciding-route.ts";
import { answerTo } from "../snapshot/firewall/answer.ts";
import { evaluate } from "../snapshot/firewall/evaluate.ts";
import { placeText } from "../snapshot/firewall/place-text.ts";
import type { LivingHost } from "../snapshot/living.ts";
import { type Findings, NOTHING, notes, together } from "./deviation.ts";
import type { JudgedFirewall } from "./engine-rules.ts";
import { deviceOf, routesOf } from "./marked-way.ts";
import type { Passage } from "./passage.ts";
import { type Published, subjectOf } from "./published.ts";
import { uplinkOf } from "./uplink.ts";

/**
 * What is worth knowing of how other machines' connections to a published port are answered, where nothing stops them: by
 * which interface, and whether the container learns who asks. Notes: who routes or hides them so may have meant it.
 * @param onward their first packet, behind the host's last hook
 */
export function auditAnswered(
  host: LivingHost,
  firewall: JudgedFirewall,
  published: Published,
  onward: Passage,
): Findings {
  return together([auditHidden(published, onward), auditWayBack(host, firewall, published, onward)]);
}

/** Whether a rule gives every client one address of this host: logs, bans and limits inside are about nobody then. */
function auditHidden({ container, port }: Published, { outcome, translatedBy }: Passage): Findings {
  const [hiding] = translatedBy;
  if (outcome !== "open" || hiding === undefined) return NOTHING;
  const rule = placeText(hiding);
  return notes({
    key: `hidden by ${rule}`,
    what: `Containers don't learn who asks for their published ports: \`${rule}\` gives each client an address of this host.`,
    todo: "If they are to (logs, bans, limits): keep the rule to what leaves this host, with `-o` and the uplink.",
    subjects: [subjectOf(container, port)],
  });
}

/**
 * Whether the answers leave by the interface that the questions came in by. What the host itself answers has its address
 * from the start, and policy rules may lead that back; what a container answers gets it as it leaves.
 */
function auditWayBack(host: LivingHost, firewall: JudgedFirewall, published: Published, onward: Passage): Findings {
  const { container, port, family, ends } = published;
  const uplink = uplinkOf(host, family);
  const [end] = ends;
  const rules = family === 4 ? host.rules : host.rules6;
  if (uplink === null || end === undefined || rules.length === 0 || onward.translatedBy.length > 0) return NOTHING;
  const routes = routesOf(host, family);
  const { device } = end.attachment.bridge;
  const answer = { ...answerTo(onward.packet), destination: SOMEBODY[family] };
  const own = { ...answer, source: uplink.address, mark: 0 };
  if (deviceOf(decidingRoute(routes, own, null)) !== uplink.device) return NOTHING;
  const { packet } = evaluate(firewall.all, { ...answer, inDevice: device, outDevice: null }, "prerouting");
  // What a rule may have marked has a way that nobody can tell.
  if (packet.mark === undefined) return NOTHING;
  const decided = decidingRoute(routes, packet, device);
  const way = deviceOf(decided);
  if (decided === null || way === null || way === uplink.device) return NOTHING;
  return notes({
    key: `answered by ${way} ${decided.rule}`,
    what: `What containers answer to clients beyond ${uplink.device} leaves by ${way}, and these hardly get it: a policy rule leads there what comes from containers (\`${decided.rule}\`). What this host itself answers leaves by ${uplink.device}.`,
    todo: `If clients there are to be served: have the program that made the rule leave Docker's bridges alone, or mark connections that come in by ${uplink.device} and lead their answers back by the mark.`,
    subjects: [subjectOf(container, port)],
  });
}
