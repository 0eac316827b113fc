import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import type { Evidence } from "../../../model/evidence.ts";

/** The text of one captured file, `busybox-1.35/ip-addr-host.txt`. */
export function captured(file: string): string {
  return readFileSync(join(import.meta.dirname, file), "utf8");
}

/** The files of all programs and versions whose name matches, as paths for {@link captured}. */
export function capturedFiles(name: RegExp): string[] {
  return readdirSync(import.meta.dirname, { recursive: true, encoding: "utf8" })
    .filter((file) => name.test(file))
    .sort();
}

/** Situation → evidence of one captured file, `busybox-1.35/evidence-ping.json`. */
export function capturedEvidence(file: string): ReadonlyMap<string, Evidence> {
  return new Map(Object.entries(JSON.parse(captured(file)) as Record<string, Evidence>));
}
