import type { MadeContainer, MadeNetwork } from "../topology/made.ts";

/** Containers and networks that a script has to make, by their names on the engine. */
export interface Needed {
  readonly containers: Set<string>;
  readonly networks: Set<string>;
}

/** A piece of recorded text that is another one each time: a script asks the engine for it. */
interface Known {
  readonly text: string;
  /** What a shell puts in its place, inside double quotes. */
  readonly shell: string;
  readonly kind: "name" | "address" | "port";
  readonly container?: string;
  readonly network?: string;
}

/** What a script calls a container or a network: its key in the topology, with the topology's name where two have one key. */
export function labelsFor(
  made: readonly { readonly key: string; readonly name: string }[],
): ReadonlyMap<string, string> {
  const keys = made.map(({ key }) => key);
  return new Map(
    made.map(({ key, name }) => [
      name,
      keys.indexOf(key) === keys.lastIndexOf(key) ? key : name.replace(/^[^-]+-[^-]+-/, ""),
    ]),
  );
}

/** All that is known of the containers and networks of a requirement, for putting it in the place of recorded text. */
export class KnownText {
  readonly #known: readonly Known[];

  constructor(containers: readonly MadeContainer[], networks: readonly MadeNetwork[]) {
    const labels = labelsFor([...containers, ...networks]);
    const fixed = new Set(networks.filter(hasFixedSubnet).map(({ name }) => name));
    const known: Known[] = [
      ...networks.flatMap(({ name, id }) => [
        { text: name, shell: `$run-${labels.get(name)}`, kind: "name" as const, network: name },
        { text: id, shell: `$run-${labels.get(name)}`, kind: "name" as const, network: name },
      ]),
      ...containers.flatMap((container) => ofContainer(container, labels, fixed)),
    ];
    // The longest first: an id before the twelve digits that it begins with.
    this.#known = known.filter(({ text }) => text !== "").toSorted((a, b) => b.text.length - a.text.length);
  }

  /**
   * The text as it stands in a script between double quotes.
   * @param needs gets what has to be made for it
   * @param port a port of the text that may be one that the engine chose
   */
  inDoubleQuotes(text: string, needs: Needed, port: number | null = null): string {
    let rest = text;
    let written = "";
    for (;;) {
      const next = this.#first(rest, port);
      if (next === null) return written + escaped(rest);
      const { known, at } = next;
      if (known.container !== undefined) needs.containers.add(known.container);
      if (known.network !== undefined) needs.networks.add(known.network);
      written += escaped(rest.slice(0, at)) + known.shell;
      rest = rest.slice(at + known.text.length);
    }
  }

  #first(text: string, port: number | null): { readonly known: Known; readonly at: number } | null {
    let best: { readonly known: Known; readonly at: number } | null = null;
    for (const known of this.#known) {
      if (known.kind === "port" && known.text !== String(port)) continue;
      const at = patternOf(known).exec(text)?.index ?? -1;
      if (at >= 0 && (best === null || at < best.at)) best = { known, at };
    }
    return best;
  }
}

/** Whether its subnet was asked for, and so stands in the script as it is. */
function hasFixedSubnet({ asked }: MadeNetwork): boolean {
  return (asked.IPAM?.Config ?? []).length > 0;
}

function ofContainer(
  { name, id, inspected, asked }: MadeContainer,
  labels: ReadonlyMap<string, string>,
  fixed: ReadonlySet<string>,
): Known[] {
  const label = labels.get(name) ?? "";
  const of = { container: name };
  const { Networks, Ports } = inspected().NetworkSettings;
  const attached = Object.entries(Networks);
  const settings = attached.flatMap(([network, { IPAddress, GlobalIPv6Address, Gateway, IPv6Gateway }]) => {
    const on = attached.length === 1 ? "" : ` ${labels.has(network) ? `$run-${labels.get(network)}` : network}`;
    const address = (text: string, field: string) => ({
      text,
      shell: `$(${field} ${label}${on})`,
      kind: "address" as const,
      ...of,
    });
    return [
      address(IPAddress, "address"),
      address(GlobalIPv6Address, "address6"),
      ...(fixed.has(network) ? [] : [address(Gateway, "gateway"), address(IPv6Gateway, "gateway6")]),
    ];
  });
  const ports = Object.entries(Ports).flatMap(([port, bindings]) => {
    const asks = (asked.host.PortBindings as Record<string, { HostPort?: string }[]> | undefined)?.[port] ?? [];
    return (bindings ?? [])
      .filter((binding) => !asks.some(({ HostPort }) => HostPort === binding.HostPort))
      .map(({ HostIp, HostPort }) => ({
        text: HostPort,
        shell: `$(port ${label} ${port} ${HostIp})`,
        kind: "port" as const,
        ...of,
      }));
  });
  return [
    { text: name, shell: `$run-${label}`, kind: "name", ...of },
    { text: id, shell: `$(id ${label})`, kind: "name", ...of },
    { text: id.slice(0, 12), shell: `$(id ${label})`, kind: "name", ...of },
    ...settings,
    ...ports,
  ];
}

function patternOf({ text, kind }: Known): RegExp {
  const literal = text.replaceAll(/[.*+?^${}()|[\]\\]/g, "\\$&");
  if (kind === "name") return new RegExp(`(?<![\\w-])${literal}(?![\\w-])`);
  if (kind === "port") return new RegExp(`(?<=[:\\s])${literal}(?!\\d)`);
  return text.includes(":")
    ? new RegExp(`(?<![\\w:.])${literal}(?![\\w:])`)
    : new RegExp(`(?<![\\w.])${literal}(?![\\w-]|\\.\\d)`);
}

/** As a shell takes it literally between double quotes. */
function escaped(text: string): string {
  return text.replaceAll(/[\\"$`]/g, "\\$&");
}
