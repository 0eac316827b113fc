import type { ContainerRow, LivingMap, NetworkRow } from "../../model/living-map.ts";
import type { Results } from "../../model/results.ts";
import type { Subject } from "../../model/subject.ts";
import { drawMap } from "../map-drawing.ts";
import { countOf } from "../plain-text.ts";
import { STATE_SIGNS } from "../workloads.ts";
import { renderFragment } from "../xml.ts";
import { section } from "./frame.ts";
import { anchorOf, type Html, html, table, trusted } from "./html.ts";

/** What ran on the host already, as a map and as a table. Nothing where it was not looked at. */
export function livingHtml({ living, requirements }: Results): Html {
  if (living === undefined) return html``;
  return section("living", "What runs here", mapHtml(living, leadsOf(requirements)));
}

/** The map of a host, and the same as a table. */
export function mapHtml(living: LivingMap, leads: Leads = new Map()): Html {
  const containers = new Set(living.networks.flatMap((network) => network.containers.map(({ name }) => name)));
  const broken = living.networks
    .flatMap((network) => network.containers)
    .concat(living.stopped)
    .filter(({ state }) => state === "broken");
  const networks = living.networks.flatMap(({ name, state }) => (state === "broken" ? [`network ${name}`] : []));
  const names = [...networks, ...new Set(broken.map(({ name }) => name))];
  return html`<p>${countOf(containers.size, "running container")} on ${countOf(living.networks.length, "network")}, when it was looked at. ${names.length === 0 ? "Nothing of theirs is broken." : html`<b class="worse">Broken: ${names.join(", ")}.</b>`}</p>
${
  containers.size === 0 && names.length === 0
    ? null
    : html`<div class="wide" role="group" tabindex="0" aria-label="Map of the host">${drawingHtml(living, leads)}</div>
<details class="fold"><summary>The same as a table</summary>${table(
        "Containers by network",
        ["network", "container", "addresses", "published"],
        living.networks.flatMap((network) => network.containers.map((container) => row(network, container, leads))),
      )}</details>`
}`;
}

function drawingHtml(living: LivingMap, leads: Leads): Html {
  const { width, height, content } = drawMap(living, 0, (kind, name) => leads.get(`${kind} ${name}`) ?? null);
  const attributes = { class: "map", width, height, viewBox: `0 0 ${width} ${height}`, role: "group" };
  // Texts in it are escaped by what renders it, as XML and so as HTML.
  return trusted(renderFragment({ name: "svg", attributes: { ...attributes, "aria-label": "Map" }, content }));
}

function row(network: NetworkRow, { name, state, addresses, ports }: ContainerRow, leads: Leads) {
  const href = leads.get(`container ${name}`);
  const container = `${STATE_SIGNS[state]} ${name}`;
  return [
    `${network.name}${network.subnets.length === 0 ? "" : ` (${network.subnets.join(", ")})`}`,
    href === undefined ? container : html`<a href="${href}">${container}</a>`,
    addresses.join(", "),
    ports.map(({ text, state: port }) => `${port === "broken" ? `${STATE_SIGNS.broken} ` : ""}${text}`).join(", "),
  ];
}

/** Where containers and networks lead to: the requirement that failed for them. */
type Leads = ReadonlyMap<string, string>;

function leadsOf(requirements: Results["requirements"]): Leads {
  const failed = requirements.filter(({ verdict }) => verdict === "fail");
  return new Map(
    failed.flatMap(({ id, about = [] }) =>
      about.flatMap(({ subject }) => thingsOf(subject).map((thing) => [thing, `#${anchorOf(id)}`] as const)),
    ),
  );
}

/** As the map names what a requirement is about. */
function thingsOf(subject: Subject): string[] {
  if (subject.kind === "container" || subject.kind === "network") return [`${subject.kind} ${subject.name}`];
  return subject.kind === "host" ? [] : [`container ${subject.container}`];
}
