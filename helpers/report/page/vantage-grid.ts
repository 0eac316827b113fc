import type { AskedQuestion } from "../../model/question.ts";
import type { Results } from "../../model/results.ts";
import type { BoundPort, Site, SiteContainer } from "../../model/site.ts";
import { portText } from "../living-words.ts";

/** From where a published port is asked, and at which of the host's addresses, the nearest first. */
export const VANTAGES: readonly string[] = [
  "the host, at 127.0.0.1",
  "the host, at [::1]",
  "the host, at its uplink",
  "the host, at a bridge",
  "the host, at another address",
  "the container itself",
  "a container beside it",
  "a container of another network",
  "a container in host mode",
  "a container without a network",
  "a container on the uplink's network",
  "another machine",
];

type Reach = Extract<AskedQuestion, { kind: "reach" }>;

/** Tells which questions went to a published port of the suites' own containers, and from where. */
export class VantageGrid {
  readonly #sites: ReadonlyMap<string, Site>;
  readonly #uplinks: ReadonlySet<string>;
  readonly #bridges: ReadonlySet<string>;

  constructor({ sites = [], living, hostState }: Pick<Results, "sites" | "living" | "hostState">) {
    this.#sites = new Map(sites.map((site) => [site.file, site]));
    const devices = living?.uplinks.map(({ device }) => device) ?? [];
    // `10.0.0.2/24 on eth0`
    const onDevice = (hostState?.addresses ?? []).flatMap((line) => {
      const [, address = "", device = ""] = /^(\S+)\/\d+ on (\S+)/.exec(line) ?? [];
      return address === "" ? [] : [{ address, device }];
    });
    const isUplink = ({ device }: { readonly device: string }) => devices.includes(device);
    this.#uplinks = new Set([
      ...(living?.uplinks.flatMap(({ addresses }) => addresses) ?? []),
      ...onDevice.filter(isUplink).map(({ address }) => address),
    ]);
    this.#bridges = new Set(
      onDevice.filter(({ device }) => /^(docker0|br-)/.test(device)).map(({ address }) => address),
    );
  }

  /** The row and the column of a question to a published port; null for any other question. */
  placeOf(question: AskedQuestion, file: string): { readonly to: string; readonly from: string } | null {
    const site = this.#sites.get(file);
    if (site === undefined || question.kind !== "reach" || question.port === null) return null;
    // What goes to a container's own address passes no publication.
    if (site.containers.some(({ networks }) => networks.some(({ addresses }) => addresses.includes(question.to))))
      return null;
    const found = site.containers.flatMap((container) => {
      const port = portOf(container, question);
      return port === undefined ? [] : [{ container, port }];
    });
    const [only] = found;
    if (only === undefined) return null;
    const from = this.#vantage(question, only.container, site);
    return from === null ? null : { to: `${only.container.name}  ${shownPort(only.port)}`, from };
  }

  #vantage({ from, to }: Reach, publisher: SiteContainer, site: Site): string | null {
    if (from.kind === "other machine") return "another machine";
    if (from.kind === "host") return `the host, at ${this.#addressText(to)}`;
    if (from.kind !== "container") return null;
    if (from.name === publisher.name) return "the container itself";
    const asker = site.containers.find(({ name }) => name === from.name);
    if (asker === undefined) return null;
    if (asker.mode === `container:${publisher.name}`) return "the container itself";
    if (asker.mode === "host") return "a container in host mode";
    if (asker.networks.length === 0 || asker.mode === "none") return "a container without a network";
    const its = asker.networks.map(({ name }) => name);
    if (publisher.networks.some(({ name }) => its.includes(name))) return "a container beside it";
    const isOnUplink = site.networks.some(
      ({ name, driver }) => its.includes(name) && /^(macvlan|ipvlan)$/.test(driver),
    );
    return isOnUplink ? "a container on the uplink's network" : "a container of another network";
  }

  #addressText(to: string): string {
    if (/^127\./.test(to) || to === "localhost") return "127.0.0.1";
    if (to === "::1") return "[::1]";
    if (this.#uplinks.has(to)) return "its uplink";
    return this.#bridges.has(to) ? "a bridge" : "another address";
  }
}

/** Of the bindings of a port the one of this address, then one of every address. */
function portOf({ ports }: SiteContainer, { to, port, protocol }: Reach): BoundPort | undefined {
  const fitting = ports.filter((one) => one.protocol === protocol && one.hostPort === port);
  return (
    fitting.find(({ hostAddress }) => hostAddress === to) ??
    fitting.find(({ hostAddress }) => isEvery(hostAddress)) ??
    fitting[0]
  );
}

function isEvery(address: string): boolean {
  return address === "0.0.0.0" || address === "::";
}

/** A port of every address without the address, since it is bound once for each family. */
function shownPort(port: BoundPort): string {
  return isEvery(port.hostAddress) ? portText(port).replace(/^(0\.0\.0\.0|\[::\]):/, "") : portText(port);
}
