import { homedir } from "node:os";
import { join } from "node:path";
import { connect } from "../engine/connect.ts";
import { UserError } from "../engine/errors.ts";
import { lookAtDaemonFile } from "../host/daemon-file.ts";
import { CODE, PROJECT_ROOT } from "../project-root.ts";
import { writeWhole } from "../report/write-files.ts";
import { usage } from "../run/arguments.ts";
import { SETTINGS } from "../run/settings.ts";
import { ENABLED, UNIT_NAMES, unitsOf } from "../watch/units.ts";
import { defineCommand } from "./command.ts";
import { userPath } from "./user-file.ts";

const USAGE = "npm run install-units -- [--folder /etc/systemd/system]";

const ABOUT = `Has systemd judge this machine's Docker: everything every night, and the quick set after each start of docker.service and
after each edit of the daemon.json that dockerd reads. Writes four units to /etc/systemd/system and enables them; the
variables of this project that are set now (DNC_…) are written into them. npm run remove-units takes them away.
Their reports: /var/lib/docker-netcheck, and quick in it. A unit has failed where the host is not conformant or was not judged.
--folder DIR   only writes them there, and starts nothing
Exit codes: 0 installed, 2 it could not be done, 64 wrong usage.`;

/** Where systemd looks for what an administrator made. */
export const SYSTEM_FOLDER = "/etc/systemd/system";
const REPORTS = "/var/lib/docker-netcheck";

/** Runs systemctl. @throws UserError with its own words */
export async function systemctl(...words: readonly string[]): Promise<void> {
  const { execa } = await import("execa");
  const { exitCode, all, code } = await execa("systemctl", words, { all: true, reject: false });
  if (exitCode === 0) return;
  throw new UserError({
    tried: `systemctl ${words.join(" ")}`,
    seen: code === "ENOENT" ? "there is no systemctl on this machine" : all.trim() || `exit code ${exitCode}`,
    todo: "Where systemd does not run the machine, keep npm run watch running instead; else do it as root.",
  });
}

/** The file that this machine's dockerd reads. @throws UserError where the engine is another machine's, or can't be asked */
async function daemonJsonHere(): Promise<string> {
  await using connection = await connect();
  const { docker, endpoint } = connection;
  if (endpoint.kind !== "unix")
    throw usage(
      `the engine at ${endpoint.url} may be another machine's, and systemd is this one's`,
      "Run it on the machine of the engine, without DOCKER_HOST and context",
    );
  return (await lookAtDaemonFile(docker, "units")).path;
}

/** The variables that the units are given: those that are set now, and a home for what is kept. */
function environment(): Readonly<Record<string, string>> {
  const set = SETTINGS.flatMap(({ name }): [string, string][] => {
    const value = process.env[name]?.trim() ?? "";
    return value === "" ? [] : [[name, value]];
  });
  const socket = process.env.DOCKER_HOST ?? "";
  return {
    HOME: homedir(),
    ...Object.fromEntries(set),
    ...(socket === "" ? {} : { DOCKER_HOST: socket }),
  };
}

export const command = defineCommand({
  usage: USAGE,
  about: ABOUT,
  options: { folder: { type: "string" } },
  takesWords: false,
  async run({ folder }) {
    // npx keeps it in a cache, from which it goes again.
    if (PROJECT_ROOT.includes("/_npx/"))
      throw usage(
        "this program lies in npx's cache, and the units would name it there",
        "npm install --global docker-network-conformance, then dnc install-units",
      );
    const units = unitsOf({
      program: [process.execPath, join(PROJECT_ROOT, `helpers/commands/dnc${CODE}`)],
      daemonJson: await daemonJsonHere(),
      reports: process.env.DNC_REPORTS?.trim() || REPORTS,
      environment: environment(),
    });
    const target = folder === undefined ? SYSTEM_FOLDER : userPath(folder);
    // Asked first: where systemd does not run the machine nothing is to be written.
    if (folder === undefined) await systemctl("show", "--property=Version");
    await writeWhole(target, units);
    for (const name of UNIT_NAMES) process.stdout.write(`${join(target, name)}\n`);
    if (folder !== undefined) return;
    await systemctl("daemon-reload");
    await systemctl("enable", ...ENABLED);
    await systemctl("start", ...ENABLED.filter((name) => !name.endsWith(".service")));
  },
});
