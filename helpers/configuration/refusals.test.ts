import { readFileSync } from "node:fs";
import { describe, expect, test } from "vitest";
import { readDaemonJson } from "./daemon-json.ts";

/** What real dockerds said to files that were given to them with `--config-file`, beside a running one: "" where they got past the file. */
function captured(version: string): { readonly text: string; readonly refusal: string }[] {
  return JSON.parse(readFileSync(new URL(`captured/dockerd-${version}.json`, import.meta.url), "utf8"));
}

describe.each(["20.10.24", "28.5.2"])("dockerd %s", (version) => {
  const engine = { engine: { version, apiVersion: "" } };
  test.each(captured(version))("$text: $refusal", ({ text, refusal }) => {
    const refused = readDaemonJson(text, engine).problems.filter((problem) => problem.refused);
    if (refusal === "") expect(refused).toEqual([]);
    else expect(refused).not.toEqual([]);
  });
});
