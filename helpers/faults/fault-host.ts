import type { LabEngine } from "../lab/engine-versions.ts";
import type { Lab } from "../lab/lab.ts";
import type { LabHost } from "../lab/lab-host.ts";
import { type Fault, RESTART } from "./fault.ts";

/**
 * What a reboot of a lab host has to bring back: addresses, routes, rules and queues of its devices, its firewall, the
 * switches of its kernel, the files that resolve names, programs put in front of others, what runs. Read while no engine
 * runs. Counters and numbers that the kernel gives anew are left out.
 */
const STATE = [
  "ip -o addr show | sed -E 's/ valid_lft.*//; s/^[0-9]+: //'",
  "ip -o link show | sed -E 's/^[0-9]+: //; s/qlen [0-9]+//'",
  "ip route show table all; ip -6 route show table all | grep -vE '^(multicast|fe80)'; ip rule; ip -6 rule",
  "ip neigh show nud permanent; tc qdisc show 2>/dev/null; nft list tables 2>/dev/null | grep -vE ' ip6? (filter|nat|mangle|raw)$'",
  // Chains and rules only: a table that was once looked into is listed from then on, empty.
  "for i in iptables ip6tables; do $i-save 2>/dev/null | grep -E '^(:|-A)' | grep -vE '^:(PREROUTING|INPUT|FORWARD|OUTPUT|POSTROUTING) ACCEPT' | sed -E 's/\\[[0-9:]+\\]//'; done",
  "find /proc/sys/net/ipv4 /proc/sys/net/ipv6 /proc/sys/net/bridge -type f 2>/dev/null | grep -vE '/(neigh|conf)/(br-|docker|veth)|_count$|stable_secret|fib_(info|trie)' | sort | xargs grep -s ''",
  "md5sum /etc/resolv.conf /etc/hosts /etc/nsswitch.conf /etc/gai.conf 2>/dev/null; ls /usr/local/bin /usr/local/sbin /etc/docker /etc/cdi 2>/dev/null",
  "test ! -e /var/lib/docker/swarm/docker-state.json || echo swarm; ip netns list",
  "for p in /proc/[0-9]*; do grep -q '^PPid:.1$' $p/status 2>/dev/null && cat $p/comm; done | sort; mount | grep -vE 'overlay|nsfs|/run/(docker|netns)' | sort",
].join("; ");

/** What faults put in front of the host's programs; a lab host has nothing there. */
const FRONT = "/usr/local/sbin/*";

/** A disposable host that bears one fault after another, each from the state of a machine that has just booted. */
export class FaultHost implements AsyncDisposable {
  readonly #lab: Lab;
  readonly #engine: LabEngine;
  readonly #name: string;
  readonly #report: (line: string) => void;
  #host: LabHost | undefined;
  /** Its {@link STATE} when it was new. */
  #pristine = "";

  /** @param report gets a line when a host has to be replaced */
  constructor(lab: Lab, engine: LabEngine, name: string, report: (line: string) => void) {
    this.#lab = lab;
    this.#engine = engine;
    this.#name = name;
    this.#report = report;
  }

  /**
   * The host as if it had just booted, without `daemon.json` and with dockerd stopped. A reboot takes seconds, a new host
   * more; one that a reboot doesn't bring back is replaced.
   */
  async rebooted(): Promise<LabHost> {
    if (this.#host !== undefined) {
      const left = await this.#reboot(this.#host).then(
        (state) => firstDifference(this.#pristine, state),
        (error: unknown) => (error instanceof Error ? error.message : String(error)),
      );
      if (left === null) return this.#host;
      this.#report(`the host is replaced: a reboot does not bring it back (${left})`);
      await this[Symbol.asyncDispose]();
    }
    const { [this.#name]: host } = await this.#lab.start({ [this.#name]: { engine: this.#engine } });
    if (host === undefined) throw new Error("the lab started no host");
    this.#host = host;
    this.#pristine = await this.#reboot(host);
    return host;
  }

  async #reboot(host: LabHost): Promise<string> {
    // First the programs in front of others: a reboot clears the host with its own ones.
    await host.must(`rm -f /etc/docker/daemon.json ${FRONT}`);
    await host.reboot();
    return await host.must(STATE);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#host?.remove();
    this.#host = undefined;
  }
}

/** The first line that one text has and the other has not; null when they are equal. */
function firstDifference(before: string, after: string): string | null {
  const [one, other] = [before, after].map((text) => text.split("\n"));
  const gone = one?.find((line) => !other?.includes(line));
  const come = other?.find((line) => !one?.includes(line));
  if (gone !== undefined) return `it had: ${gone}`;
  return come === undefined ? null : `it has: ${come}`;
}

/**
 * Starts the engine of a host that was just booted, and does what is done to it before the suites begin.
 * @param second the host beside it, which runs; null where there is none
 * @returns how often it struck: 0 where the proxy does it later
 * @throws UserError when it can't be done
 */
export async function startStruck(host: LabHost, second: LabHost | null, { strike }: Fault): Promise<number> {
  if (strike.when !== "before the engine") await host.startEngine();
  if (strike.when === "before the topology") {
    await onBoth(host, second, strike.shell, strike.onSecondHost);
    return 1;
  }
  if (strike.when !== "before the engine") return 0;
  for (const line of strike.shell ?? []) await host.must(line);
  if (strike.daemonJson !== undefined) await host.configure(strike.daemonJson);
  await host.startEngine(strike.flags);
  for (const line of strike.afterwards ?? []) await host.must(line);
  return 1;
}

/** Mends a host as its operator would. @throws UserError when it can't be done */
export async function mend(host: LabHost, second: LabHost | null, fault: Fault): Promise<void> {
  const { strike, undo, undoOnSecondHost } = fault;
  const beforeEngine = strike.when === "before the engine";
  if (undoOnSecondHost !== undefined) await onBoth(host, second, [], undoOnSecondHost);
  if (beforeEngine) await host.stopEngine();
  for (const line of undo) {
    if (line !== RESTART) {
      await host.must(line);
    } else if (!beforeEngine) {
      await host.stopEngine();
      await host.startEngine();
    }
  }
  if (!beforeEngine) return;
  await host.must("rm -f /etc/docker/daemon.json");
  await host.startEngine();
}

async function onBoth(
  host: LabHost,
  second: LabHost | null,
  own: readonly string[],
  others: readonly string[] = [],
): Promise<void> {
  const knowing = (other: LabHost | null, line: string) => (other === null ? line : `OTHER=${other.address}; ${line}`);
  for (const line of own) await host.must(knowing(second, line));
  for (const line of others) await second?.must(knowing(host, line));
}
