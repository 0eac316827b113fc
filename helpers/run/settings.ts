import { statSync } from "node:fs";
import type Dockerode from "dockerode";
import { nearMiss } from "../configuration/near-miss.ts";
import type { EngineIdentity } from "../engine/connect.ts";
import { parseDockerHost } from "../engine/endpoint.ts";
import { EXIT, type ExitCode, UserError } from "../engine/errors.ts";
import { lackingPrograms } from "../engine/image-programs.ts";
import {
  ALLOW_FORWARDING_VARIABLE,
  DISPOSABLE_VARIABLE,
  LAB_HOST_VARIABLE,
  LAB_VERSION_VARIABLE,
  SECOND_HOST_VARIABLE,
} from "../engine/second-engine.ts";
import { PARENT_VARIABLE } from "../expectations/macvlan-parent.ts";
import { labEngines } from "../lab/engine-versions.ts";
import type { Facts } from "../model/facts.ts";
import type { Note } from "../model/note.ts";
import {
  COMPLETE_VARIABLE,
  JSON_VARIABLE,
  KEEP_VARIABLE,
  QUICK_VARIABLE,
  SCRIPTS_VARIABLE,
  SELECTED_IDS_VARIABLE,
  SELECTION_VARIABLE,
  WALKS_VARIABLE,
} from "../model/selection.ts";
import { readWaivers } from "../report/waivers.ts";
import { assertWritable } from "../report/write-files.ts";
import { subnetRanges } from "../topology/subnets.ts";
import { writtenSuites } from "./arguments.ts";
import { HISTORY_VARIABLE, NO_HISTORY_VARIABLE } from "./history.ts";
import { METRICS_VARIABLE, metricsFile } from "./metrics-file.ts";
import { reportsFolder } from "./reports-folder.ts";

/** The engine under test, as far as a setting is tried on it. */
export interface TrialEngine {
  readonly docker: Dockerode;
  readonly engine: EngineIdentity;
  /** Absent until they are gathered: what needs them is then not tried. */
  readonly facts?: Facts;
  /** The second host's engine, once it has answered. */
  readonly second?: EngineIdentity;
}

/** One variable of the environment that a user may set. Everything that is known of it stands here. */
interface Setting {
  readonly name: string;
  /** The guide's words. */
  readonly meaning: string;
  /** A value that is right, for what is told to who wrote a wrong one. */
  readonly example: string;
  /** What is wrong with the value as it stands, without an engine; null for nothing. A UserError of its own is better still. */
  read?(value: string): string | null | Promise<string | null>;
  /** What is wrong with it on this engine; null for nothing. */
  tried?(value: string, at: TrialEngine): string | null | Promise<string | null>;
}

/** Every variable that a user may set, in the guide's order. */
export const SETTINGS: readonly Setting[] = [
  {
    name: "DNC_BUSYBOX_IMAGE",
    meaning: "exact image reference, tag or digest; whoever decides what is in it has root on the engine's host",
    example: "busybox:1.37",
    read: readReference,
    tried: async (reference, { docker }) =>
      lacks(
        await lackingPrograms(docker, reference, [
          ...["sh", "timeout", "ip", "nc", "ping", "wget", "nslookup", "arping", "nsenter", "grep", "readlink"],
          "busybox",
        ]),
      ),
  },
  {
    name: "DNC_NGINX_IMAGE",
    meaning: "exact image reference, tag or digest",
    example: "nginx:1.28",
    read: readReference,
    tried: async (reference, { docker }) => lacks(await lackingPrograms(docker, reference, ["sh", "nginx"])),
  },
  {
    name: "DNC_REGISTRY_MIRROR",
    meaning: "stands for `docker.io` when images are pulled, `host[:port][/path]`; it is trusted with what is in them",
    example: "mirror.example:5000",
    read(value) {
      if (/^[a-z][a-z0-9+.-]*:\/\//i.test(value)) return "it has a scheme; images are named without one";
      if (value.includes("@")) return "it has a user or a password; log in with docker login instead";
      const [host = "", ...path] = value.replace(/\/+$/, "").split("/");
      const named = /^(?:[A-Za-z0-9](?:[\w.-]*\w)?|\[[0-9a-f:]+\])(?::(\d{1,5}))?$/i.exec(host);
      const usable = named !== null && Number(named[1] ?? 1) <= 65_535 && (/[.:]/.test(host) || host === "localhost");
      if (!usable) return "what stands before the first / is no registry: a name with a dot or a port, or localhost";
      return path.every((part) => /^[a-z0-9]+(?:[._-]+[a-z0-9]+)*$/.test(part))
        ? null
        : "its path is no part of an image's name";
    },
  },
  {
    name: "DNC_SUBNETS",
    meaning: "private IPv4 ranges to take test subnets from, comma-separated",
    example: "10.213.0.0/16",
    read(value) {
      subnetRanges({ DNC_SUBNETS: value });
      return null;
    },
  },
  {
    name: PARENT_VARIABLE,
    meaning: "parent interface of the macvlan suite, instead of the default route's",
    example: "eno1",
    // The kernel's own rule for names of interfaces.
    read: (value) => (/^[^\s/:]{1,15}$/.test(value) ? null : "that can't be the name of an interface"),
    tried(value, { facts }) {
      if (facts?.host == null) return null;
      const names = facts.host.links.map(({ name }) => name);
      // Docker makes `eno1.50`, a VLAN of eno1, by itself.
      if (names.includes(value) || names.includes(value.replace(/\.\d+$/, ""))) return null;
      const usable = facts.host.links.filter(({ name, kind }) => kind === "" && name !== "lo").map(({ name }) => name);
      return `the engine's host has no such interface; it has ${(usable.length === 0 ? names : usable).join(", ")}`;
    },
  },
  {
    name: SECOND_HOST_VARIABLE,
    meaning: "a second Docker host on the same network, written like `DOCKER_HOST`",
    example: "ssh://ops@web-8",
    read(value) {
      const tls = { on: false, files: { verify: true, ca: null, cert: null, key: null } };
      parseDockerHost(value, SECOND_HOST_VARIABLE, tls);
      return null;
    },
    tried: (_value, { engine, second }) =>
      second !== undefined && second.id === engine.id && second.name === engine.name
        ? `that is the engine under test itself (${engine.name}); a second host is another machine`
        : null,
  },
  {
    name: "DNC_LAB_ENGINES",
    meaning: "the lab's engines, comma-separated, instead of Debian's three",
    example: "28.5,29.0",
    read(value) {
      labEngines(value);
      return null;
    },
  },
  {
    name: "DNC_REPORTS",
    meaning: "folder for the reports",
    example: "/var/tmp/reports",
    async read(value) {
      await assertWritable(reportsFolder({ DNC_REPORTS: value }));
      return null;
    },
  },
  {
    name: METRICS_VARIABLE,
    meaning: "file for the metrics of each run, in the folder of node_exporter's textfile collector",
    example: "/var/lib/prometheus/node-exporter/docker-network.prom",
    async read(value) {
      if (!value.endsWith(".prom")) return "node_exporter reads only files whose names end with .prom";
      const { folder } = metricsFile({ [METRICS_VARIABLE]: value }) ?? { folder: "" };
      if (!statSync(folder, { throwIfNoEntry: false })?.isDirectory()) return `there is no folder ${folder}`;
      await assertWritable(folder);
      return null;
    },
  },
  {
    name: HISTORY_VARIABLE,
    meaning: "folder for the histories of engines, instead of `history` in the reports' folder",
    example: "/var/tmp/history",
  },
  {
    name: "DNC_WAIVERS",
    meaning: "file with waivers, instead of `waivers.json`",
    example: "/etc/dnc/waivers.json",
    async read(value) {
      if (!statSync(value, { throwIfNoEntry: false })?.isFile()) return "there is no such file";
      await readWaivers(value, writtenSuites().ids);
      return null;
    },
  },
];

/** Set by this project's own commands for the processes that they start. */
const INTERNAL = [
  ALLOW_FORWARDING_VARIABLE,
  COMPLETE_VARIABLE,
  DISPOSABLE_VARIABLE,
  LAB_HOST_VARIABLE,
  JSON_VARIABLE,
  KEEP_VARIABLE,
  LAB_VERSION_VARIABLE,
  NO_HISTORY_VARIABLE,
  QUICK_VARIABLE,
  SCRIPTS_VARIABLE,
  SELECTED_IDS_VARIABLE,
  SELECTION_VARIABLE,
  WALKS_VARIABLE,
];

type Environment = Readonly<Record<string, string | undefined>>;

/** The settings that have a value; an empty one counts as not set. */
export function settingsIn(env: Environment): readonly { readonly setting: Setting; readonly value: string }[] {
  return SETTINGS.flatMap((setting) => {
    const value = env[setting.name]?.trim() ?? "";
    return value === "" ? [] : [{ setting, value }];
  });
}

/** What is wrong with the settings as they stand: each a UserError with exit code 64 that names variable and value. */
export async function wrongSettings(env: Environment = process.env): Promise<readonly UserError[]> {
  const complaints = await Promise.all(
    settingsIn(env).map(async ({ setting, value }) => await misread(setting, value)),
  );
  return complaints.filter((complaint) => complaint !== null);
}

async function misread(setting: Setting, value: string): Promise<UserError | null> {
  try {
    const wrong = (await setting.read?.(value)) ?? null;
    return wrong === null ? null : refusal(setting, value, wrong);
  } catch (error) {
    if (!(error instanceof UserError)) return refusal(setting, value, error instanceof Error ? error.message : "");
    // Said by what reads the value; which variable it stands in is said here.
    return error.tried.includes(setting.name) ? error : refusal(setting, value, error.seen, error.todo);
  }
}

/** What is wrong with the settings on this engine; exit code 2: another engine may take the same value. */
export async function unfitSettings(at: TrialEngine, env: Environment = process.env): Promise<readonly UserError[]> {
  const complaints = await Promise.all(
    settingsIn(env).map(async ({ setting, value }) => {
      const wrong = (await setting.tried?.(value, at)) ?? null;
      return wrong === null ? null : refusal(setting, value, wrong, undefined, EXIT.notJudged);
    }),
  );
  return complaints.filter((complaint) => complaint !== null);
}

/** Before anything is started. @throws UserError, the first of {@link wrongSettings} */
export async function readSettings(env?: Environment): Promise<void> {
  const [first] = await wrongSettings(env);
  if (first !== undefined) throw first;
}

/** Before a suite starts. @throws UserError, the first of {@link unfitSettings} */
export async function trySettings(at: TrialEngine, env?: Environment): Promise<void> {
  const [first] = await unfitSettings(at, env);
  if (first !== undefined) throw first;
}

/** Variables that begin like ours and are none: a typo does nothing, silently. */
export function unknownSettings(env: Environment = process.env): Note[] {
  const known = [...SETTINGS.map(({ name }) => name), ...INTERNAL];
  return Object.keys(env)
    .filter((name) => name.startsWith("DNC_") && !known.includes(name))
    .map((name) => {
      const near = closest(name);
      return {
        key: `unknown variable ${name}`,
        what: `${name} is set, which is no variable of this project and does nothing.`,
        todo: near === null ? "docs/guide/settings.md lists them." : `Did you mean ${near}?`,
        subjects: [],
      };
    });
}

function closest(name: string): string | null {
  const names = SETTINGS.map((setting) => setting.name);
  // Without the prefix that all share, a distance says more.
  const bare = nearMiss(
    name.slice("DNC_".length).toLowerCase(),
    names.map((each) => each.slice("DNC_".length).toLowerCase()),
  );
  return names.find((each) => each.slice("DNC_".length).toLowerCase() === bare) ?? null;
}

/** The guide's table (docs/guide/settings.md). */
export function settingsTable(): string {
  const rows = SETTINGS.map(({ name, meaning, example }) => `| \`${name}\` | ${meaning} | \`${example}\` |`);
  return ["| variable | meaning | example |", "|---|---|---|", ...rows].join("\n");
}

function refusal(
  { name, meaning, example }: Setting,
  value: string,
  seen: string,
  todo = `Write for example ${name}=${example}, or unset ${name}.`,
  exitCode: ExitCode = EXIT.usage,
): UserError {
  const about = meaning.replace(/;.*/, "").replaceAll("`", "");
  return new UserError({ tried: `Reading ${name}=${value} (${about})`, seen, todo, exitCode });
}

function readReference(value: string): string | null {
  // The distribution's own grammar, loosely: the engine has the last word.
  return /^[\w][\w./:@-]*$/.test(value) ? null : "that is no image reference: repository:tag, or repository@sha256:…";
}

function lacks(programs: readonly string[]): string | null {
  if (programs.length === 0) return null;
  if (programs.includes("sh")) return "nothing can be started in it: it has no shell";
  return `it lacks what the suites ask with: ${programs.join(", ")}`;
}
