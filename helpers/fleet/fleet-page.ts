import { cardAnchor, cardHtml } from "../report/page/cards.ts";
import { framePage, headerHtml, section } from "../report/page/frame.ts";
import { type Html, html, table } from "../report/page/html.ts";
import { countOf } from "../report/plain-text.ts";
import { moment } from "../report/summary-lines.ts";
import type { Fleet, FleetCause, FleetHost } from "./fleet.ts";
import { groupText, judgedBetween, numbersOf, remarkOf, someOf } from "./fleet-text.ts";

/** What a page of one file can hold; `fleet.json` has all. */
const MOST = { rows: 500, columns: 20, causes: 100, groups: 100, names: 100 } as const;

/** A host that was judged from here has a page of its own, in a folder beside. */
export type Folders = ReadonlyMap<string, string>;

/** `index.html` of many hosts: host × cause, what happened, hosts that are alike. */
export function renderFleetPage(fleet: Fleet, folders: Folders = new Map()): string {
  const { verdict, summary, exitCode, hosts, causes, groups } = fleet;
  const mood = exitCode === 0 ? "conformant" : exitCode === 1 ? "not-conformant" : "not-judged";
  const rest = (shown: number, all: number, thing: string) =>
    all > shown ? html`<p>${countOf(all - shown, `more ${thing}`)}: see fleet.json.</p>` : null;
  return framePage({
    title: `${verdict}: ${countOf(hosts.length, "host")}`,
    header: headerHtml(
      mood,
      verdict,
      "Host × cause",
      summary,
      [judgedBetween(hosts)].filter((line) => line !== ""),
    ),
    sections: [
      [
        "hosts",
        "Hosts",
        section("hosts", "Hosts", html`${hostTable(hosts, causes, folders)}${rest(MOST.rows, hosts.length, "host")}`),
      ],
      [
        "causes",
        "Causes",
        causes.length === 0
          ? html``
          : section(
              "causes",
              "What happened",
              html`${causes.slice(0, MOST.causes).map(({ card, hosts: on }, index) => html`<p><b>${index + 1}.</b> On ${countOf(on.length, "host")}: ${someOf(on, MOST.names)}.</p>${cardHtml(card, index, null, html`${card.explains.join(", ")}`)}`)}${rest(MOST.causes, causes.length, "cause")}`,
            ),
      ],
      [
        "alike",
        "Alike",
        section(
          "alike",
          "Hosts that are alike",
          html`${table(
            "Groups of hosts with the same engine version, kernel and networking configuration",
            ["hosts", "which", "what they are", "in what they differ from the largest group"],
            groups
              .slice(0, MOST.groups)
              .map((group) => [
                group.hosts.length,
                someOf(group.hosts, MOST.names),
                groupText(group),
                group.differs.join("; "),
              ]),
          )}${rest(MOST.groups, groups.length, "group")}`,
        ),
      ],
    ],
  });
}

function hostTable(hosts: readonly FleetHost[], causes: readonly FleetCause[], folders: Folders): Html {
  // The others have columns.
  const numbers = new Map([...numbersOf(causes)].filter(([, number]) => number > MOST.columns));
  const columns = causes.slice(0, MOST.columns);
  return table(
    "Host × cause",
    [
      "host",
      "verdict",
      ...columns.map((_, index) => html`<a href="#${cardAnchor(index)}">${index + 1}</a>`),
      "what",
      "judged",
    ],
    hosts.slice(0, MOST.rows).map((host) => {
      const { name, verdict, causes: keys, startedAt } = host;
      const folder = folders.get(name);
      return [
        folder === undefined ? name : html`<a href="${folder}/index.html">${name}</a>`,
        html`<b class="${verdict === "not conformant" ? "worse" : ""}">${verdict}</b>`,
        ...columns.map(({ card }) => (keys.includes(card.key) ? html`<span class="mark fail">✗</span>` : null)),
        remarkOf(host, numbers),
        startedAt === null ? null : moment(startedAt),
      ];
    }),
  );
}
