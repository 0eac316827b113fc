import { isIP } from "node:net";
import type { ImageRole } from "../engine/images.ts";
import { LABEL } from "../engine/run-identity.ts";
import { cidr, isIpv4Cidr } from "../model/cidr.ts";
import { isIpv4 } from "../model/ipv4.ts";
import { quoted } from "../model/shell-words.ts";
import type { MadeContainer, MadeNetwork } from "../topology/made.ts";
import type { Deed, Recorded } from "../vantage/recorder.ts";
import { deedCommand } from "./deed-commands.ts";
import { containerFlags, type Flags, NoFlag, networkFlags } from "./docker-flags.ts";
import { functionsFor, HOST_CONTAINER, HOST_PLACE, LIFE, settingUp, VERDICT } from "./frame.ts";
import { KnownText, labelsFor, type Needed } from "./known-text.ts";
import { addressesOf, serversOf } from "./servers.ts";
import { CannotReproduce, type Observation, type Step, stepsOf } from "./steps.ts";

/** What a script is made of. */
export interface Recipe {
  readonly id: string;
  /** The requirement's sentence. */
  readonly must: string;
  /** Lines about what the suites saw. */
  readonly seen: readonly string[];
  /** It failed: then a script is of use only where one of its questions shows that. */
  readonly failed: boolean;
  readonly probes: readonly Recorded[];
  readonly deeds: readonly Deed[];
  readonly containers: readonly MadeContainer[];
  readonly networks: readonly MadeNetwork[];
  readonly images: Readonly<Record<ImageRole, string>>;
}

/** Seconds that an answer is waited for, that silence has to last, and that any other refusal may take. */
const WAIT = { answer: 30, silence: 5, refusal: 15 } as const;
/**
 * A POSIX shell script of plain docker commands that makes what a requirement's questions need, asks them, compares, and
 * removes what it made.
 * @throws CannotReproduce where no such script can show it
 */
export function scriptOf(recipe: Recipe): string {
  const { steps, leftOut, onHost } = stepsOf(recipe.probes, recipe.deeds);
  const asked = steps.filter((step) => step.kind === "ask");
  if (recipe.failed && asked.every(({ agrees }) => agrees))
    throw new CannotReproduce("what failed is not the answer to a question that a script can ask");
  try {
    return new Writer(recipe, onHost).write(steps, leftOut);
  } catch (error) {
    throw error instanceof NoFlag ? new CannotReproduce(error.message) : error;
  }
}

/** One script under way. */
class Writer {
  readonly #recipe: Recipe;
  readonly #known: KnownText;
  readonly #labels: ReadonlyMap<string, string>;
  readonly #onHost: boolean;

  constructor(recipe: Recipe, onHost: boolean) {
    this.#recipe = recipe;
    this.#onHost = onHost;
    this.#known = new KnownText(recipe.containers, recipe.networks);
    this.#labels = labelsFor([...recipe.containers, ...recipe.networks]);
  }

  write(steps: readonly Step[], leftOut: readonly string[]): string {
    const { containers, networks } = this.#recipe;
    const needs: Needed = { containers: new Set(), networks: new Set() };
    const lines = steps.flatMap((step) => this.#step(step, needs));
    const ordered = this.#ordered(needs);
    // Whoever has an address of its own choice takes it before the engine gives it away.
    const made = ordered.map((name) => found(containers, name));
    const links = networks.filter(({ name }) => needs.networks.has(name));
    const fromHost = steps.some((step) => step.kind === "ask" && step.container === null);
    const roles = new Set<ImageRole>(made.map(({ image }) => image));
    if (fromHost) roles.add("busybox");
    const body = [
      "# What is needed",
      ...links.map((network) => this.#network(network)),
      ...this.#containers(made),
      ...(fromHost ? HOST_CONTAINER : []),
      "",
      "# The questions",
      ...lines,
      "",
      ...VERDICT,
    ].join("\n");
    return `${[...this.#head(roles, leftOut), "", ...functionsFor(body), "", body].join("\n")}\n`;
  }

  #head(roles: ReadonlySet<ImageRole>, leftOut: readonly string[]): string[] {
    const { id, must, seen, images } = this.#recipe;
    const image = (role: ImageRole, example: string) =>
      roles.has(role) ? [`${role.toUpperCase()}=\${${role.toUpperCase()}:-${images[role]}}  # ${example}`] : [];
    return [
      "#!/bin/sh",
      ...comment(`${id}: ${must}`),
      "#",
      ...comment(
        "Makes with plain docker commands what this sentence is about, asks, and compares. Exit code 0: the answers are those that had to come; 1: they are not; 2: it could not be made. What it made is removed, however it ends.",
      ),
      ...seen.flatMap(comment),
      ...leftOut.flatMap((text) => comment(`Not shown here: ${text}.`)),
      "",
      ...image("busybox", "any BusyBox image does, busybox:1.37 for one"),
      ...image("nginx", "any nginx image does, nginx:1.28 for one"),
      ...settingUp(id),
    ];
  }

  #network(network: MadeNetwork): string {
    const labels = Object.entries(network.asked.Labels ?? {}).filter(([key]) => !key.startsWith(LABEL.project));
    const flags = [...networkFlags(network.asked), ...labels.map(([key, value]) => ["--label", `${key}=${value}`])];
    const words = flags.map((flag) => ` \\\n  ${flag.map(literalWord).join(" ")}`).join("");
    return `docker network create $labels${words} "$run-${this.#labels.get(network.name)}" >/dev/null || fail`;
  }

  /**
   * As a topology makes them: all are started before any is connected to a further network, but for those whose
   * addresses there another one is given.
   */
  #containers(made: readonly MadeContainer[]): string[] {
    const lines: string[] = [];
    const waiting = new Map(made.map((container) => [container.name, container]));
    const connect = (container: MadeContainer | undefined) => {
      if (container === undefined || !waiting.delete(container.name)) return;
      for (const network of container.connected)
        lines.push(`docker network connect ${this.#word(network)} "$run-${this.#labels.get(container.name)}" || fail`);
    };
    for (const container of made) {
      const needs = noNeeds();
      this.#flags(containerFlags(container.asked), needs);
      for (const name of needs.containers) if (name !== container.name) connect(waiting.get(name));
      lines.push(...this.#container(container));
    }
    for (const container of made) connect(container);
    return lines;
  }

  #container(container: MadeContainer): string[] {
    const { name, image, asked, prelude, restartable } = container;
    const label = this.#labels.get(name) ?? "";
    const flags = this.#flags(containerFlags(asked), noNeeds());
    const runs =
      prelude.length === 0
        ? `--entrypoint sleep "$${image.toUpperCase()}" ${LIFE}`
        : `--entrypoint sh "$${image.toUpperCase()}" -c "\n${this.#text([...prelude, "touch /tmp/ready", `exec sleep ${LIFE}`].join("\n"))}"`;
    const command = `docker run --detach${restartable ? "" : " --rm"} --name "$run-${label}" $labels${flags} ${runs} >/dev/null || fail`;
    return [command, ...(prelude.length === 0 ? [] : [`ready ${label}`])];
  }

  #step(step: Step, needs: Needed): string[] {
    if (step.kind === "ask") return [this.#ask(step, needs)];
    if (step.kind === "act") {
      needs.containers.add(step.container);
      return [
        `docker exec "$run-${this.#labelOf(step.container)}" sh -c "${this.#known.inDoubleQuotes(step.command, needs)}"`,
      ];
    }
    const { words, container, starts } = deedCommand(step.deed);
    const line = `docker ${this.#words(words, needs)} >/dev/null || fail`;
    if (container === null) return [line];
    const made = this.#recipe.containers.find(({ id, name }) => id.startsWith(container) || name === container);
    if (made === undefined)
      throw new CannotReproduce("it makes a container between its questions, and asks about that");
    const label = this.#labels.get(made.name);
    if (!starts || made.prelude.length === 0) return [line];
    return [line, `ready ${label}`];
  }

  #ask({ container, command, expected, port, to, role }: Observation, needs: Needed): string {
    const place = container === null ? HOST_PLACE : this.#labelOf(container);
    if (container !== null) needs.containers.add(container);
    const asked = this.#known.inDoubleQuotes(command, needs, port);
    for (const { name, subnet } of this.#recipe.networks)
      if (isIpv4(to) && isIpv4Cidr(subnet) && cidr(subnet).contains(to)) needs.networks.add(name);
    for (const name of this.#serversOf(container, to, port)) needs.containers.add(name);
    const { outcomes, answer = [] } = expected;
    const pieces = answer.map((piece) => this.#known.inDoubleQuotes(piece, needs));
    const wait = outcomes.includes("replied")
      ? WAIT.answer
      : outcomes.includes("timed out")
        ? WAIT.silence
        : WAIT.refusal;
    const line = `ask ${place} ${wait} '${outcomes.join("|")}' "${pieces.join("*")}" "${asked}"`;
    return role === "control" ? `${line}  # the control: the same over a way that must be open` : line;
  }

  /** Who may answer. @throws CannotReproduce where that may be what the check started on the host itself */
  #serversOf(from: string | null, to: string, port: number | null): string[] {
    const servers = serversOf(this.#recipe.containers, from, to, port);
    const known = servers.length > 0 || this.#recipe.containers.some((one) => addressesOf(one).includes(to));
    if (port !== null && isIP(to) !== 0 && this.#onHost && !known)
      throw new CannotReproduce("it asks a service that the check starts on the host itself");
    return servers;
  }

  /** Names of all containers that are needed, each after those that it refers to; those with an address of their own first. */
  #ordered(needs: Needed): string[] {
    const done = new Set<string>();
    const visit = (name: string): void => {
      if (done.has(name)) return;
      const own: Needed = { containers: new Set(), networks: needs.networks };
      const { asked, connected } = found(this.#recipe.containers, name);
      this.#flags(containerFlags(asked), own);
      for (const network of connected) this.#known.inDoubleQuotes(network, own);
      for (const other of own.containers) if (other !== name) visit(other);
      done.add(name);
    };
    // As they were started: the engine gives addresses in that order. Those with an address of their own take it first.
    const startedAt = (name: string) => Date.parse(found(this.#recipe.containers, name).inspected().State.StartedAt);
    const chosen = (name: string) =>
      JSON.stringify(found(this.#recipe.containers, name).asked.create).includes("IPAMConfig");
    const order = (a: string, b: string) => Number(chosen(b)) - Number(chosen(a)) || startedAt(a) - startedAt(b);
    for (const name of [...needs.containers].toSorted(order)) visit(name);
    return [...done];
  }

  #labelOf(container: string): string {
    const label = this.#labels.get(container);
    if (label === undefined)
      throw new CannotReproduce("it asks from a container that the check itself makes through the engine's API");
    return label;
  }

  #flags(flags: Flags, needs: Needed): string {
    return flags.map((words) => ` \\\n  ${this.#words(words, needs)}`).join("");
  }

  /** The words of a command; an address that is asked for is none that somebody has. */
  #words(words: readonly string[], needs: Needed): string {
    return words
      .map((word, index) => (/^--ip6?$/.test(words[index - 1] ?? "") ? literalWord(word) : this.#word(word, needs)))
      .join(" ");
  }

  #word(word: string, needs: Needed = noNeeds()): string {
    const text = this.#known.inDoubleQuotes(word, needs);
    return /^[\w./:=@%+,-]+$/.test(text) ? text : `"${text}"`;
  }

  #text(text: string): string {
    return this.#known.inDoubleQuotes(text, noNeeds());
  }
}

/** A word as it stands. */
function literalWord(word: string): string {
  return /^[\w./:=@%+,-]+$/.test(word) ? word : quoted(word);
}

function noNeeds(): Needed {
  return { containers: new Set(), networks: new Set() };
}

function found(containers: readonly MadeContainer[], name: string): MadeContainer {
  const container = containers.find((one) => one.name === name);
  if (container === undefined) throw new Error(`${name} is no container of this process`);
  return container;
}

/** A text as lines of comment. */
function comment(text: string): string[] {
  const lines: string[] = [];
  for (const word of text.replaceAll(/\s+/g, " ").trim().split(" ")) {
    const last = lines.at(-1);
    if (last === undefined || last.length + word.length > 116) lines.push(`# ${word}`);
    else lines[lines.length - 1] = `${last} ${word}`;
  }
  return lines;
}
