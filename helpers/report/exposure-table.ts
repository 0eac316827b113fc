import { WHO, type Who } from "../audits/askers.ts";
import { type Access, type Exposure, SURPRISES } from "../audits/exposure.ts";
import { listed } from "../cause/mend.ts";

const TITLES: Readonly<Record<Who, string>> = {
  thisHost: "this host",
  sameNetwork: "same network",
  otherNetworks: "other networks",
  otherMachines: "other machines",
};

/** Columns of the table who reaches what. */
export const EXPOSURE_HEAD = ["network", "ports", ...WHO.map((who) => TITLES[who]), "by", "although"] as const;

/** What the signs and words of the table say. */
export const EXPOSURE_LEGEND =
  "`!` marks what people do not expect, first of all. Other machines are asked for with an address beyond this host's networks; `some`: a rule lets in those that it names. `by` is what decides about them, and in marked rows what lets in whom nobody expects. What is not published is reached at the container's own address, by other machines if they route it to this host. Ports on overlay networks and on those of plugins are not in the table.";

const STANDINGS: Readonly<Record<Access["standing"], string>> = {
  connects: "yes",
  refused: "nobody listens",
  blocked: "no",
  some: "some",
  unknown: "?",
};

/** So many containers of one row are named. */
const NAMED = 12;

/** The table's rows: ports of a network and project that fare alike are one. Surprises first. */
export function exposureRows(exposure: readonly Exposure[]): string[][] {
  const groups = Map.groupBy(exposure, (one) => JSON.stringify([one.project, one.kind, one.surprise, ...cellsOf(one)]));
  const rows = [...groups.values()].flatMap((same) => {
    const [first] = same;
    if (first === undefined) return [];
    const [network = "", ...cells] = cellsOf(first);
    return [{ first, row: [`${first.surprise === null ? "" : "! "}${network}`, portsOf(same), ...cells] }];
  });
  const placeOf = ({ kind, surprise, networks }: Exposure): string =>
    [surprise === null ? SURPRISES.length : SURPRISES.indexOf(surprise), networks.join(), KINDS.indexOf(kind)].join(
      " ",
    );
  return rows
    .toSorted((a, b) => placeOf(a.first).localeCompare(placeOf(b.first), "en", { numeric: true }))
    .map(({ row }) => row);
}

const KINDS: readonly Exposure["kind"][] = ["published", "not published", "host mode"];

/** Everything of a row but the sign and its ports. */
function cellsOf({ networks, from, despite, rules, surprise }: Exposure): string[] {
  const others = from.otherMachines;
  const by = surprise !== null && rules.length > 0 ? rules.join("; ") : (others?.by ?? "");
  return [
    networks.length === 0 ? "the host's" : networks.join(", "),
    ...WHO.map((who) => (from[who] === null ? "" : STANDINGS[from[who].standing])),
    by,
    despite === null ? "" : `${despite.of}: ${despite.rule}`,
  ];
}

/** `shop-web: 8080/tcp, [::]:8080/tcp; shop-db: 5432/tcp (not published)` */
function portsOf(same: readonly Exposure[]): string {
  const byContainer = Map.groupBy(same, ({ container }) => container);
  const texts = [...byContainer].map(([container, rows]) => `${container}: ${rows.map(portOf).join(", ")}`);
  const [first] = same;
  const kind = first === undefined || first.kind === "published" ? "" : ` (${first.kind})`;
  return `${listed(texts, NAMED)}${kind}`;
}

function portOf({ port, family }: Exposure): string {
  return family === 6 && !port.startsWith("[") ? `${port} (IPv6)` : port;
}

const SURPRISE_TEXTS: Readonly<Record<(typeof SURPRISES)[number], string>> = {
  "past the firewall": "by every machine, past a firewall that seems to shut it",
  "across networks": "by containers of other networks, though nobody published it",
  "into an internal network": "from beyond its internal network",
  "by a route": "by machines that route packets for it to this host, though nobody published it to them",
};

/** The surprises, a line for each kind. What is told as a note is left out. @param most named containers */
export function surpriseLines(exposure: readonly Exposure[], most: number): string[] {
  return SURPRISES.filter((surprise) => surprise !== "past the firewall").flatMap((surprise) => {
    const same = exposure.filter((one) => one.surprise === surprise);
    if (same.length === 0) return [];
    const texts = [...new Set(same.map(({ port, container }) => `${port} of container ${container}`))];
    return [`Reached ${SURPRISE_TEXTS[surprise]}: port ${listed(texts, most)}.`];
  });
}
