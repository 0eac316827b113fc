import { expect, test } from "vitest";
import { formatCard } from "./cards-text.ts";
import { wantsColour } from "./colour.ts";
import { comparedRun } from "./compared-run.ts";
import { formatFailures, formatSummary } from "./console.ts";
import { changesSince } from "./diff.ts";
import { formatFailure } from "./failure-text.ts";
import { formatProgress, progressIsDue } from "./progress.ts";
import * as sample from "./sample-results.ts";

test("a failure has all that explains it", () => {
  expect(formatFailure(sample.nameNotFound)).toMatchInlineSnapshot(`
    "FAIL  UDN-04  Containers on one user-defined bridge MUST resolve each other by container
                  name
      expected   web resolves to 172.18.0.2
      observed   name not found
      because    the embedded DNS server answered NXDOMAIN
      control    $ ping -c 1 -W 1 172.18.0.2
                 container dnc-7f3a-client: exit 0 after 2 ms
                 out | PING 172.18.0.2 (172.18.0.2): 56 data bytes
                 out | 64 bytes from 172.18.0.2: seq=0 ttl=64 time=0.431 ms
                 out | … 3 more lines
      evidence   $ nslookup web 127.0.0.11
                 container dnc-7f3a-client: exit 1 after 8 ms
                 out | Server:    127.0.0.11
                 out | Address:  127.0.0.11:53
                 out | ** server can't find web: NXDOMAIN
                 out | ** server can't find web: NXDOMAIN
                 $ cat /etc/resolv.conf
                 container dnc-7f3a-client: exit 0 after 1 ms
                 out | nameserver 127.0.0.11
                 out | options ndots:0
      run alone  npm test -- UDN-04"
  `);
});

test("the console after a broken run", () => {
  const changes = changesSince(comparedRun(sample.conformantRun), comparedRun(sample.brokenRun));
  const text = formatSummary(sample.brokenRun, { reportsFolder: "reports", changes });
  expect(text).toMatchInlineSnapshot(`
    "──────────────────────────────────────────────────────────────────────────────────────────
      engine     Docker 20.10.24+dfsg1, API 1.41, at unix:///var/run/docker.sock
      host       vm-1: Debian GNU/Linux 12 (bookworm), kernel 6.18.44, x86_64
      firewall   not reported by the engine
      configured bip="172.17.0.1/16" mtu=1450 userland-proxy=false
      images     busybox assembled (dnc-busybox:1.35), nginx present (nginx:alpine)
      changed    since the last run (2026-11-21 23:40 UTC): 6 new
      residue    left behind: nothing
      reports    reports/index.html, summary.md, results.json and more
      duration   41 s

    FAIL  UDN-04  Containers on one user-defined bridge MUST resolve each other by container
                  name
      expected   web resolves to 172.18.0.2
      observed   name not found
      because    the embedded DNS server answered NXDOMAIN
      control    $ ping -c 1 -W 1 172.18.0.2
                 container dnc-7f3a-client: exit 0 after 2 ms
                 out | PING 172.18.0.2 (172.18.0.2): 56 data bytes
                 out | 64 bytes from 172.18.0.2: seq=0 ttl=64 time=0.431 ms
                 out | … 3 more lines
      evidence   $ nslookup web 127.0.0.11
                 container dnc-7f3a-client: exit 1 after 8 ms
                 out | Server:    127.0.0.11
                 out | Address:  127.0.0.11:53
                 out | ** server can't find web: NXDOMAIN
                 out | ** server can't find web: NXDOMAIN
                 $ cat /etc/resolv.conf
                 container dnc-7f3a-client: exit 0 after 1 ms
                 out | nameserver 127.0.0.11
                 out | options ndots:0
      run alone  npm test -- UDN-04

    FAIL  PORT-02  A published port MUST be reachable at every address of the host
      expected   host:32768/tcp replied
      observed   host:32768/tcp refused
      because    the connection was refused although the container listens
      control    $ nc -w 1 172.17.0.3 80 </dev/null
                 container dnc-7f3a-client: exit 0 after 1 ms
                 no output
      evidence   $ nc -w 1 192.0.2.10 32768 </dev/null
                 host: exit 1 after 3 ms
                 err | nc: can't connect to remote host (192.0.2.10): Connection refused
      run alone  npm test -- PORT-02

    FAIL  ISO-01  Containers on different bridges MUST NOT reach each other by address
      expected                             observed
              web    client  stranger              web    client  stranger
      web       .      yes      drop       web       .      yes      drop
      client  yes       .       drop   !=  client  yes       .       yes
      stranger drop   drop       .         stranger drop   drop       .
      because    1 of 6 paths differs
      control    $ ping -c 1 -W 1 172.18.0.2
                 container dnc-7f3a-client: exit 0 after 2 ms
                 out | PING 172.18.0.2 (172.18.0.2): 56 data bytes
                 out | 64 bytes from 172.18.0.2: seq=0 ttl=64 time=0.431 ms
                 out | … 3 more lines
      run alone  npm test -- ISO-01

    ERROR  CON-03  A disconnected container MUST lose its interface on that network
      error      the engine did not answer: connect ECONNREFUSED /var/run/docker.sock
      evidence   POST /networks/dnc-7f3a-appnet/disconnect
                 engine API: ended after 1 ms
                 err | connect ECONNREFUSED /var/run/docker.sock
      run alone  npm test -- CON-03

    FAIL  PORT-03  A published port MUST be reachable at every address of the host

    CAUSE
      what       the rules of chain DOCKER in table nat are gone: a firewall was reloaded
                 after dockerd started
      effect     The host can't reach published ports (TCP).
      likely     a reload of the firewall
      seen       missing: iptables -t nat -A DOCKER -p tcp --dport 32768 -j DNAT
                 --to-destination 172.17.0.3:80
      to do      have dockerd make its rules, bridges and addresses anew:
                   systemctl restart docker
                 cost: It stops all 3 running containers; their restart policies start them
                 again.
                 then: npm test
      explains   2 failures: PORT-02, PORT-03

    NO CAUSE FOUND for 3 failures
      these      UDN-04, ISO-01, CON-03

    Not conformant: 4 of 7 judged requirements failed; 1 could not be measured, 1 waived, 2
    not applicable, 1 not run.
    Exit code 1: a requirement failed, or something was left behind.
    failed 4 · error 1 · passed 2 · waived 1 · not applicable 2 · not run 1
    "
  `);
});

test("the console after a conformant run has nothing but its summary", () => {
  expect(formatFailures(sample.conformantRun.requirements)).toBe("");
  expect(formatSummary(sample.conformantRun, { reportsFolder: "reports" })).toMatchInlineSnapshot(`
    "──────────────────────────────────────────────────────────────────────────────────────────
      engine     Docker 20.10.24+dfsg1, API 1.41, at unix:///var/run/docker.sock
      host       vm-1: Debian GNU/Linux 12 (bookworm), kernel 6.18.44, x86_64
      firewall   not reported by the engine
      configured bip="172.17.0.1/16" mtu=1450 userland-proxy=false
      images     busybox assembled (dnc-busybox:1.35), nginx present (nginx:alpine)
      residue    left behind: nothing
      reports    reports/index.html, summary.md, results.json and more
      duration   41 s

      note       The address pools have 2 of 31 subnets left. Remove networks that nobody
                 uses: docker network prune.

    Conformant: 2 of 3 judged requirements passed; 1 waived, 2 not applicable.
    Exit code 0: everything that applied and could run passed, nothing was found left behind.
    failed 0 · error 0 · passed 2 · waived 1 · not applicable 2 · not run 0
    "
  `);
});

test("runs without a verdict end with a sentence and exit code 2", () => {
  expect(formatSummary(sample.emptyRun)).toMatch(/^Not judged: no requirement was run\.\nExit code 2: /m);
  expect(formatSummary(sample.skippedRun)).toMatch(/^Not judged: none of 3 .*\nExit code 2: /m);
  expect(formatSummary(sample.interruptedRun)).toMatch(
    /^Not judged: the run was interrupted by SIGINT; .*\nExit code 2: /m,
  );
});

test("a run whose reports could not be written says the exit code that follows", () => {
  const text = formatSummary(sample.conformantRun, { unwritten: true });
  expect(text).toContain("Exit code 2: the reports could not be written.");
  expect(text).not.toContain("Exit code 0");
});

test("residue is named", () => {
  expect(formatSummary(sample.residueRun)).toContain(
    "left behind: 2 things: network dnc-7f3a-appnet; link br-01459dda2f0b on",
  );
});

test("two tables too wide to stand side by side stand one under the other", () => {
  const text = formatFailure(sample.leakyIsolation, { width: 60 });
  expect(text).toMatch(/^ {2}expected {3}.*web {4}client {2}stranger$/m);
  expect(text).toMatch(/^ {2}observed {3}.*web {4}client {2}stranger$/m);
});

test("of many failures one of each cause is printed in full, at most five, and every other takes a line", () => {
  const flushed = Array.from({ length: 30 }, (_, index) => ({ ...sample.dnatGone, id: `PORT-${index + 10}` }));
  const text = formatFailures([...flushed, sample.nameNotFound, sample.engineVanished]);
  expect(text.match(/run alone/g)).toHaveLength(3);
  expect(text).toContain("run alone  npm test -- UDN-04");
  expect(text).toContain("run alone  npm test -- CON-03");
  expect(text).toContain("FAIL  PORT-39  A published port MUST be reachable");
  for (const { id } of flushed) expect(text).toContain(id);
  const unexplained = Array.from({ length: 30 }, (_, index) => ({ ...sample.nameNotFound, id: `UDN-${index + 10}` }));
  expect(formatFailures(unexplained).match(/run alone/g)).toHaveLength(5);
});

test("a card has what to type whole, at any width", () => {
  const [card] = sample.brokenRun.cards;
  if (card === undefined) throw new Error("the broken run has no card");
  const command = `iptables -t nat -I PREROUTING -m addrtype --dst-type LOCAL -m comment --comment "${"x".repeat(200)}" -j DOCKER`;
  const remedies = [{ what: "put it back", commands: [command], cost: "", check: "npm test" }];
  expect(formatCard({ ...card, remedies }, "", 40).split("\n")).toContain(`               ${command}`);
  for (const line of formatCard(card, "1 of 2", 40).split("\n")) expect(line.length).toBeLessThanOrEqual(45);
});

test("fits the width, commands and single long words apart", () => {
  const text = formatSummary(sample.brokenRun, { width: 80 });
  for (const line of text.split("\n").filter((candidate) => !candidate.includes("$ "))) {
    expect(line.length).toBeLessThanOrEqual(80);
  }
});

test("hostile text reaches no terminal, long text is cut", () => {
  const text = formatSummary(sample.hostileRun);
  // biome-ignore lint/suspicious/noControlCharactersInRegex: their absence is what is tested
  expect(text).not.toMatch(/[\u0000-\u0009\u000b-\u001f\u007f-\u009f\u202e]/);
  expect(text.length).toBeLessThan(10_000);
  expect(text).toContain("… 1492 more lines");
});

test("colour only for a terminal without NO_COLOR", () => {
  expect(wantsColour({ isTTY: true }, {})).toBe(true);
  expect(wantsColour({ isTTY: true }, { NO_COLOR: "" })).toBe(true);
  expect(wantsColour({ isTTY: true }, { NO_COLOR: "1" })).toBe(false);
  expect(wantsColour({}, {})).toBe(false);
  expect(wantsColour({ isTTY: true }, { TERM: "dumb" })).toBe(false);
  expect(wantsColour({}, { FORCE_COLOR: "1", TERM: "dumb", NO_COLOR: "1" })).toBe(true);
  expect(wantsColour({ isTTY: true }, { FORCE_COLOR: "0" })).toBe(false);
  const coloured = formatFailure(sample.nameNotFound, { colour: true });
  expect(coloured.startsWith("\u001b[31mFAIL\u001b[39m  \u001b[1mUDN-04\u001b[22m  Containers")).toBe(true);
});

test("progress is one line that a terminal doesn't wrap", () => {
  const at = { done: 7, total: 389, failed: 0, running: [] };
  expect(formatProgress({ ...at, failed: 2, running: ["dns"] })).toBe("  7/389, 2 failed  dns");
  expect(formatProgress({ ...at, running: ["bridge", "dns"] })).toBe("  7/389  bridge, dns");
  expect(formatProgress({ ...at, done: 389 })).toBe("389/389");
  expect(formatProgress({ ...at, running: ["a", "b", "c", "d", "e"] })).toBe("  7/389  a, b, c and 2 more");
  expect(formatProgress({ ...at, running: [sample.HOSTILE, "user-defined bridge"] }, 40).length).toBeLessThan(40);
});

test("a log gets a line per tenth of the run", () => {
  const due = Array.from({ length: 389 }, (_, index) => progressIsDue(index, index + 1, 389));
  expect(due.filter(Boolean)).toHaveLength(10);
  expect(due.at(-1)).toBe(true);
  expect(progressIsDue(0, 0, 0)).toBe(false);
});
