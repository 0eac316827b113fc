import type { Subject } from "../model/subject.ts";
import type { Space } from "./spaces.ts";

/** `of this host`, `inside container web`. */
export function spaceText({ where }: Space): string {
  return where.kind === "container" ? `inside container ${where.name}` : "of this host";
}

/** What a cause in a space is about. */
export function subjectOf({ where }: Space): Subject {
  return where.kind === "container" ? { kind: "container", name: where.name } : { kind: "host" };
}

/** What stands before a command that is typed on the engine's host but acts in a space. */
export function enter({ where, pid }: Space): string {
  return where.kind === "container" ? `nsenter -t ${pid} -n -- ` : "";
}
