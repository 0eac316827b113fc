import type { ContainerRow, LivingMap, NetworkRow } from "../../model/living-map.ts";
import { networksInUse } from "../drawing-cards.ts";
import { drawMap } from "../map-drawing.ts";
import { STATE_SIGNS } from "../workloads.ts";
import { renderFragment } from "../xml.ts";
import { fragmentOf, type Html, html, table, trusted } from "./html.ts";

/** What is said of a thing on a map beside its facts: what judged it, and where that stands. */
export type Judged = (kind: "container" | "network", name: string) => Html | null;

/**
 * A map, and under it the facts of each thing on it, to which the map leads.
 * @param scope what tells its fragments from those of other maps of the page
 */
export function mapHtml(map: LivingMap, scope: string, judged: Judged): Html {
  const containers = containersOf(map);
  const networks = networksInUse(map);
  return html`<div class="wide" role="group" tabindex="0" aria-label="Map: ${scope}">${drawingHtml(map, scope)}</div>
<details class="fold facts"><summary>Each thing on the map, and what judged it</summary>${table(
    "Networks",
    ["network", "driver", "subnets", "containers", "judged by"],
    networks.map((network) => networkCells(network, scope, judged)),
  )}${
    containers.length === 0
      ? null
      : table(
          "Containers",
          ["container", "on", "published", "name servers of its own", "judged by"],
          containers.map((one) => containerCells(one, scope, judged)),
        )
  }</details>`;
}

function drawingHtml(map: LivingMap, scope: string): Html {
  const { width, height, content } = drawMap(map, 0, (kind, name) => `#${thingFragment(scope, kind, name)}`);
  // The frames of the outermost boxes are half outside.
  const size = { width: width + 2, height: height + 2, viewBox: `-1 -1 ${width + 2} ${height + 2}` };
  const attributes = { class: "map", ...size, role: "group" };
  // Texts in it are escaped by what renders it, as XML and so as HTML.
  return trusted(renderFragment({ name: "svg", attributes: { ...attributes, "aria-label": "Map" }, content }));
}

/** A link to the facts of a thing on a map of the page. */
export function thingLink(scope: string, kind: "container" | "network", name: string): Html {
  return html`<a class="worse" href="#${thingFragment(scope, kind, name)}">${kind === "network" ? "network " : ""}${name}</a>`;
}

function thingFragment(scope: string, kind: "container" | "network", name: string): string {
  return fragmentOf("at", `${scope} ${kind} ${name}`);
}

/** A container with where it is. */
interface Placed {
  readonly container: ContainerRow;
  readonly on: readonly { readonly network: string; readonly addresses: readonly string[] }[];
}

function containersOf({ networks, stopped }: LivingMap): Placed[] {
  const rows = networks.flatMap(({ name: network, containers }) =>
    containers.map((container) => ({ container, network, addresses: container.addresses })),
  );
  const running = [...Map.groupBy(rows, ({ container }) => container.name).values()].flatMap((same): Placed[] => {
    const worst = same.find(({ container }) => container.state === "broken") ?? same[0];
    return worst === undefined ? [] : [{ container: worst.container, on: same }];
  });
  const broken = stopped.filter(({ state }) => state === "broken");
  return [...running, ...broken.map((container) => ({ container, on: [] }))];
}

function thingHtml(scope: string, kind: "container" | "network", { name, state }: ContainerRow | NetworkRow): Html {
  return html`<span class="thing${state === "broken" ? " worse" : ""}" id="${thingFragment(scope, kind, name)}">${STATE_SIGNS[state]} ${name}</span>`;
}

function networkCells(network: NetworkRow, scope: string, judged: Judged) {
  const { driver, device, subnets, internal, containers, name } = network;
  return [
    thingHtml(scope, "network", network),
    `${[driver, device].filter((part) => part !== "").join(", ")}${internal ? ", internal" : ""}`,
    subnets.join(", "),
    containers.length,
    judged("network", name),
  ];
}

function containerCells({ container, on }: Placed, scope: string, judged: Judged) {
  const { ports, nameServers = [], status } = container;
  return [
    thingHtml(scope, "container", container),
    on.length === 0
      ? status
      : on
          .map(({ network, addresses }) => (addresses.length === 0 ? network : `${network}: ${addresses.join(", ")}`))
          .join("; "),
    ports.map(({ text, state }, index) => [
      index === 0 ? "" : ", ",
      state === "broken" ? html`<b class="worse">${STATE_SIGNS.broken} ${text}</b>` : text,
    ]),
    nameServers.join(", "),
    judged("container", container.name),
  ];
}
