import { createHash } from "node:crypto";
import { afterAll } from "vitest";
import { nameOf } from "../engine/run-identity.ts";
import { type AskOptions, type Evidence, ProbeFailed, type Vantage } from "../model/evidence.ts";
import { quoted } from "../model/shell-words.ts";
import { parseIpAddress } from "../probes/parse/parse-ip-address.ts";
import type { ContainerSpec } from "../topology/spec.ts";
import { asHost, DUTIES, ENTERS_HOST, type HostView } from "../vantage/host-view.ts";
import { eventually } from "./eventually.ts";
import type { Given } from "./given.ts";
import { type Session, session } from "./session.ts";
import { NotRun, Violation } from "./verdicts.ts";

/** Longest name that the kernel gives an interface. */
const LONGEST_DEVICE_NAME = 15;

/** Exit code that says that the first of several steps failed; the next ones follow it. */
const FIRST_STEP = 40;

/** How long a busy kernel may take to clear away a namespace. */
const GONE_MS = 30_000;

/** Steps to be done in a namespace, as steps for {@link HandBuilt.run}. */
export function within({ name }: { readonly name: string }, ...commands: readonly string[]): string[] {
  return commands.map((command) => `ip netns exec ${name} ${command}`);
}

/** A namespace made with `ip netns add`. Asks with the host's own programs, through `ip netns exec`. */
export interface NamedNamespace extends Vantage {
  /** As `ip netns` knows it. */
  readonly name: string;
  /** The same namespace with BusyBox, whose `ping`, `nc` and `arping` the probes understand. */
  readonly busybox: Vantage;
}

/**
 * What a person builds on a host by hand, without the engine: named namespaces, and devices in the host's own namespace.
 * Everything carries the run's id in its name and goes when the file ends.
 */
export class HandBuilt {
  /** The host's own namespace, with the host's own programs. */
  readonly root: Vantage;
  readonly host: HostView;
  readonly #runId: string;
  readonly #name: string;
  readonly #undo: string[] = [];
  readonly #namespaces: string[] = [];
  readonly #devices: string[] = [];

  constructor(host: HostView, runId: string, name: string) {
    this.host = host;
    this.#runId = runId;
    this.#name = name;
    this.root = { label: "the host", ask: async (command, options) => await host.own(command, options) };
  }

  /** A name for a device in the host's own namespace, which is removed in the end. */
  device(suffix: string): string {
    // Another file's site may want the same suffix at the same time.
    const site = createHash("sha1").update(this.#name).digest("hex").slice(0, 2);
    const name = `d${this.#runId}${site}${suffix}`;
    if (name.length > LONGEST_DEVICE_NAME) throw new RangeError(`${name} is too long for an interface`);
    this.#devices.push(name);
    return name;
  }

  /** The name that a namespace gets; {@link namespace} makes it. */
  nameOf(key: string): string {
    return nameOf(this.#runId, `${this.#name}-${key}`);
  }

  /** Makes named namespaces, in this order. @throws ProbeFailed */
  async namespaces<const K extends string>(...keys: readonly K[]): Promise<Readonly<Record<K, NamedNamespace>>> {
    const made = keys.map((key) => [key, this.#inside(key)] as const);
    this.#namespaces.push(...made.map(([, { name }]) => name));
    await this.run(...made.map(([, { name }]) => `ip netns add ${name}`));
    return Object.fromEntries(made) as Record<K, NamedNamespace>;
  }

  /** Makes one. @throws ProbeFailed */
  async namespace(key: string): Promise<NamedNamespace> {
    const { [key]: made } = await this.namespaces(key);
    if (made === undefined) throw new ProbeFailed(`the namespace ${key} was not made`);
    return made;
  }

  #inside(key: string): NamedNamespace {
    const name = this.nameOf(key);
    const through = (label: string, shell: string): Vantage => ({
      label,
      ask: async (command, options) =>
        await this.host.own(`ip netns exec ${name} ${shell} -c ${quoted(command)}`, options),
    });
    return { name, ...through(`namespace ${key}`, "sh"), busybox: through(`namespace ${key}`, "busybox sh") };
  }

  /** Tries one command with the host's own programs; it may fail. Never shared with others, unlike a question. */
  async attempt(command: string, options?: AskOptions): Promise<Evidence> {
    return await this.host.act(asHost((await this.host.dockerdPid()) ?? 1, command), options);
  }

  /** Does steps one after the other with the host's own programs. @throws ProbeFailed at the first that fails */
  async run(...commands: readonly string[]): Promise<void> {
    // In one question: a busy host takes its time for each. The exit code tells which step failed.
    const evidence = await this.attempt(
      commands.map((command, n) => `{ ${command}; } || exit ${FIRST_STEP + n}`).join("; "),
    );
    if (evidence.exitCode === 0) return;
    const failed = commands[(evidence.exitCode ?? 0) - FIRST_STEP] ?? commands.join("; ");
    throw new ProbeFailed(`\`${failed}\` failed on the host: ${evidence.stderr.trim()}`, evidence);
  }

  /** Does steps in a namespace. @throws ProbeFailed at the first that fails */
  async runIn(namespace: NamedNamespace, ...commands: readonly string[]): Promise<void> {
    await this.run(...within(namespace, ...commands));
  }

  /** Says how a step is undone in the end; before the step is done, so that it is undone also when it half failed. */
  undo(command: string): void {
    this.#undo.push(command);
  }

  /** @throws NotRun when the host lacks the program */
  async needs(program: string, packaged: string): Promise<void> {
    const { exitCode } = await this.root.ask(`command -v ${program}`);
    if (exitCode !== 0) throw new NotRun(`\`${program}\` (${packaged}) is not installed on the host`);
  }

  /** Undoes everything, whatever part of it was done. @throws ProbeFailed when something stays */
  async remove(): Promise<void> {
    // A process in a namespace keeps it alive beyond its name. On a host where the name turned out to stand for the
    // host's own namespace, its processes are everybody's.
    await this.attempt(
      [
        ...this.#undo.toReversed(),
        ...this.#namespaces.map(
          (name) =>
            `[ /run/netns/${name} -ef /proc/self/ns/net ] || for p in $(ip netns pids ${name} 2>/dev/null); do kill -9 $p; done; ip netns del ${name}`,
        ),
        ...this.#devices.map((name) => `ip link del ${name}`),
        "true",
      ].join("; "),
      { seconds: 60 },
    );
    // The kernel takes a namespace's devices down, and with them their peers, after `ip netns del` has come back.
    await eventually(async () => {
      const answer = await this.root.ask("ip -j addr; ls /run/netns");
      const ours = [...this.#devices, ...this.#namespaces].filter((name) => answer.stdout.includes(name));
      if (ours.length > 0) throw new ProbeFailed(`what was built by hand can't be removed: ${ours.join(", ")}`, answer);
    }, GONE_MS);
  }
}

/** A building site for one file; opened when the first selected requirement needs it, cleared at the end of the file. */
export function handBuilt(name: string): Given<HandBuilt> {
  let site: Promise<HandBuilt> | undefined;
  afterAll(async () => {
    const opened = await site?.catch(() => undefined);
    await opened?.remove();
  });
  return {
    scope: () => [],
    async obtain() {
      site ??= session().then(async (context: Session) => new HandBuilt(await context.host(), context.runId, name));
      return await site;
    },
  };
}

/**
 * A container that stands for whoever sits at the host's console: with SETUID and SETGID it can become another user,
 * which the host's view can't; `tcpdump` insists on it too. The rest as the host's view has it, to enter dockerd's namespaces.
 */
export const CONSOLE: ContainerSpec<never> = {
  image: "busybox",
  on: "host",
  capabilities: [...new Set([...DUTIES.looks, ...DUTIES.captures])],
  hostConfig: ENTERS_HOST,
};

/** Nobody's id on every Linux. */
const NOBODY = 65534;

/** The host's own programs run at a console by a user without any rights. */
export function asNobody(terminal: Vantage, host: HostView, inside?: NamedNamespace): Vantage {
  const enter = inside === undefined ? "" : `ip netns exec ${inside.name} `;
  return {
    label: `an unprivileged user ${inside === undefined ? "on the host" : `in ${inside.label}`}`,
    async ask(command, options) {
      const pid = (await host.dockerdPid()) ?? 1;
      const user = `setpriv --reuid=${NOBODY} --regid=${NOBODY} --clear-groups --`;
      return await terminal.ask(asHost(pid, `${enter}${user} sh -c ${quoted(command)}`), options);
    },
  };
}

/** One frame that passed an interface of the host while something was done there. */
export interface SeenFrame {
  readonly interface: string;
  /** What `tcpdump` says of it. */
  readonly text: string;
}

/**
 * Captures on all interfaces of the host's own namespace while `body` goes on.
 * @param filter in tcpdump's language, without quotes
 * @param body one line of shell for the host's own programs; captured until it ends, ten seconds at most
 * @throws ProbeFailed
 */
export async function framesDuring(
  terminal: Vantage,
  host: HostView,
  filter: string,
  body: string,
): Promise<SeenFrame[]> {
  const pid = (await host.dockerdPid()) ?? 1;
  const words = [
    "d=$(mktemp -d)",
    // As root: without CAP_KILL nobody here could end it once it had become another user.
    `timeout 10 tcpdump -Z root -i any -nn -t -l --immediate-mode "${filter}" >$d/frames 2>$d/words & t=$!`,
    "n=0; until grep -q ^listening $d/words || [ $n -ge 100 ]; do n=$((n+1)); sleep 0.05; done",
    `{ ${body}; } >/dev/null 2>&1`,
    "kill $t; wait $t",
    "cat $d/frames; cat $d/words >&2; rm -r $d",
  ];
  const evidence = await terminal.ask(asHost(pid, words.join("; ")), { seconds: 30 });
  if (!/^\d+ packets? captured/m.test(evidence.stderr))
    throw new ProbeFailed(`tcpdump could not capture on the host: ${evidence.stderr.trim()}`, evidence);
  return readFrames(evidence.stdout);
}

/** Reads what `tcpdump -i any -t` prints: `eth0  Out IP 10.1.2.3 > 10.1.2.4: …`, further lines of a frame indented. */
export function readFrames(text: string): SeenFrame[] {
  return text
    .split("\n")
    .filter((line) => /^\S/.test(line))
    .map((line) => ({ interface: line.split(/\s+/, 1)[0] ?? "", text: line.trim() }));
}

/** Waits until the interfaces named have the flag LOWER_UP and the state UP. @throws Violation that tells those that have not */
export async function settledUp(from: Vantage, ...names: readonly string[]): Promise<void> {
  await eventually(async () => {
    const evidence = await from.ask("ip addr");
    if (evidence.exitCode !== 0) throw new ProbeFailed(`the links of ${from.label} can't be listed`, evidence);
    const shown = parseIpAddress(evidence.stdout);
    for (const name of names) {
      const link = shown.find((candidate) => candidate.name === name);
      if (link?.state === "UP" && link.flags.includes("LOWER_UP")) continue;
      throw new Violation(`${name} at ${from.label}`, {
        expected: "<UP,LOWER_UP> with the state UP",
        observed: link === undefined ? "no such interface" : `<${link.flags.join(",")}> with the state ${link.state}`,
      });
    }
  });
}
