import type { ContainerRow, LivingMap, NetworkRow, State } from "../model/living-map.ts";
import { cut, oneLine } from "./plain-text.ts";

/** Containers of one project on the same networks: one box, with a line for each. */
export interface DrawnGroup {
  readonly id: string;
  readonly title: string;
  readonly lines: readonly DrawnLine[];
}

/** One container. */
export interface DrawnLine {
  readonly state: State;
  /** Of the container; `` for a line that only counts. */
  readonly name: string;
  readonly text: string;
  /** Its ports; those that are broken are painted so. */
  readonly ports: readonly { readonly text: string; readonly broken: boolean }[];
}

export interface DrawnNetwork {
  readonly id: string;
  readonly name: string;
  readonly state: State;
  readonly lines: readonly string[];
  /** It reaches the world by one of the host's uplinks. */
  readonly open: boolean;
}

/** A group hangs on a network. */
export interface DrawnEdge {
  readonly network: string;
  readonly group: string;
  readonly broken: boolean;
}

export interface Drawn {
  readonly networks: readonly DrawnNetwork[];
  readonly groups: readonly DrawnGroup[];
  readonly edges: readonly DrawnEdge[];
}

/** More containers than this in one box are counted, but for those that are broken. */
const SHOWN = 12;
const SHOWN_PORTS = 4;
const NAME = 34;

/** Networks with somebody on them or something wrong; where there are none, every network that there is. */
export function networksInUse({ networks }: Pick<LivingMap, "networks">): readonly NetworkRow[] {
  const used = networks.filter(({ containers, state }) => containers.length > 0 || state === "broken");
  return used.length > 0 ? used : networks;
}

/** What of a report is drawn: networks in use, and their containers by project. */
export function drawnOf(report: LivingMap): Drawn {
  const used = networksInUse(report);
  const places = new Map<string, Place>();
  for (const [index, network] of used.entries())
    for (const container of network.containers) {
      const place = places.get(container.name) ?? { container, on: [] };
      places.set(container.name, { ...place, on: [...place.on, { id: `n${index}`, row: container }] });
    }
  const byKind = Map.groupBy(places.values(), ({ container, on }) =>
    [container.project ?? "", ...on.map(({ id }) => id)].join(" "),
  );
  const groups = [...byKind.values()].map((members, index) => ({ members, group: groupOf(members, `g${index}`) }));
  return {
    networks: used.map((network, index) => networkOf(report, network, `n${index}`)),
    groups: [...groups.map(({ group }) => group), ...stoppedGroup(report)],
    edges: groups.flatMap(({ members, group }) =>
      (members[0]?.on ?? []).map(({ id }) => ({
        network: id,
        group: group.id,
        broken: members.some(({ on }) => on.some((one) => one.id === id && one.row.state === "broken")),
      })),
    ),
  };
}

/** A container with each network that it is on. */
interface Place {
  readonly container: ContainerRow;
  readonly on: readonly { readonly id: string; readonly row: ContainerRow }[];
}

function networkOf({ uplinks }: LivingMap, network: NetworkRow, id: string): DrawnNetwork {
  const { name, driver, device, subnets, state, internal } = network;
  return {
    id,
    name,
    state,
    lines: [
      cut(oneLine(name), NAME),
      ...(driver === "" ? [] : [`${driver} ${device}`.trim()]),
      ...subnets,
      ...(internal ? ["internal: closed to the world"] : []),
    ],
    open: driver === "bridge" ? !internal && uplinks.length > 0 : uplinks.some((uplink) => uplink.device === device),
  };
}

function groupOf(members: readonly Place[], id: string): DrawnGroup {
  const lines = members.map(({ container, on }) => lineOf(container, worst(on.map(({ row }) => row.state)), on));
  const broken = lines.filter(({ state }) => state === "broken");
  const others = lines.filter(({ state }) => state !== "broken");
  const room = lines.length > SHOWN ? Math.max(0, SHOWN - broken.length) : others.length;
  const rest = others.length - room;
  return {
    id,
    title: cut(oneLine(members[0]?.container.project ?? ""), NAME),
    lines: [
      ...broken,
      ...others.slice(0, room),
      ...(rest > 0
        ? [{ state: "right" as const, name: "", text: `${rest} more, none of them broken`, ports: [] }]
        : []),
    ],
  };
}

function lineOf({ name, status, ports, nameServers = [] }: ContainerRow, state: State, on: Place["on"]): DrawnLine {
  const addresses = on.flatMap(({ row }) => row.addresses).join(" ");
  const asks = nameServers.length === 0 ? "" : `asks ${nameServers.join(" ")}`;
  return {
    state,
    name,
    text: [cut(oneLine(name), NAME), status === "paused" ? "(paused)" : "", addresses, asks]
      .filter((part) => part !== "")
      .join("  "),
    ports: portsOf(ports),
  };
}

/** A port of every address is told once for both families. */
function portsOf(ports: ContainerRow["ports"]): DrawnLine["ports"] {
  const told = Map.groupBy(ports, ({ text }) => text.replace(/^(0\.0\.0\.0|\[::\]):/, ""));
  const all = [...told].map(([text, same]) => ({ text, broken: same.some(({ state }) => state === "broken") }));
  const shown = all.filter(({ broken }, index) => broken || index < SHOWN_PORTS);
  return all.length > shown.length ? [...shown, { text: `${all.length - shown.length} more`, broken: false }] : shown;
}

const BY_WEIGHT: readonly State[] = ["broken", "changed", "noted", "not running", "right"];

function worst(states: readonly State[]): State {
  return BY_WEIGHT.find((state) => states.includes(state)) ?? "right";
}

/** Containers that their network keeps from running hang on nothing. */
function stoppedGroup({ stopped }: LivingMap): DrawnGroup[] {
  const broken = stopped.filter(({ state }) => state === "broken");
  if (broken.length === 0) return [];
  return [
    {
      id: "stopped",
      title: "kept from running by their network",
      lines: broken.map((container) => lineOf(container, "broken", [])),
    },
  ];
}
