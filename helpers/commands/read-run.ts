import { UserError } from "../engine/errors.ts";
import type { Results } from "../model/results.ts";
import { parseResults } from "../report/read-results.ts";
import { readUserFile } from "./user-file.ts";

const WANTED = {
  atMost: 256 * 1024 * 1024,
  todo: "Give a results.json that this project wrote, for example a copy of reports/results.json.",
};

/**
 * The results of a run out of a file that a user names.
 * @throws UserError saying what is wrong with the file: exit code 64 where it can't be read, else 2
 */
export async function readRun(file: string): Promise<Results> {
  const parsed = await parseResults((await readUserFile(file, WANTED)).toString());
  if (typeof parsed !== "string") return parsed;
  throw new UserError({ tried: `Reading ${file} as the results of a run`, seen: parsed, todo: WANTED.todo });
}
