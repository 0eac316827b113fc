import type { ContainerRow, LivingMap, NetworkRow, State } from "../model/living-map.ts";
import type { Results } from "../model/results.ts";
import type { Site, SiteContainer } from "../model/site.ts";
import { type JudgedBy, JudgedThings, portKey, thingKey } from "./judged-things.ts";
import { modeNetwork, portText } from "./living-words.ts";

/** What a suite had on the engine, as a map. */
export interface SuiteSite {
  readonly suite: string;
  readonly map: LivingMap;
  /** By the keys of things. */
  readonly judged: ReadonlyMap<string, JudgedBy>;
}

/** The suites' own containers and networks, suite by suite, those with something wrong first. */
export function suiteSites(
  results: Pick<Results, "sites" | "requirements" | "runId" | "living" | "facts" | "hostState">,
): SuiteSite[] {
  const { sites = [], requirements } = results;
  const bySuite = Map.groupBy(sites, ({ file }) => requirements.find((one) => one.file === file)?.suite ?? file);
  return [...bySuite]
    .map(([suite, members]) => siteOf(suite, members, results))
    .toSorted((a, b) => Number(isBroken(b)) - Number(isBroken(a)) || a.suite.localeCompare(b.suite));
}

/** Whether something on it is wrong. */
function isBroken({ judged }: SuiteSite): boolean {
  return [...judged.values()].some(({ failed }) => failed.length > 0);
}

function siteOf(
  suite: string,
  sites: readonly Site[],
  { requirements, runId, living, facts, hostState }: Parameters<typeof suiteSites>[0],
): SuiteSite {
  const things = new JudgedThings();
  for (const site of sites) for (const result of requirements) if (result.file === site.file) things.add(result, site);
  const short = (name: string) => name.replaceAll(`dnc-${runId}-`, "");
  const shown: Shown = { short, stateOf: (thing) => (things.isWrong(thing) ? "broken" : "right"), facts };
  return {
    suite,
    map: {
      uplinks: living?.uplinks ?? recordedUplinks(facts, hostState),
      ...(living?.nameServers === undefined ? {} : { nameServers: living.nameServers }),
      networks: [...networkRows(sites, shown), ...modeRows(sites, shown)],
      stopped: [],
    },
    judged: new Map([...things.all()].map(([key, by]) => [short(key), by])),
  };
}

/** The uplinks that a run recorded which looked at nothing that runs on the host, such as one of a selection. */
function recordedUplinks(facts: Results["facts"], hostState: Results["hostState"]): LivingMap["uplinks"] {
  const devices = new Set([facts?.["host uplink"] ?? "", facts?.["host IPv6 uplink"] ?? ""]);
  // `10.0.0.2/24 on eth0`
  const addressed = (hostState?.addresses ?? []).flatMap((line) => {
    const [, address = "", device = ""] = /^(\S+)\/\d+ on (\S+)/.exec(line) ?? [];
    return devices.has(device) ? [{ address, device }] : [];
  });
  return [...Map.groupBy(addressed, ({ device }) => device)].map(([device, same]) => ({
    device,
    addresses: same.map(({ address }) => address),
  }));
}

/** How things are shown. */
interface Shown {
  /** A name without what all names of a run begin with. */
  readonly short: (name: string) => string;
  /** @param thing by its key */
  readonly stateOf: (thing: string) => State;
  readonly facts: Results["facts"];
}

/** Networks with who is on them: the suites' own, then those of the engine. */
function networkRows(sites: readonly Site[], shown: Shown): NetworkRow[] {
  const made = new Map(sites.flatMap(({ networks }) => networks).map((network) => [network.name, network]));
  const joined = placed(sites).flatMap(({ container }) => container.networks.map(({ name }) => name));
  return [...new Set([...made.keys(), ...joined])].map((name) => {
    const own = made.get(name) ?? enginesNetwork(name, shown.facts);
    const { driver = "bridge", device = "", subnets = [], internal = false } = own;
    return {
      ...{ name: shown.short(name), driver, device, subnets, internal },
      state: shown.stateOf(thingKey("network", name)),
      containers: placed(sites)
        .filter(({ container }) => container.networks.some((one) => one.name === name))
        .map((one) => containerRow(one, name, shown)),
    };
  });
}

/** A network that no suite made: the default bridge, or one that a check made itself. */
function enginesNetwork(name: string, facts: Results["facts"]): Partial<NetworkRow> {
  const subnet = facts?.["default bridge subnet"];
  return name === "bridge"
    ? { device: facts?.["default bridge"] ?? "", subnets: subnet === undefined ? [] : [subnet] }
    : {};
}

/** Containers that have no network of their own, by where they are instead. */
function modeRows(sites: readonly Site[], shown: Shown): NetworkRow[] {
  const without = placed(sites).filter(({ container }) => container.networks.length === 0);
  const byMode = Map.groupBy(without, ({ container: { mode } }) => modeNetwork(mode ?? "none", shown.short));
  return [...byMode].map(([name, members]) => ({
    ...{ name, driver: "", device: "", subnets: [], internal: false, state: "right" },
    containers: members.map((one) => containerRow(one, null, shown)),
  }));
}

interface Placed {
  readonly container: SiteContainer;
  readonly file: string;
}

function placed(sites: readonly Site[]): Placed[] {
  return sites.flatMap(({ file, containers }) => containers.map((container) => ({ container, file })));
}

/** Containers of one file stand together, as those of a project do. */
function containerRow({ container, file }: Placed, network: string | null, { short, stateOf }: Shown): ContainerRow {
  const { name, networks, ports, nameServers } = container;
  return {
    name: short(name),
    project: file.replace(/^suites\//, "").replace(/(\.quiet|\.lab)?\.test\.ts$/, ""),
    status: "running",
    addresses: networks.flatMap((one) => (one.name === network ? one.addresses : [])),
    ports: ports.map((port) => ({ text: portText(port), state: stateOf(portKey(port)) })),
    ...(nameServers.length === 0 ? {} : { nameServers }),
    state: stateOf(thingKey("container", name)),
  };
}
