#!/usr/bin/env node
import { enableCompileCache } from "node:module";
import { join } from "node:path";
import { CACHE_FOLDER } from "../project-root.ts";
import type { Program } from "./command.ts";

/** Of an older one `node:worker_threads` has no `locks`, by which the suites' workers take turns. */
const OLDEST_NODE = 24;
if (Number.parseInt(process.versions.node, 10) < OLDEST_NODE) {
  // Plainly: what would say it otherwise may not load there.
  console.error(
    `Starting on Node ${process.versions.node}\n  Node ${OLDEST_NODE} or newer is needed\n  → Install it (https://nodejs.org/en/download), or put it first on the PATH`,
  );
  process.exit(2);
}

// A fifth of a short run is node compiling the same modules again, here and in every worker.
process.env.NODE_COMPILE_CACHE ??= join(CACHE_FOLDER, "compiled");
enableCompileCache(process.env.NODE_COMPILE_CACHE);

/** A command by its name: loaded only when it is asked for, and only after the cache is there, which would lack it otherwise. */
interface Entry {
  /** A few words, for `--help`. */
  readonly does: string;
  readonly load: () => Promise<{ readonly command: Program }>;
}

const COMMANDS: Readonly<Record<string, Entry>> = {
  test: { does: "judge the networking of a Docker host", load: () => import("./test.ts") },
  workloads: {
    does: "judge the network of what runs there already, reading only",
    load: () => import("./workloads.ts"),
  },
  trace: { does: "follow a packet, and say where it ends", load: () => import("./trace.ts") },
  explain: { does: "what a requirement means, and what mends it", load: () => import("./explain.ts") },
  reproduce: { does: "a requirement as a script of plain docker commands", load: () => import("./reproduce.ts") },
  rehearse: { does: "try a daemon.json or an upgrade on a disposable host first", load: () => import("./rehearse.ts") },
  diff: { does: "what changed between two runs, and what explains it", load: () => import("./diff.ts") },
  status: { does: "what the last run said, for Nagios, Icinga and their kind", load: () => import("./status.ts") },
  report: { does: "the page of an earlier results.json", load: () => import("./report.ts") },
  bundle: { does: "one archive for a bug report, without names and addresses", load: () => import("./bundle.ts") },
  doctor: { does: "whether this engine can be judged at all", load: () => import("./doctor.ts") },
  preflight: { does: "what keeps dockerd from starting on this machine", load: () => import("./preflight.ts") },
  list: { does: "the catalogue of requirements", load: () => import("./list.ts") },
  watch: { does: "judge after each change, and tell what is otherwise", load: () => import("./watch.ts") },
  "install-units": {
    does: "have systemd judge every night and after changes",
    load: () => import("./install-units.ts"),
  },
  "remove-units": { does: "take that back", load: () => import("./remove-units.ts") },
  clean: { does: "remove what a killed run left", load: () => import("./clean.ts") },
  setup: { does: "bring the engine and the images", load: () => import("./setup.ts") },
  "test:lab": {
    does: "judge what one working host can't show, on disposable hosts",
    load: () => import("./test-lab.ts"),
  },
  matrix: { does: "the suites on several engine versions or configurations", load: () => import("./matrix.ts") },
  fleet: { does: "many hosts, judged or collected, in one report", load: () => import("./fleet.ts") },
  prove: { does: "break a disposable host, and see which requirements notice", load: () => import("./prove.ts") },
  lab: { does: "keep disposable Docker hosts until Ctrl-C", load: () => import("./lab.ts") },
  bench: { does: "how close a run comes to the engine's own speed", load: () => import("./bench.ts") },
};

/** What `--help` without a command prints. */
function overview(): string {
  const width = Math.max(...Object.keys(COMMANDS).map((name) => name.length)) + 2;
  return [
    "npm run <command> -- [options], and npm test for the first. Each knows --help.",
    "",
    ...Object.entries(COMMANDS).map(([name, { does }]) => `${name.padEnd(width)}${does}`),
  ].join("\n");
}

const [name = "--help", ...args] = process.argv.slice(2);
const { endWell } = await import("./command.ts");
await endWell(async () => {
  if (name === "--help" || name === "-h") return console.log(overview());
  if (name === "--version") return console.log((await import("../run/suite-version.ts")).suiteVersion());
  const entry = Object.hasOwn(COMMANDS, name) ? COMMANDS[name] : undefined;
  if (entry === undefined) {
    const [{ usage }, { nearMiss }] = await Promise.all([
      import("../run/arguments.ts"),
      import("../configuration/near-miss.ts"),
    ]);
    const near = nearMiss(name, Object.keys(COMMANDS));
    throw usage(`there is no command ${name}${near === null ? "" : `; did you mean ${near}?`}`, overview());
  }
  const { command } = await entry.load();
  await command.start(args);
});
// What a reader at the other end of a pipe has not taken yet would be lost with the process.
await Promise.all([process.stdout, process.stderr].map((stream) => new Promise((taken) => stream.write("", taken))));
// An open connection to the engine must not keep a process whose work is done.
process.exit();
