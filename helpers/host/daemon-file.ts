import { UserError } from "../engine/errors.ts";
import type { HostView } from "../vantage/host-view.ts";
import { quoted } from "../vantage/shell-words.ts";
import { configFileOf } from "./configuration.ts";

/** The file that the engine's dockerd reads, on the engine's host. */
export interface DaemonFile {
  readonly path: string;
  /** Its text as it lies there now; null = there is no such file. */
  readonly text: string | null;
  /** dockerd's arguments without the program's name. */
  readonly flags: readonly string[];
}

/** @throws UserError when dockerd or its file can't be looked at: a guess would compare with the wrong file */
export async function readDaemonFile(host: HostView): Promise<DaemonFile> {
  const pid = await host.dockerdPid();
  if (pid === null)
    throw new UserError({
      tried: "Looking for the configuration of the engine's dockerd",
      seen: "no dockerd is seen on the engine's host",
      todo: "The engine must run where its host's processes can be looked at.",
    });
  const { stdout } = await host.ask(`tr '\\0' '\\n' < /proc/${pid}/cmdline`);
  const flags = stdout
    .split("\n")
    .slice(1)
    .filter((flag) => flag !== "");
  const path = configFileOf(flags);
  const file = quoted(`/proc/${pid}/root${path}`);
  const answer = await host.ask(`if [ -e ${file} ]; then echo there; cat ${file}; else echo absent; fi`);
  if (answer.exitCode !== 0)
    throw new UserError({
      tried: `Reading ${path} on the engine's host`,
      seen: answer.stderr.trim(),
      todo: "The file must be readable for the container that looks at the host.",
    });
  const [head] = answer.stdout.split("\n", 1);
  return { path, text: head === "there" ? answer.stdout.slice("there\n".length) : null, flags };
}
