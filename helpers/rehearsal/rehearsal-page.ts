import { describeFileProblem, describeOtherKey } from "../configuration/daemon-json.ts";
import type { Finding } from "../configuration/finding.ts";
import { framePage, headerHtml, type Section, section } from "../report/page/frame.ts";
import { type Html, html, prose, table } from "../report/page/html.ts";
import { moment } from "../report/summary-lines.ts";
import { isAccepted, type Rehearsal, type RehearsalStep } from "./rehearsal.ts";
import { conclusion } from "./rehearsal-text.ts";

const MARKS: Readonly<Record<RehearsalStep["state"], string>> = { ok: "pass", failed: "fail", "not done": "not-run" };

/** `rehearsal.html`: the verdict with its reasons, each changed key before and after, the steps, what the restart would change. */
export function renderRehearsalPage(rehearsal: Rehearsal): string {
  const { verdict, exitCode, findings, accepted, steps, suites, problems, keys, otherKeys, notRehearsed, reasons } =
    rehearsal;
  const { candidate, host, startedAt } = rehearsal;
  const of = (wanted: (finding: Finding) => boolean) => findings.filter(wanted).map(({ text }) => text);
  const list = (id: string, title: string, texts: readonly string[]): Section => [
    id,
    title,
    texts.length === 0 ? html`` : section(id, title, listOf(texts)),
  ];
  return framePage({
    title: `${verdict}: ${candidate}`,
    header: headerHtml(
      exitCode === 0 ? "conformant" : exitCode === 1 ? "not-conformant" : "not-judged",
      verdict,
      `Rehearsal of ${candidate}`,
      conclusion(rehearsal),
      [`${host.hostname}, Docker ${host.engine}, ${moment(startedAt)}`],
    ),
    sections: [
      list("reasons", "Why", reasons),
      [
        "keys",
        "Before and after",
        keys.length === 0
          ? html``
          : section(
              "keys",
              "Before and after",
              table(
                "Changed keys",
                ["key", "before", "after", "on this host", "covered by a requirement"],
                keys.map(({ key, before, after, covered }) => [
                  html`<code>${key}</code>`,
                  html`<code>${before}</code>`,
                  html`<code>${after}</code>`,
                  findings.filter((finding) => isOfKey(finding, key)).map((finding) => findingHtml(finding, accepted)),
                  covered ? "yes" : html`<b class="worse">no</b>`,
                ]),
              ),
            ),
      ],
      list(
        "changes",
        "What the restart would change on this host",
        of((finding) => finding.kind === "change" && !keys.some(({ key }) => isOfKey(finding, key))),
      ),
      [
        "failed",
        "Failed",
        suites === null || suites.failures.length === 0
          ? html``
          : section(
              "failed",
              "Failed in the rehearsal",
              table(
                "Failed",
                ["requirement", "must", "expected", "observed", "because"],
                suites.failures.map(({ id, must, expected = "", observed = "", reason }) => [
                  html`<b class="worse">${id}</b>`,
                  prose(must),
                  expected,
                  observed,
                  reason,
                ]),
              ),
            ),
      ],
      [
        "steps",
        "Steps",
        section(
          "steps",
          "Steps",
          table(
            "Steps",
            ["step", "state", "what was seen"],
            steps.map(({ name, state, text }) => [
              name,
              html`<span class="mark ${MARKS[state]}">${state}</span>`,
              prose(text),
            ]),
          ),
        ),
      ],
      list(
        "file",
        "The file",
        problems.map((problem) => describeFileProblem(problem, candidate)),
      ),
      list(
        "others",
        "Other keys",
        otherKeys.map((key) => `${key}: ${describeOtherKey(key)}`),
      ),
      list(
        "accepted",
        "Accepted",
        of((finding) => finding.kind === "danger" && isAccepted(finding, accepted)),
      ),
      list(
        "idle",
        "Does nothing",
        of(({ kind }) => kind === "idle"),
      ),
      list(
        "notes",
        "Worth knowing",
        of(({ kind }) => kind === "note"),
      ),
      list("not-rehearsed", "Not rehearsed", notRehearsed),
    ],
  });
}

/** What a changed key does on the host stands beside the key; what speaks against the file stands above, as a reason. */
function isOfKey({ kind, keys }: Finding, key: string): boolean {
  return ["change", "danger", "refused"].includes(kind) && keys.includes(key);
}

function findingHtml(finding: Finding, accepted: readonly string[]): Html {
  const { kind, text } = finding;
  if (kind === "change") return html`<p>${prose(text)}</p>`;
  return kind === "danger" && isAccepted(finding, accepted)
    ? html`<p>${kind}, <a href="#accepted">accepted</a></p>`
    : html`<p><b class="worse">${kind}</b>: <a href="#reasons">why</a></p>`;
}

function listOf(texts: readonly string[]): Html {
  return html`<ul>${texts.map((text) => html`<li>${prose(text)}</li>`)}</ul>`;
}
