import type { Hop, Leg, LegEnd, Walk, Where } from "../../model/walk.ts";
import { type Html, html, prose } from "./html.ts";

/** A packet's way as a drawing of the namespaces and devices that it passed, and where it ended. */
export function walkHtml(walk: Walk): Html {
  const { from, to, protocol, port, outcome, there, back, relay, translations, followed, unread } = walk;
  const target = port === null ? to : `${to}, port ${port}`;
  return html`<figure class="walk"><figcaption>${protocol.toUpperCase()} from <b>${from}</b> to <b>${target}</b>: ${outcome}</figcaption>
${followed === "concluded" ? html`<p class="concluded">${isDrawn(walk) ? CONCLUDED : COULD_NOT}</p>` : null}
${isDrawn(walk) ? legHtml("There", there) : null}
${translations.map(({ what, by }) => html`<p class="translated">Translated: <code>${what}</code>${by === "" ? null : html` by <code>${by}</code>`}</p>`)}
${back === null ? null : legHtml("The answer", back)}
${relay === null ? null : html`<p>docker-proxy takes the connection there, and opens one of its own to the container:</p>${walkHtml(relay)}`}
${unread.length === 0 ? null : html`<p>Not read: ${unread.join("; ")}</p>`}</figure>`;
}

const CONCLUDED = "Not seen: concluded from the rules, routes and links of this host.";
const COULD_NOT = "The packet could not be followed: what is told is concluded from rules, routes and links.";

/** Of a packet that could not be followed no way is known. */
function isDrawn({ followed, there: { hops, end } }: Walk): boolean {
  return followed === "events" || hops.length > 0 || end.kind !== "vanished";
}

function legHtml(which: string, { hops, end }: Leg): Html {
  const spaces = inSpaces(hops);
  return html`<p class="which">${which}</p><ol class="way">${spaces.map(({ where, devices }) => html`<li class="space ${where.kind}"><span class="name">${spaceText(where)}</span><span class="devices">${devices.map((device) => (device === "" ? null : html`<span class="device">${device}</span>`))}</span></li>`)}<li class="end ${end.kind.replaceAll(" ", "-")}">${endText(end, hops.length > 0)}</li></ol>`;
}

interface Space {
  readonly where: Where;
  /** Each device once while the packet is in it. */
  readonly devices: string[];
}

/** Devices one after the other in the same namespace stand together. */
function inSpaces(hops: readonly Hop[]): Space[] {
  const spaces: Space[] = [];
  for (const { where, device } of hops) {
    const last = spaces.at(-1);
    if (last === undefined || keyOf(last.where) !== keyOf(where)) spaces.push({ where, devices: [device] });
    else if (last.devices.at(-1) !== device) last.devices.push(device);
  }
  return spaces;
}

function keyOf(where: Where): string {
  return where.kind === "container" ? `container ${where.name}` : where.kind;
}

function spaceText(where: Where): string {
  if (where.kind === "container") return where.name;
  return where.kind === "host" ? "the host" : "beyond the host";
}

/** @param drawn whether a way stands before it */
function endText(end: LegEnd, drawn: boolean): string | Html {
  switch (end.kind) {
    case "arrived":
      return "✓ arrived";
    case "left":
      return "✓ left this host";
    case "dropped":
      return `✗ dropped${end.at === "" ? "" : ` in ${end.at}`}${end.reason === null ? "" : ` (${end.reason})`}`;
    case "vanished":
      return "✗ seen no further";
    case "not sent":
      return "✗ not sent";
    case "stopped":
      if (end.by === "") return "✗ no answer came; nothing that was read says where it ended";
      return html`✗ ${drawn ? (end.here ? "ends here: " : "ends on this way: ") : null}${prose(end.by)}`;
  }
}
