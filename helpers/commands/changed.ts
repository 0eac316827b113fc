import { type ChangedKeys, changedKeys, valueText } from "../configuration/changed-keys.ts";
import { describeFileProblem, describeOtherKey, readDaemonJson } from "../configuration/daemon-json.ts";
import { textOf } from "../configuration/json-text.ts";
import { connect } from "../engine/connect.ts";
import { UserError } from "../engine/errors.ts";
import { lookAtDaemonFile } from "../host/daemon-file.ts";
import type { VersionedEngine } from "../model/engine-version.ts";
import { understandSelection, writtenSuites } from "../run/arguments.ts";
import { readUserFile } from "./user-file.ts";

/**
 * `npm test -- --changed <file>`: compares an earlier `daemon.json` with the one that the engine's dockerd reads, and
 * says what changed, what can show it, and what nothing here can show.
 * @param earlier path on this machine, from where the user stands
 * @returns the words of `npm test -- …` for what the changed keys can influence
 * @throws UserError when a file can't be read, or when no networking key changed: then there is nothing to judge first
 */
export async function influencedSince(earlier: string): Promise<readonly string[]> {
  const text = await readCandidate(earlier);
  const { current, engine } = await currentFile();
  const suites = writtenSuites();
  const before = valuesOf(
    text,
    earlier,
    engine,
    "Give the file as it was while dockerd ran with it; this host's own file is not the matter.",
  );
  const after =
    current.text === null
      ? {}
      : valuesOf(
          current.text,
          `${current.path} on the engine's host`,
          engine,
          "Mend this host's file first: dockerd does not start with it (npm run rehearse -- <file> tries one).",
        );
  const changed = changedKeys(before, after, suites.knows);
  const words = [...new Set(changed.network.flatMap((key) => key.words))];
  console.log(`From ${earlier} to ${current.path}${current.text === null ? " (there is none now)" : ""}:`);
  for (const line of describe(changed)) console.log(line);
  if (words.length === 0)
    throw new UserError({
      tried: `Choosing what changed since ${earlier}`,
      seen:
        changed.network.length === 0
          ? "no networking key has another value"
          : "no requirement covers the keys that changed",
      todo: "npm test judges everything.",
    });
  const chosen = understandSelection(words).ids?.length ?? 0;
  console.log(
    `\nJudging the ${chosen} of ${suites.count} requirements that these keys can influence; the rest is left out: npm test judges everything.\n`,
  );
  return words;
}

function describe({ network, others }: ChangedKeys): string[] {
  return [
    ...network.map(({ key, before, after, words }) => {
      const shown = words.length === 0 ? "no requirement covers it" : `judged by ${words.join(", ")}`;
      return `  ${key}: ${valueText(before)} → ${valueText(after)}   ${shown}`;
    }),
    ...others.map((key) => `  ${key}: ${describeOtherKey(key)}, no requirement covers it`),
  ];
}

/** The text of a `daemon.json` that the user names. @throws UserError (exit code 64) when it can't be read */
export async function readCandidate(path: string): Promise<string> {
  const todo = "Give the path of a daemon.json on this machine.";
  return textOf(await readUserFile(path, { atMost: 1024 * 1024, todo }));
}

async function currentFile() {
  await using connection = await connect();
  return { current: await lookAtDaemonFile(connection.docker, "changed"), engine: connection.engine };
}

/** @throws UserError where the text is no JSON object, with what is to be done then */
function valuesOf(
  text: string,
  name: string,
  engine: VersionedEngine["engine"],
  todo: string,
): Readonly<Record<string, unknown>> {
  const { values, problems } = readDaemonJson(text, { engine });
  const broken = problems.find(({ kind }) => kind === "invalid JSON" || kind === "not an object");
  if (broken === undefined) return values;
  throw new UserError({
    tried: `Reading ${name}`,
    seen: describeFileProblem(broken, name),
    todo,
  });
}
