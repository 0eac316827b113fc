import type Dockerode from "dockerode";
import { ProbeFailed } from "../model/evidence.ts";
import { askForInfo } from "./answers.ts";

/**
 * The engine's clock as its events API takes it, in seconds with their fraction: the clock here may differ.
 * @throws ProbeFailed when the engine does not tell it
 */
export async function engineTime(docker: Dockerode): Promise<number> {
  const { SystemTime } = await askForInfo(docker);
  const milliseconds = Date.parse(SystemTime);
  if (Number.isNaN(milliseconds)) throw new ProbeFailed("the engine does not tell its time");
  const fraction = /\.\d{1,9}/.exec(SystemTime)?.[0] ?? "";
  return Number(`${Math.floor(milliseconds / 1000)}${fraction}`);
}
