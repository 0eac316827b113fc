import fc from "fast-check";
import { expect, test } from "vitest";
import { comparedRun } from "./compared-run.ts";
import { changesSince } from "./diff.ts";
import { renderMarkdownSummary } from "./markdown-summary.ts";
import { markdownTable, markdownText } from "./markdown-text.ts";
import * as sample from "./sample-results.ts";

test("a cell is one line, and every pipe in it is escaped", () => {
  const cell = markdownText("a|b\n`c` <d> \\|");
  expect(cell).toBe("a\\|b \\`c\\` &lt;d&gt; \\\\\\|");
  fc.assert(
    fc.property(fc.string({ unit: fc.constantFrom("|", "\\", "\n", "<", "a", " ") }), (text) => {
      const row = markdownTable(["x"], [[markdownText(text)]]).split("\n");
      expect(row).toHaveLength(3);
      // GFM ends a cell at a pipe that an even number of backslashes precedes.
      expect(row[2]?.replaceAll(/\\./g, "").split("|")).toHaveLength(3);
      expect(row[2]).not.toContain("<");
    }),
  );
});

test("the summary of a broken run, as a whole", () => {
  const changes = changesSince(comparedRun(sample.conformantRun), comparedRun(sample.brokenRun));
  expect(renderMarkdownSummary(sample.brokenRun, changes)).toMatchInlineSnapshot(`
    "## Docker network conformance: not conformant

    **Not conformant: 4 of 7 judged requirements failed; 1 could not be measured, 1 waived, 2 not applicable, 1 not run.**

    failed 4 · error 1 · passed 2 · waived 1 · not applicable 2 · not run 1

    ### the rules of chain DOCKER in table nat are gone: a firewall was reloaded after dockerd started

    - effect: The host can't reach published ports (TCP).
    - likely: a reload of the firewall
    - seen: missing: iptables -t nat -A DOCKER -p tcp --dport 32768 -j DNAT --to-destination 172.17.0.3:80
    - explains: PORT-02, PORT-03

    To do: have dockerd make its rules, bridges and addresses anew (cost: It stops all 3 running containers; their restart policies start them again.), then \`npm test\`

    \`\`\`sh
    systemctl restart docker
    \`\`\`

    ### No cause found for 3 failures

    - failures: UDN-04, ISO-01, CON-03

    | verdict | id | requirement | expected | observed | cause | written where |
    | --- | --- | --- | --- | --- | --- | --- |
    | fail | UDN-04 | Containers on one user-defined bridge MUST resolve each other by container name | web resolves to 172.18.0.2 | name not found | – | [docs/dns#limits](https://example.org/dns.md#limits) “resolves the names of other containers”; [engine moby#20007](https://example.org/20007) |
    | fail | PORT-02 | A published port MUST be reachable at every address of the host | host:32768/tcp replied | host:32768/tcp refused | see above | – |
    | fail | PORT-03 | A published port MUST be reachable at every address of the host | host:32768/tcp replied | host:32768/tcp refused | see above | – |
    | fail | ISO-01 | Containers on different bridges MUST NOT reach each other by address | client yes . drop | client yes . yes | – | – |
    | error | CON-03 | A disconnected container MUST lose its interface on that network | – | the engine did not answer: connect ECONNREFUSED /var/run/docker.sock | – | – |

    - Since the last run (2026-11-21 23:40 UTC): 6 new

    Left behind: nothing

    - engine: Docker 20.10.24+dfsg1, API 1.41, at unix:///var/run/docker.sock
    - host: vm-1: Debian GNU/Linux 12 (bookworm), kernel 6.18.44, x86\\_64
    - firewall: not reported by the engine
    - configured: bip="172.17.0.1/16" mtu=1450 userland-proxy=false
    - images: busybox assembled (dnc-busybox:1.35), nginx present (nginx:alpine)

    <details><summary>1 waived</summary>

    | count | reason | requirements |
    | --- | --- | --- |
    | 1 | known and accepted until 2027-01: the VPN owns 172.17.0.0/16 | HOST-08 |

    </details>

    <details><summary>2 not applicable</summary>

    | count | reason | requirements |
    | --- | --- | --- |
    | 2 | Engine 20.10.24 has no \\\`firewall-backend\\\` (28.1 and later) | PORT-09 PORT-10 |

    </details>

    <details><summary>1 not run</summary>

    | count | reason | requirements |
    | --- | --- | --- |
    | 1 | iptables-save is not installed where dockerd runs | HOST-31 |

    </details>

    Exit code 1: a requirement failed, or something was left behind. Started 2026-11-21 23:40 UTC, took 41 s; suite 0.1.0, run 7f3a.
    "
  `);
});

test("many failures stay one screen", () => {
  const many = Array.from({ length: 300 }, (_, index) => ({ ...sample.dnatGone, id: `PORT-${index}` }));
  const text = renderMarkdownSummary(sample.sampleRun(many), null);
  expect(text).toContain("and 280 more requirements in `results.json`.");
  expect(text.split("\n").length).toBeLessThan(60);
});

test("runs without a verdict say so first", () => {
  for (const run of [sample.emptyRun, sample.skippedRun, sample.interruptedRun]) {
    expect(renderMarkdownSummary(run, null)).toMatch(/^## Docker network conformance: not judged\n\n\*\*Not judged: /);
  }
});

test("hostile text brings no markup of its own and no endless cell", () => {
  const text = renderMarkdownSummary(sample.hostileRun, null);
  // Code shows itself, whatever it holds, as long as nothing in it ends it.
  const code = /^```sh\n(.*\n)*?```$|(?<!`)`[^`\n]+`(?!`)/gm;
  expect(text.match(/^```/gm)).toHaveLength(2);
  expect(text.replaceAll(code, "")).not.toMatch(/<(?!\/?(details|summary)>)/);
  expect(text).not.toContain("\u001b");
  expect(text).not.toMatch(/^# head/m);
  expect(text.length).toBeLessThan(10_000);
});

test("a table that a requirement shows stands folded below, also when it passed", () => {
  const [first, ...others] = sample.conformantRun.requirements;
  if (first === undefined) throw new Error("the sample run has no requirement");
  const table = {
    title: "one port | all places",
    columns: ["from", "observed"],
    rows: [
      ["a", "replied"],
      ["b", ""],
    ],
  };
  const summary = renderMarkdownSummary(
    { ...sample.conformantRun, requirements: [{ ...first, table }, ...others] },
    null,
  );
  expect(summary).toContain(
    `<details><summary>${first.id} one port \\| all places</summary>\n\n| from | observed |\n| --- | --- |\n| a | replied |\n| b | – |\n\n</details>`,
  );
});
