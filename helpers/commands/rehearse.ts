import { mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { changedKeys, valueText } from "../configuration/changed-keys.ts";
import { claimedConfiguration } from "../configuration/claims.ts";
import { describeFileProblem, readDaemonJson } from "../configuration/daemon-json.ts";
import { danger, type Finding, idle } from "../configuration/finding.ts";
import { readFlags } from "../configuration/flags.ts";
import { isNetworkKey } from "../configuration/keys/index.ts";
import { OTHER_KEYS } from "../configuration/other-keys.ts";
import { connect, type EngineConnection } from "../engine/connect.ts";
import { messageOf } from "../engine/docker-error.ts";
import { imageText, ownImages } from "../engine/own-images.ts";
import {
  DISPOSABLE_VARIABLE,
  environmentOf,
  LAB_HOST_VARIABLE,
  LAB_VERSION_VARIABLE,
  SECOND_HOST_VARIABLE,
} from "../engine/second-engine.ts";
import { type LabEngine, labEngines, nearestEngine } from "../lab/engine-versions.ts";
import { Lab } from "../lab/lab.ts";
import { dataWithoutCredentials } from "../model/credentials.ts";
import { compareVersions } from "../model/engine-version.ts";
import { dangers } from "../rehearsal/dangers.ts";
import { effectsOfRefusal, effectsOfUpgrade, effectsOnHost } from "../rehearsal/effects-on-host.ts";
import { carriedFlags, twiceSet } from "../rehearsal/flags.ts";
import { idleKeys } from "../rehearsal/idle-keys.ts";
import { type Candidate, type LabOutcome, rehearseInLab } from "../rehearsal/in-lab.ts";
import { rehearsedText } from "../rehearsal/left-out-keys.ts";
import { lockOut } from "../rehearsal/lock-out.ts";
import { lookAtHost } from "../rehearsal/look-at-host.ts";
import { overlaps } from "../rehearsal/overlaps.ts";
import { publicRanges } from "../rehearsal/public-ranges.ts";
import { judgeRehearsal, type Rehearsal, type RehearsalStep, type RehearsedSuites } from "../rehearsal/rehearsal.ts";
import { renderRehearsal } from "../rehearsal/rehearsal-markdown.ts";
import { renderRehearsalPage } from "../rehearsal/rehearsal-page.ts";
import { formatRehearsal, formatStep } from "../rehearsal/rehearsal-text.ts";
import { effectsOfVersion } from "../rehearsal/upgrade.ts";
import { wantsColour } from "../report/colour.ts";
import { countOf } from "../report/plain-text.ts";
import { understandSelection, usage, writtenSuites } from "../run/arguments.ts";
import { judge } from "../run/judge-in-lab.ts";
import { reportsFolder } from "../run/reports-folder.ts";
import { readCandidate } from "./changed.ts";
import { defineCommand } from "./command.ts";

const USAGE = `npm run rehearse -- path/to/daemon.json [--engine 28.5] [--all] [--accept key,…]
npm run rehearse -- --engine 29.7 | --upgrade [--all] [--accept key,…]`;
/** On one line. */
const HOW = USAGE.replaceAll(/\s*\n\s*/g, " or ");

const ABOUT = `Tries a candidate daemon.json before this host is touched: reads it as dockerd does, starts a disposable engine of the
host's version with it (by a restart from the host's present file, with the host's docker0, routes and networks made
again there), judges that engine's network by what the changed keys can influence, and says what the edit would change on
this host. The host's own engine is only read, and runs the disposable one as a container.
Without a file: what of this host behaves otherwise on another version, with the daemon.json that it has. Told from the
table of version differences, with the containers, ports, networks and rules concerned, and from a disposable engine of
that version, which the quick set judges.
--engine   another version of the lab, for a host that is to be upgraded
--upgrade  the newest version of the lab
--all      every requirement, not only what the changed keys influence
--accept   keys whose dangers you take: they are told, and no reason against it any more
Reports: reports/rehearsal/rehearsal.json, rehearsal.md.
Exit codes: 0 safe to apply, 1 not safe (the reasons first), 2 could not be rehearsed, 64 wrong usage.`;

/** What nothing but the host itself can show. */
const NEVER_REHEARSED: readonly string[] = [
  "the host's own firewall rules, and whoever reloads them",
  "the host's kernel modules and sysctls at its next boot",
  "routes that come later: a VPN that is not up now, another network that joins",
  "the applications in the containers: whether they bear a restart and new addresses",
];

/** The options of `npm run rehearse`, as they were given. */
interface Given {
  readonly engine: string | undefined;
  readonly upgrade: boolean;
  readonly accept: string | undefined;
  readonly all: boolean;
}

/** `npm run rehearse`. */
async function rehearseFile(
  { engine: wanted, upgrade, accept = "", all }: Given,
  files: readonly string[],
): Promise<void> {
  const [path = null, ...more] = files;
  if (more.length > 0) throw usage(`npm run rehearse takes one file, not ${files.length}`, HOW);
  if (wanted !== undefined && upgrade) throw usage("--engine and --upgrade are two ways to name a version", HOW);
  if (path === null && wanted === undefined && !upgrade) throw usage("neither a file nor a version is named", HOW);
  const accepted = accept.split(",").filter((key) => key !== "");
  const unknown = accepted.find((key) => !isNetworkKey(key) && !Object.hasOwn(OTHER_KEYS, key));
  if (unknown !== undefined) throw usage(`--accept: ${unknown} is no key of daemon.json`, HOW);
  const [only = null, ...others] = wanted === undefined ? [] : labEngines(wanted);
  if (others.length > 0) throw usage(`--engine takes one version, not ${wanted}`, HOW);
  const text = path === null ? null : await readCandidate(path);
  await using connection = await connect();
  const engine = upgrade ? newestEngine(connection.engine.version) : only;
  // A candidate, and what dockerd says of it, may hold credentials: they go into no output.
  const rehearsal = dataWithoutCredentials(await rehearse(connection, { path, text, engine, all, accepted }));
  const folder = join(reportsFolder(), "rehearsal");
  await mkdir(folder, { recursive: true });
  await writeFile(join(folder, "rehearsal.json"), `${JSON.stringify(rehearsal, null, 2)}\n`);
  await writeFile(join(folder, "rehearsal.md"), renderRehearsal(rehearsal));
  await writeFile(join(folder, "rehearsal.html"), renderRehearsalPage(rehearsal));
  const colour = wantsColour(process.stdout, process.env);
  process.stdout.write(formatRehearsal(rehearsal, { width: process.stdout.columns ?? 100, colour }));
  console.log(`\n  reports    ${folder}/rehearsal.html, rehearsal.json, rehearsal.md`);
  const kept = (await ownImages(connection.docker)).filter(({ reference }) => reference.includes("/engine:"));
  if (kept.length > 0)
    console.log(
      `  images     ${kept.map(imageText).join(", ")} on this engine for the next rehearsal; npm run clean -- --images removes them`,
    );
  process.exitCode = rehearsal.exitCode;
}

/** @throws UserError (64) where the host has it already */
function newestEngine(version: string): LabEngine {
  const [newest] = labEngines().toSorted((a, b) => compareVersions(b.version, a.version));
  if (newest === undefined || compareVersions(newest.version, version.split(".").slice(0, 2).join(".")) <= 0)
    throw usage(
      `this host has ${version}, and the lab has nothing newer`,
      "Name a version that a registry has: npm run rehearse -- --engine 29.7",
    );
  return newest;
}

interface Wanted {
  /** Null: the host keeps the file that it has. */
  readonly path: string | null;
  readonly text: string | null;
  /** Null: the lab's nearest to the host's. */
  readonly engine: LabEngine | null;
  readonly all: boolean;
  readonly accepted: readonly string[];
}

async function rehearse(connection: EngineConnection, wanted: Wanted): Promise<Rehearsal> {
  const startedAt = new Date().toISOString();
  const { situation, file } = await lookAtHost(connection);
  const hostVersion = connection.engine.version;
  const engine = wanted.engine ?? nearestEngine(hostVersion);
  const sameVersion = hostVersion.startsWith(`${engine.version}.`);
  // A file for an upgraded host is read as the engine to come reads it.
  const target =
    wanted.engine === null ? connection.engine : { ...connection.engine, version: `${wanted.engine.version}.0` };
  const steps: RehearsalStep[] = [];
  const tell = (step: RehearsalStep) => {
    steps.push(step);
    console.log(formatStep(step, process.stdout.columns ?? 100));
  };

  const present = file.text ?? "{}";
  const text = wanted.text ?? present;
  const name = wanted.path ?? file.path;
  const candidate: Candidate = { text, read: readDaemonJson(text, { engine: target }) };
  const current: Candidate = { text: present, read: readDaemonJson(present, connection) };
  const { problems, values } = candidate.read;
  tell(readStep(candidate, name));

  const changed = changedKeys(current.read.values, values, writtenSuites().knows);
  const keys = changed.network.map(({ key }) => key);
  const step = {
    before: claimedConfiguration(current.read.values, readFlags(file.flags, connection)),
    after: claimedConfiguration(values, readFlags(file.flags, { engine: target })),
  };
  const flags = carriedFlags(file.flags);
  const { leftOut } = rehearsedText(text, candidate.read);
  // Which subnets are free, and which keys do nothing, is for the engine to come to say.
  const asTarget = {
    ...situation,
    facts: { ...situation.facts, engine: { ...situation.facts.engine, version: target.version } },
  };
  const findings: Finding[] = [
    ...twiceSet(values, file.flags),
    ...overlaps(asTarget, step),
    ...dangers(situation, step),
    ...lockOut(current.read.values, values, situation.store),
    ...idleKeys(step.after, asTarget.facts),
    ...publicRanges(step),
    ...(wanted.path === null ? effectsOfUpgrade(situation) : []),
    ...(wanted.engine === null ? [] : effectsOfVersion(situation, wanted.engine)),
    ...problems
      .filter(({ refused }) => !refused)
      .map((problem) => idle(problem.key === null ? [] : [problem.key], describeFileProblem(problem, name))),
  ];
  const notRehearsed = [
    ...NEVER_REHEARSED,
    ...(leftOut.length === 0 ? [] : [`keys that name things of the host or other programs: ${leftOut.join(", ")}`]),
    ...(flags.leftOut.length === 0 ? [] : [`flags of the host's dockerd: ${flags.leftOut.join(", ")}`]),
    ...(sameVersion || wanted.engine !== null
      ? []
      : [`Engine ${hostVersion} itself: the lab's nearest is ${engine.version}`]),
  ];

  let suites: RehearsedSuites | null = null;
  let rehearsedOn: Rehearsal["rehearsedOn"] = null;
  const troubles: string[] = [];
  try {
    await using lab = await Lab.open(connection.docker, (line) => console.log(`  ${line}`));
    const outcome = await rehearseInLab(lab, engine, situation, current, step, candidate, flags.carried);
    rehearsedOn = { engine: outcome.version || engine.version, sameVersion, asked: wanted.engine !== null };
    notRehearsed.push(...outcome.missing);
    for (const taken of labSteps(outcome, leftOut)) tell(taken);
    if (outcome.lostNetworks.length > 0)
      findings.push(danger(keys, `networks that the rehearsed restart lost: ${outcome.lostNetworks.join(", ")}`));
    findings.push(
      ...(outcome.refusal === "" ? effectsOnHost(situation, step, keys, outcome.bridge) : effectsOfRefusal(situation)),
    );
    if (outcome.refusal === "") {
      const influenced = wanted.path === null ? ["--quick"] : [...new Set(changed.network.flatMap((key) => key.words))];
      if (!wanted.all && influenced.length === 0) {
        const why = keys.length === 0 ? "no networking key changes" : "no requirement covers the keys that change";
        tell({ name: "network", state: "ok", text: `nothing to judge: ${why}` });
      } else {
        await lab.provideImages(outcome.host);
        suites = await judgeNetwork(outcome, wanted.all ? [] : influenced);
        tell(networkStep(suites));
        if (suites.verdict === "not judged") troubles.push(`the network could not be judged: ${suites.summary}`);
      }
    } else {
      tell({ name: "network", state: "not done", text: "there is no engine to judge" });
    }
  } catch (error) {
    troubles.push(messageOf(error));
    if (rehearsedOn === null) findings.push(...effectsOnHost(situation, step, keys, null));
    tell({ name: "start", state: "not done", text: messageOf(error) });
  }
  tell(hostStep(findings));
  return judgeRehearsal({
    startedAt,
    candidate: name,
    host: { hostname: situation.facts.engine.hostname, engine: hostVersion, file: file.path },
    rehearsedOn,
    problems,
    keys: changed.network.map(({ key, before, after, words }) => ({
      key,
      before: valueText(before),
      after: valueText(after),
      covered: words.length > 0,
    })),
    otherKeys: changed.others,
    steps,
    findings,
    accepted: wanted.accepted,
    suites,
    notRehearsed,
    troubles,
  });
}

function readStep({ read }: Candidate, path: string): RehearsalStep {
  const bad = read.problems.filter((problem) => problem.refused);
  if (bad.length > 0)
    return {
      name: "file",
      state: "failed",
      text: bad.map((problem) => describeFileProblem(problem, path)).join("; "),
    };
  const odd = read.problems.map((problem) => describeFileProblem(problem, path));
  return {
    name: "file",
    state: "ok",
    text: odd.length === 0 ? "plain JSON with keys that this dockerd knows" : `dockerd takes it; ${odd.join("; ")}`,
  };
}

function labSteps({ validation, refusal, version }: LabOutcome, leftOut: readonly string[]): RehearsalStep[] {
  const without = leftOut.length === 0 ? "" : `, without ${leftOut.join(", ")}`;
  return [
    validation === null
      ? { name: "validate", state: "ok", text: "this version can't check a file without starting" }
      : validation === ""
        ? { name: "validate", state: "ok", text: "dockerd --validate accepts the whole file" }
        : { name: "validate", state: "failed", text: `dockerd --validate refuses the file: ${validation}` },
    refusal === ""
      ? { name: "start", state: "ok", text: `dockerd ${version} starts with it${without}` }
      : { name: "start", state: "failed", text: refusal },
  ];
}

async function judgeNetwork({ host }: LabOutcome, words: readonly string[]): Promise<RehearsedSuites> {
  understandSelection(words.filter((word) => word !== "--quick"));
  const folder = join(reportsFolder(), "rehearsal", "suites");
  await mkdir(folder, { recursive: true });
  const results = await judge(words, folder, environmentOfLabHost(host.url), "ignore");
  return {
    selection: words,
    verdict: results.verdict,
    summary: results.summary,
    counts: results.counts,
    failures: results.requirements.filter(({ verdict }) => verdict === "fail" || verdict === "error"),
  };
}

/** Leads to the disposable engine and to nothing of the host that the rehearsal is for: its neighbour, its interfaces. */
function environmentOfLabHost(url: string): NodeJS.ProcessEnv {
  const ofHost = [
    SECOND_HOST_VARIABLE,
    DISPOSABLE_VARIABLE,
    LAB_HOST_VARIABLE,
    LAB_VERSION_VARIABLE,
    "DNC_MACVLAN_PARENT",
  ];
  return Object.fromEntries(Object.entries(environmentOf(url)).filter(([name]) => !ofHost.includes(name)));
}

function networkStep({ verdict, summary, selection }: RehearsedSuites): RehearsalStep {
  const what = selection.length === 0 ? "all suites" : selection.join(", ");
  return {
    name: "network",
    state: verdict === "conformant" ? "ok" : verdict === "not conformant" ? "failed" : "not done",
    text: `${summary} (${what}; reports/rehearsal/suites)`,
  };
}

function hostStep(findings: readonly Finding[]): RehearsalStep {
  const bad = findings.filter(({ kind }) => kind === "refused" || kind === "danger").length;
  const changes = findings.filter(({ kind }) => kind === "change").length;
  return {
    name: "host",
    state: "ok",
    text: `compared with this host's routes, networks and containers: ${countOf(bad, "objection")}, ${countOf(changes, "change")}, below`,
  };
}

export const command = defineCommand({
  usage: USAGE,
  about: ABOUT,
  options: {
    engine: { type: "string" },
    upgrade: { type: "boolean" },
    accept: { type: "string" },
    all: { type: "boolean" },
  },
  takesWords: true,
  run: rehearseFile,
});
