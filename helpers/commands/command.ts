import { type ParseArgsOptionsConfig, parseArgs } from "node:util";
import { nearMiss } from "../configuration/near-miss.ts";
import { EXIT, UserError } from "../engine/errors.ts";
import { unlessInterrupted } from "../engine/interruption.ts";
import { guardOutput } from "../report/guard-output.ts";
import { printUserError } from "../report/print-error.ts";
import { usage } from "../run/arguments.ts";
import { stopWorkflowCommands } from "../run/github-actions.ts";

/** Values of a command's options by name: a text, true, or undefined where the option was not given. */
type Values<Options extends ParseArgsOptionsConfig> = {
  readonly [Name in keyof Options]: Options[Name]["type"] extends "boolean" ? boolean : string | undefined;
};

/** One command of this project, as its user sees it. */
export interface Command<Options extends ParseArgsOptionsConfig> {
  /** How it is called: one line, or several where there are several ways. Told with each complaint about its words. */
  readonly usage: string;
  /** What `--help` says below the usage: what it does, its options, its exit codes. */
  readonly about: string;
  /** `--help` and `-h` need not be named. */
  readonly options: Options;
  /** Whether it takes words beside its options. */
  readonly takesWords: boolean;
  run(values: Values<Options>, words: readonly string[]): void | Promise<void>;
}

/** What a command was told: null when it was only asked for help. */
export type Told<Options extends ParseArgsOptionsConfig> = {
  readonly values: Values<Options>;
  readonly words: readonly string[];
} | null;

/**
 * Reads a command's words: `--name value`, `--name=value` and flags, in any order between other words.
 * @throws UserError (exit code 64) for an unknown option, one without its value, one that stands twice, and for words
 * that the command doesn't take
 */
export function readWords<Options extends ParseArgsOptionsConfig>(
  command: Pick<Command<Options>, "usage" | "options" | "takesWords">,
  args: readonly string[],
): Told<Options> {
  const options: ParseArgsOptionsConfig = { ...command.options, help: { type: "boolean", short: "h" } };
  const complain = (seen: string) => usage(seen, command.usage.replaceAll(/\s*\n\s*/g, " or "));
  const { tokens } = parseArgs({ args: [...args], options, strict: false, allowPositionals: true, tokens: true });
  const given = tokens.flatMap((token) => (token.kind === "option" ? [token] : []));
  if (given.some(({ name }) => name === "help")) return null;
  for (const [index, { name, rawName, value, inlineValue }] of given.entries()) {
    const type = Object.hasOwn(options, name) ? options[name]?.type : undefined;
    if (type === undefined) throw complain(`unknown option ${rawName}${meant(name, Object.keys(options))}`);
    // `--engines --list`: what begins with a dash is the next option, not a value.
    if (type === "string" && (value === undefined || value === "" || (!inlineValue && value.startsWith("-"))))
      throw complain(`${rawName} needs a value`);
    if (type === "boolean" && value !== undefined) throw complain(`${rawName} takes no value`);
    if (given.findIndex((other) => other.name === name) < index) throw complain(`${rawName} stands twice`);
  }
  const words = tokens.flatMap((token) => (token.kind === "positional" ? [token.value] : []));
  if (words.length > 0 && !command.takesWords) throw complain(`it takes no ${words.join(" ")}`);
  const values = Object.entries(command.options).map(([name, { type }]) => {
    const value = given.find((option) => option.name === name)?.value;
    return [name, type === "boolean" ? given.some((option) => option.name === name) : value] as const;
  });
  return { values: Object.fromEntries(values) as Values<Options>, words };
}

function meant(name: string, known: readonly string[]): string {
  const near = nearMiss(name, known);
  return near === null ? "" : `; did you mean --${near}?`;
}

/** What `--help` prints. */
export function helpOf({ usage: line, about }: Pick<Command<ParseArgsOptionsConfig>, "usage" | "about">): string {
  return `${line}\n\n${about}`;
}

/** A command with its options' types closed over: what the program picks by name. */
export interface Program {
  /** Runs it with these words; what it throws becomes one message and its exit code, never a stack trace. */
  start(args: readonly string[]): Promise<void>;
}

/** Makes a program of a command. */
export function defineCommand<Options extends ParseArgsOptionsConfig>(command: Command<Options>): Program {
  return {
    start: async (args) =>
      await endWell(async () => {
        const told = readWords(command, args);
        if (told === null) console.log(helpOf(command));
        else await command.run(told.values, told.words);
      }),
  };
}

/**
 * Runs something of which this process is about: what it throws becomes one message and its exit code, never a stack
 * trace.
 */
export async function endWell(run: () => Promise<void>): Promise<void> {
  guardOutput(process.stdout);
  guardOutput(process.stderr);
  stopWorkflowCommands();
  // Whoever reads has enough (`npm run list | head`): nothing more is to be said.
  process.stdout.on("error", (error: NodeJS.ErrnoException) => {
    if (error.code !== "EPIPE") throw error;
    process.exit();
  });
  try {
    await run();
    await unlessInterrupted();
  } catch (error) {
    // What fails because it is being removed is no news.
    await unlessInterrupted();
    printUserError(error);
    process.exitCode = error instanceof UserError ? error.exitCode : EXIT.notJudged;
  }
}
