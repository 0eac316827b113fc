import { runHere } from "../preflight/run.ts";
import { defineCommand } from "./command.ts";

const USAGE = "npm run --silent preflight -- [--json] [--config-file FILE]";

const ABOUT = `Says whether this machine has what Docker's networking needs, and why dockerd did not start: the kernel and its
modules, iptables, forwarding, daemon.json, what is in the way, dockerd's last words. Reads only; needs root.
It is a shell script of its own, helpers/preflight/preflight.sh, for hosts without Node: ssh root@HOST sh -s <preflight.sh
--json              one JSON object instead of text
--config-file FILE  the daemon.json to look at, instead of the one that dockerd reads
Exit codes: 0 nothing is in the way, 1 something keeps dockerd or its networks from working, 2 not judged (something
necessary could not be looked at), 64 wrong usage.`;

export const command = defineCommand({
  usage: USAGE,
  about: ABOUT,
  options: { json: { type: "boolean" }, "config-file": { type: "string" } },
  takesWords: false,
  async run({ json, "config-file": file }) {
    const words = [...(json ? ["--json"] : []), ...(file === undefined ? [] : ["--config-file", file])];
    process.exitCode = await runHere(words);
  },
});
