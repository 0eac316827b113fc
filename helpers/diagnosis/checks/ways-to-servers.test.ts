import { expect, test } from "vitest";
import { recordedRun, runOf } from "./testing/recorded-run.ts";
import { checkWaysToServers } from "./ways-to-servers.ts";

/** A healthy run whose containers the engine has ask a server on the host, behind one more rule. */
function asking(rule: string) {
  const text = JSON.stringify(recordedRun("28.5")).replaceAll(
    "ExtServers: [host(127.0.0.11)]",
    "ExtServers: [172.17.0.1]",
  );
  const run = JSON.parse(text) as ReturnType<typeof recordedRun>;
  const lines = run.filters.iptables ?? [];
  const first = lines.findIndex(
    (line, at) => line.startsWith("-A ") && lines.lastIndexOf("*filter", at) > lines.lastIndexOf("COMMIT", at),
  );
  return runOf({ ...run, filters: { ...run.filters, iptables: lines.toSpliced(first, 0, rule) } });
}

test("who can't ask a server on the host is told the rule, and how its firewall lets containers ask", () => {
  const found = checkWaysToServers(asking("-A INPUT -p udp -m udp --dport 53 -j DROP"));
  expect(found.length).toBeGreaterThan(0);
  expect(found[0]?.reason).toMatchObject({
    what: expect.stringMatching(/from asking the name server 172\.17\.0\.1: `iptables .*--dport 53 -j DROP`/),
    remedies: [
      { commands: ["iptables -I INPUT -i br-+ -d 172.17.0.1 -p udp --dport 53 -j ACCEPT", expect.any(String)] },
    ],
  });
});

test("a rule about something else keeps nobody", () => {
  expect(checkWaysToServers(asking("-A INPUT -p udp -m udp --dport 123 -j DROP"))).toEqual([]);
});
