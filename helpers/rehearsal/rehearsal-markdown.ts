import { describeFileProblem, describeOtherKey } from "../configuration/daemon-json.ts";
import type { Finding } from "../configuration/finding.ts";
import { markdownTable, markdownText } from "../report/markdown-text.ts";
import { isAccepted, type Rehearsal } from "./rehearsal.ts";
import { conclusion } from "./rehearsal-text.ts";

/** `rehearsal.md`: the verdict with its reasons, the steps, what would change. */
export function renderRehearsal(rehearsal: Rehearsal): string {
  const { findings, accepted, steps, suites, problems, keys, otherKeys, notRehearsed, reasons, candidate } = rehearsal;
  const of = (wanted: (finding: Finding) => boolean) => findings.filter(wanted).map(({ text }) => text);
  const sections = [
    `# Rehearsal of ${markdownText(candidate)}: ${rehearsal.verdict}`,
    `**${markdownText(conclusion(rehearsal))}**`,
    bullets(reasons),
    markdownTable(
      ["step", "", "what was seen"],
      steps.map(({ name, state, text }) => [name, state, markdownText(text)]),
    ),
    titled("The file", bullets(problems.map((problem) => describeFileProblem(problem, candidate)))),
    titled(
      "Changed keys",
      keys.length === 0
        ? ""
        : markdownTable(
            ["key", "before", "after", "covered by a requirement"],
            keys.map(({ key, before, after, covered }) => [
              key,
              markdownText(before),
              markdownText(after),
              covered ? "yes" : "no",
            ]),
          ),
    ),
    bullets(otherKeys.map((key) => `${key}: ${describeOtherKey(key)}`)),
    titled("Accepted", bullets(of((finding) => finding.kind === "danger" && isAccepted(finding, accepted)))),
    titled("What the restart would change on this host", bullets(of(({ kind }) => kind === "change"))),
    titled("Does nothing", bullets(of(({ kind }) => kind === "idle"))),
    titled("Worth knowing", bullets(of(({ kind }) => kind === "note"))),
    titled(
      "Failed in the rehearsal",
      suites === null || suites.failures.length === 0
        ? ""
        : markdownTable(
            ["id", "verdict", "requirement", "reason", "expected", "observed"],
            suites.failures.map(({ id, verdict, must, reason, expected = "", observed = "" }) =>
              [id, verdict, must, reason, expected, observed].map((cell) => markdownText(cell, 300)),
            ),
          ),
    ),
    titled("Not rehearsed", bullets(notRehearsed)),
  ];
  return `${sections.filter((section) => section !== "").join("\n\n")}\n`;
}

function titled(title: string, body: string): string {
  return body === "" ? "" : `## ${title}\n\n${body}`;
}

function bullets(lines: readonly string[]): string {
  return lines.map((line) => `- ${markdownText(line)}`).join("\n");
}
