import { execFileSync } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, expect, test } from "vitest";
import type { Evidence } from "../model/evidence.ts";
import { type Classified, classifyHttp, classifyLookup, classifyPing, classifyTcp, classifyUdp } from "./classify.ts";
import { outcomeFunction } from "./outcome-in-shell.ts";
import { capturedEvidence } from "./parse/captured/read-captured.ts";

const folder = mkdtempSync(join(tmpdir(), "outcome-"));
afterAll(() => rmSync(folder, { recursive: true }));

const KINDS: Readonly<Record<string, (evidence: Evidence) => Classified>> = {
  ping: classifyPing,
  http: classifyHttp,
  tcp: classifyTcp,
  udp: classifyUdp,
  lookup: classifyLookup,
};

test.each([...Object.keys(KINDS).map((kind) => ["1.38", kind] as const), ["1.35", "lookup"]] as const)(
  "BusyBox %s, %s: the shell reads captured answers as the parsers do",
  (version, kind) => {
    const captured = [...capturedEvidence(`busybox-${version}/evidence-${kind}.json`)].filter(
      // Only the asked name tells that one from a name that is not found; no server of a script redirects.
      ([situation]) => situation !== "redirect-to-bad-name",
    );
    const read = captured.map(([situation, evidence]) => [situation, KINDS[kind]?.(evidence).outcome]);
    const script = [outcomeFunction()];
    for (const [index, [, evidence]] of captured.entries()) {
      const file = join(folder, String(index));
      writeFileSync(file, `${evidence.stdout}\n${evidence.stderr}`);
      script.push(`outcome ${evidence.timedOut ? 137 : evidence.exitCode} ${file}`);
    }
    const told = execFileSync("sh", ["-c", script.join("\n")], { encoding: "utf8" })
      .trim()
      .split("\n");
    expect(captured.map(([situation], index) => [situation, told[index]])).toEqual(read);
  },
);
