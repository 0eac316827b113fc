import { concernsNetworks, describeFileProblem } from "../../helpers/configuration/daemon-json.ts";
import { flagOf } from "../../helpers/configuration/flags.ts";
import { isNetworkKey, NETWORK_KEYS, type NetworkKey } from "../../helpers/configuration/keys/index.ts";
import { fileChangedAfterStart, mismatches, staleFile, untoldKeys } from "../../helpers/configuration/mismatch.ts";
import type { FileProblem, FileProblemKind, NetworkKeyName } from "../../helpers/model/configuration-facts.ts";
import type { Facts } from "../../helpers/model/facts.ts";
import { whyClaimFails, whyFileFails } from "../../helpers/requirement/configuration-cause.ts";
import {
  chapter,
  cite,
  engine,
  NotApplicable,
  requirement,
  type Session,
  theEngine,
  Violation,
} from "../../helpers/requirement/index.ts";

/**
 * The file that the running dockerd was started with, and will be started with next. It is read once, at the start of
 * the run, and judged by the rules of this dockerd's version; its text is not in the evidence, since it may hold secrets.
 */
function noFile({ configurationFile }: Facts): string | null {
  return configurationFile === undefined || configurationFile.present
    ? null
    : `there is no ${configurationFile.path}: the engine's defaults and dockerd's flags hold`;
}

const READ = { needs: ["dockerd's process"], unless: noFile, appliesTo: "engines with a configuration file" } as const;

/** What a mistake in the file of a running dockerd means. */
const NEXT_START =
  "the file was changed after dockerd's start, and dockerd will not start with it: a restart, or the next boot, ends all containers (dockerd --validate tells the same since 23.0)";

/** @throws Violation that names each problem with its place */
async function mustHaveNone(
  session: Session,
  expected: string,
  cause: string,
  odd: (problem: FileProblem) => boolean,
): Promise<void> {
  const { path, problems } = session.facts.configurationFile ?? { path: "daemon.json", problems: [] };
  const found = problems.filter(odd);
  if (found.length === 0) return;
  // A file that the next dockerd is not started with is one cause, whichever of its problems is looked at.
  const stale = found.some(({ refused }) => refused) ? staleFile(session.facts) : null;
  throw new Violation(path, {
    expected,
    observed: found.map((problem) => describeFileProblem(problem, path)).join("; "),
    ...(stale?.kind === "file is refused" ? await whyFileFails(stale, session) : { cause }),
  });
}

const ofKind =
  (...kinds: readonly FileProblemKind[]) =>
  ({ kind, refused }: FileProblem): boolean =>
    refused && kinds.includes(kind);

/** A name or a place that dockerd passes over; a value that means "not set" (`"mtu": 0`) is not one. */
function withoutEffect(problem: FileProblem): boolean {
  if (problem.refused || !concernsNetworks(problem)) return false;
  if (problem.kind === "not at this version") return true;
  return problem.kind === "no effect" && !isNetworkKey(problem.key ?? "");
}

const onReadFile = chapter({ given: theEngine, ...READ });

onReadFile(
  "CONF-01",
  {
    must: "The configuration file MUST be one JSON object, without comments and trailing commas",
    from: [
      cite(
        "cli/dockerd#daemon-configuration-file",
        "The --config-file option allows you to set any configuration option for the daemon in a JSON format.",
      ),
      engine("moby daemon/config: getConflictFreeConfiguration"),
    ],
  },
  (_, session) => mustHaveNone(session, "one JSON object", NEXT_START, ofKind("invalid JSON", "not an object")),
);

onReadFile(
  "CONF-02",
  {
    must: "Every key of the configuration file MUST be one that this version of dockerd knows",
    from: [
      cite(
        "cli/dockerd#daemon-configuration-file",
        "the following directives don't match any configuration option: unknown-option",
      ),
      engine("moby daemon/config: findConfigurationConflicts"),
    ],
  },
  (_, session) =>
    mustHaveNone(session, "keys that dockerd knows", NEXT_START, ofKind("unknown key", "not at this version")),
);

onReadFile(
  "CONF-03",
  {
    must: "No key MUST stand twice in the configuration file: dockerd takes the last and says nothing",
    from: [engine("encoding/json of Go")],
  },
  (_, session) =>
    mustHaveNone(
      session,
      "every key once",
      "a key was added without noticing that it was there already: one of the two is not in force",
      ({ kind }) => kind === "duplicate key",
    ),
);

onReadFile(
  "CONF-04",
  {
    must: "Every key of the configuration file MUST have a value of its type, and every networking key one that this version of dockerd takes, alone and beside the others",
    from: [engine("moby daemon/config: Validate, verifyDaemonSettings")],
  },
  (_, session) => mustHaveNone(session, "values that dockerd takes", NEXT_START, ofKind("wrong type", "bad value")),
);

onReadFile(
  "CONF-05",
  {
    must: "No networking key MUST stand both in the configuration file and among dockerd's flags",
    from: [
      cite(
        "cli/dockerd#daemon-configuration-file",
        "The Docker daemon fails to start if an option is duplicated between the file and the flags, regardless of their value.",
      ),
      engine("moby daemon/config: findConfigurationConflicts"),
    ],
  },
  (_, { facts }) => {
    const both = Object.entries(facts.claims ?? {}).filter(([, claim]) => claim.alsoInFile !== undefined);
    if (both.length === 0) return;
    const path = facts.configurationFile?.path ?? "daemon.json";
    throw new Violation("keys in the file and among the flags", {
      expected: "each key in one of the two",
      observed: both
        .map(
          ([key, claim]) =>
            `${key}: ${JSON.stringify(claim.alsoInFile)} in ${path}, --${flagOf(key as NetworkKeyName)} ${JSON.stringify(claim.value)}`,
        )
        .join("; "),
      cause: staleFile(facts)?.text,
    });
  },
);

onReadFile(
  "CONF-06",
  {
    must: "No networking key MUST stand in the configuration file under a name or in a place from which dockerd takes nothing",
    from: [engine("moby daemon/config: configValuesSet, findConfigurationConflicts")],
  },
  (_, session) =>
    mustHaveNone(
      session,
      "keys by their own names, at the top of the file",
      "dockerd lets the names of its flags stand in the file, and any object whose names it knows; it takes nothing from them",
      withoutEffect,
    ),
);

requirement(
  "CONF-07",
  {
    must: "dockerd MUST have been restarted since its configuration file was last changed, unless it has all the same what the file asks for",
    from: [cite("docs/bridge#configure-the-default-bridge-network", "Restart Docker for the changes to take effect.")],
    needs: ["dockerd's process"],
    unless: (facts) => {
      const missing = noFile(facts);
      if (missing !== null) return missing;
      const changed = facts.configurationFile?.changedAt ?? "an unknown time";
      const started = facts.host?.dockerdStartedAt ?? "an unknown time";
      return fileChangedAfterStart(facts) === "yes"
        ? null
        : `the file (changed ${changed}) is not newer than dockerd (started ${started})`;
    },
    appliesTo: "configuration files changed after dockerd's start",
  },
  theEngine,
  async (_, session) => {
    const { facts } = session;
    const stale = staleFile(facts);
    if (stale === null) {
      const untold = untoldKeys(facts);
      if (untold.length === 0) return;
      throw new NotApplicable(
        `the engine has what it tells of, and does not tell ${untold.map((key) => `\`${key}\` (see ${witnesses(key)})`).join(", ")}`,
      );
    }
    throw new Violation(
      `${facts.configurationFile?.path} of ${facts.configurationFile?.changedAt}, dockerd since ${facts.host?.dockerdStartedAt}`,
      {
        expected: "what the file asks for, in force",
        observed: differences(facts),
        ...(await whyFileFails(stale, session)),
      },
    );
  },
);

requirement(
  "CONF-08",
  {
    must: "A networking key that neither the configuration file nor a flag sets MUST have its default",
    from: [engine("docs: dockerd, daemon configuration file")],
    needs: ["dockerd's process"],
  },
  theEngine,
  async (session) => {
    const unasked = mismatches(session.facts).filter(({ claimed }) => claimed === undefined);
    const [first] = unasked;
    if (first === undefined) return;
    throw new Violation("keys that nothing sets", {
      expected: "their defaults",
      observed: unasked.map(({ key, effective }) => `${key}: ${JSON.stringify(effective)}`).join("; "),
      ...(await whyClaimFails(first.key, session)),
    });
  },
);

function witnesses(key: NetworkKeyName): string {
  const { observedBy }: NetworkKey = NETWORK_KEYS[key];
  return observedBy.length === 0 ? "its effects" : observedBy.join(", ");
}

/** Key by key what the file asks for and what dockerd has; the file's problems where it asks for nothing that could be read. */
function differences(facts: Facts): string {
  const keys = mismatches(facts).map(
    ({ key, claimed, effective }) =>
      `${key}: ${claimed === undefined ? "not set" : JSON.stringify(claimed)} in the file, ${JSON.stringify(effective)} in dockerd`,
  );
  const beside = Object.entries(facts.claims ?? {}).flatMap(([key, { value, alsoInFile }]) =>
    alsoInFile === undefined
      ? []
      : [`${key}: ${JSON.stringify(alsoInFile)} in the file, flag ${JSON.stringify(value)}`],
  );
  const { path = "", problems = [] } = facts.configurationFile ?? {};
  const refused = problems.filter((problem) => problem.refused).map((problem) => describeFileProblem(problem, path));
  return [...refused, ...beside, ...keys].join("; ");
}
