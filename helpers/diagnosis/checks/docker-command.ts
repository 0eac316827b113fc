import { basename } from "node:path";
import type { Deviation } from "../../audits/deviation.ts";
import type { Snapshot } from "../../snapshot/snapshot.ts";
import { finding } from "../finding.ts";

/** The docker command that the suites call: whether it is Docker's own program. */
export function checkDockerCommand({ dockerCommand }: Snapshot): Deviation[] {
  if (dockerCommand === null) return [];
  const { path, file, script } = dockerCommand;
  const say = (what: string): Deviation[] => [{ ...finding("engine", "any", [], [], what), vantage: "docker command" }];
  if (script !== null)
    return say(
      `The docker command on the PATH, ${path}, is a script (${script}) and not Docker's own program: a wrapper or another product stands in front of it. Look at it, and call the program behind it.`,
    );
  if (!/^docker/.test(basename(file)))
    return say(`The docker command on the PATH, ${path}, is another program: it leads to ${file}.`);
  return [];
}
