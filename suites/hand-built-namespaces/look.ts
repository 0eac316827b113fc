import { ProbeFailed, type Vantage } from "../../helpers/model/evidence.ts";
import { counters } from "../../helpers/probes/counters.ts";
import { type Link, links } from "../../helpers/probes/links.ts";
import { type InterfaceAddress, type IpLink, parseIpAddress } from "../../helpers/probes/parse/parse-ip-address.ts";
import { type IpRoute, parseIpRoute } from "../../helpers/probes/parse/parse-ip-route.ts";
import { ping } from "../../helpers/probes/reach.ts";
import { mustReach, Violation } from "../../helpers/requirement/index.ts";

/** What every requirement about building by hand needs. */
export const NEEDS = ["disposable host", "host view", "host iproute2"] as const;

const NO_FILTER = "a packet filter on the host drops what it doesn't know";

/** A link as `ip` shows it and as the kernel's files have it. */
export interface Seen {
  /** What `ip addr` shows: addresses, state, the other end's namespace. */
  readonly shown: readonly IpLink[];
  /** What /sys/class/net has. */
  readonly kernel: readonly Link[];
}

/** Stands between the two answers. */
const NEXT = "=== next";

/** Looks in one question, so that both views are of one moment and cost a busy host half as much. */
export async function look(from: Vantage): Promise<Seen> {
  let shown: readonly IpLink[] = [];
  const kernel = await links({
    label: from.label,
    async ask(command, options) {
      const evidence = await from.ask(`ip addr && echo "${NEXT}" && { ${command}; }`, options);
      const [first = "", second = ""] = evidence.stdout.split(`${NEXT}\n`);
      shown = parseIpAddress(first);
      return { ...evidence, stdout: second };
    },
  });
  return { shown, kernel };
}

export function shownIn({ shown }: Seen, name: string): IpLink {
  const found = shown.find((candidate) => candidate.name === name);
  if (found === undefined)
    throw new Violation(`the interface ${name}`, { expected: "one of the namespace", observed: namesOf(shown) });
  return found;
}

export function kernelIn({ kernel }: Seen, name: string): Link {
  const found = kernel.find((candidate) => candidate.name === name);
  if (found === undefined)
    throw new Violation(`the interface ${name}`, { expected: "one of the namespace", observed: namesOf(kernel) });
  return found;
}

function namesOf(all: readonly { readonly name: string }[]): string {
  return all.map(({ name }) => name).join(", ");
}

export function names(all: readonly { readonly name: string }[]): string[] {
  return all.map(({ name }) => name);
}

export function ipv4Of({ addresses }: IpLink): InterfaceAddress[] {
  return addresses.filter(({ family }) => family === 4);
}

export function plain(addresses: readonly InterfaceAddress[]): string[] {
  return addresses.map(({ address, prefix }) => `${address}/${prefix}`);
}

export async function routesOf(from: Vantage): Promise<IpRoute[]> {
  const evidence = await from.ask("ip -4 route");
  if (evidence.exitCode !== 0) throw new ProbeFailed(`the routes of ${from.label} can't be read`, evidence);
  return parseIpRoute(evidence.stdout);
}

interface Counted {
  readonly rxPackets: number;
  readonly rxBytes: number;
  readonly txPackets: number;
  readonly txBytes: number;
}

export async function countersOf(from: Vantage, name: string): Promise<Counted> {
  const found = (await counters(from)).find((one) => one.interface === name);
  if (found === undefined)
    throw new Violation(`the counters of ${name}`, {
      expected: `a line in /proc/net/dev of ${from.label}`,
      observed: "none",
    });
  const { received: rx, transmitted: tx } = found;
  return { rxPackets: rx.packets, rxBytes: rx.bytes, txPackets: tx.packets, txBytes: tx.bytes };
}

/** Both pinging each other over the pair. */
export async function meet(one: Vantage, oneAddress: string, other: Vantage, otherAddress: string): Promise<void> {
  await Promise.all([mustReach(ping(one, otherAddress), NO_FILTER), mustReach(ping(other, oneAddress), NO_FILTER)]);
}

/** Asserts that a list has certain entries among others, and tells those that it lacks. */
export function mustInclude(what: string, entries: readonly string[], ...wanted: readonly string[]): void {
  const missing = wanted.filter((entry) => !entries.includes(entry));
  if (missing.length > 0) throw new Violation(what, { expected: wanted.join(", "), observed: entries.join(", ") });
}
