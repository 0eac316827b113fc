import { expect, test } from "vitest";
import { audit } from "../audits/judge.ts";
import { filtering, RULES, shop } from "../audits/testing/shop.ts";
import { workloadsReport } from "./workloads.ts";
import { workloadsMarkdown } from "./workloads-markdown.ts";
import { workloadsText } from "./workloads-text.ts";

/** What is reported of a host that was broken. */
function reported(breaks: (snapshot: ReturnType<typeof shop>) => void) {
  const snapshot = shop();
  breaks(snapshot);
  return workloadsReport({ judgement: { ...audit(snapshot), changed: [], unseen: [] }, snapshot }, new Date(), null);
}

const plain = { width: 100, colour: false };

test("a healthy host is a tree and one sentence", () => {
  const report = reported(() => undefined);
  expect(report).toMatchObject({ verdict: "conformant", exitCode: 0, cards: [] });
  expect(workloadsText(report, plain)).toContain("✓ web  172.17.0.2  ✓ 0.0.0.0:18080 → 80/tcp");
});

test("what is broken stands out in the tree, and below with its remedy, cost and check", () => {
  const report = reported(({ host }) => {
    for (const link of host.links) if (link.name === "veth200") link.master = null;
  });
  const text = workloadsText(report, plain);
  expect(report.exitCode).toBe(1);
  // Its port leads to it.
  expect(text).toContain("✗ api  10.44.0.2  ✗ 192.0.2.10:19091 → 80/tcp");
  expect(text).toContain("✓ web  172.17.0.2");
  expect(text).toContain("ip link set veth200 master br-fc57f91b6867");
  expect(text).toMatch(/costs +nothing/);
  expect(workloadsMarkdown(report)).toContain("```sh\nip link set veth200 master br-fc57f91b6867\n```");
});

test("who reaches a port, and that the host's own firewall is not asked", () => {
  const report = reported(({ host }) => {
    const text = RULES.replace(":INPUT ACCEPT [0:0]", ":INPUT DROP [0:0]").replace(
      "-A FORWARD",
      "-A INPUT -i lo -j ACCEPT\n-A INPUT -m conntrack --ctstate RELATED,ESTABLISHED -j ACCEPT\n-A FORWARD",
    );
    host.filters = filtering(text) as typeof host.filters;
  });
  expect(report.cards).toEqual([]);
  expect(report.exposure).toMatchObject([
    {
      container: "web",
      from: { otherMachines: { standing: "connects", by: "DNAT" } },
      despite: { of: "the host's own firewall", rule: "iptables -t filter -P INPUT DROP" },
    },
    { container: "api", surprise: "past the firewall" },
  ]);
  expect(report.notes.map(({ key }) => key)).toEqual(["open-despite-firewall"]);
});

test("a host that could not be looked at is not judged, whatever else is well", () => {
  const snapshot = { ...shop(), host: null };
  const report = workloadsReport(
    { judgement: { ...audit(snapshot), changed: [], unseen: [] }, snapshot },
    new Date(),
    "no view",
  );
  expect(report).toMatchObject({ verdict: "not judged", exitCode: 2, summary: "Not judged: no view." });
});

test("what deviates and is changed all the time is not judged, and the whole is not called clean", () => {
  const snapshot = shop();
  for (const link of snapshot.host.links) if (link.name === "veth200") link.master = null;
  const { deviations, notes } = audit(snapshot);
  const report = workloadsReport(
    { judgement: { deviations: [], notes, changed: deviations, unseen: [] }, snapshot },
    new Date(),
    null,
  );
  expect(report).toMatchObject({
    verdict: "partial",
    exitCode: 2,
    cards: [],
    changed: ["container api on network shop"],
  });
  expect(report.summary).toMatch(/^Partial: one thing deviates .* else the networking of 2 running containers is/);
  const text = workloadsText(report, plain);
  expect(text).toContain("~ api  10.44.0.2");
  expect(text).toContain("✓ web");
});
