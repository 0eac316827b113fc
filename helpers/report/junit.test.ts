import { expect, test } from "vitest";
import type { Results } from "../model/results.ts";
import { renderJunit } from "./junit.ts";
import * as sample from "./sample-results.ts";
import { elementsOf, readXml } from "./testing/read-xml.ts";

const read = (results: Results) => readXml(renderJunit(results));
const messages = (results: Results, kind: string) =>
  elementsOf(read(results), kind).map((element) => element.attributes.message);

test("one case per requirement, with counts that dashboards add up", () => {
  const root = read(sample.brokenRun);
  expect(root.attributes).toMatchObject({ tests: "11", failures: "4", errors: "1", skipped: "4", time: "41.230" });
  expect(elementsOf(root, "testcase")).toHaveLength(sample.brokenRun.requirements.length);
  for (const suite of elementsOf(root, "testsuite")) {
    const inside = (kind: string) => String(elementsOf(suite, kind).length);
    expect(suite.attributes).toMatchObject({
      tests: inside("testcase"),
      failures: inside("failure"),
      errors: inside("error"),
      skipped: inside("skipped"),
    });
  }
});

test("a failure says what differs in its message and all in its text", () => {
  const testcase = elementsOf(read(sample.brokenRun), "testcase").find(({ attributes }) =>
    attributes.name?.startsWith("UDN-04 "),
  );
  expect(testcase?.attributes).toMatchObject({ classname: "user-defined bridge", time: "0.113" });
  const properties = elementsOf(testcase ?? read(sample.emptyRun), "property").map(({ attributes }) => attributes);
  expect(properties).toEqual([
    { name: "id", value: "UDN-04" },
    {
      name: "sources",
      value:
        "docs/dns#limits “resolves the names of other containers” https://example.org/dns.md#limits; engine moby#20007 https://example.org/20007; D1 User-defined bridges",
    },
  ]);
  const failure = testcase?.children.find(({ name }) => name === "failure");
  expect(failure?.attributes.message).toBe("expected web resolves to 172.18.0.2, observed name not found");
  expect(failure?.text).toContain("** server can't find web: NXDOMAIN");
  expect(failure?.text).toContain("npm test -- UDN-04");
});

test("of two tables the message holds the lines that differ", () => {
  expect(messages(sample.brokenRun, "failure")).toContain("expected client yes . drop, observed client yes . yes");
});

test("what was not judged keeps its reason and says which kind it is", () => {
  expect(messages(sample.partialRun, "skipped")).toContain(
    "not run: iptables-save is not installed where dockerd runs",
  );
  expect(messages(sample.conformantRun, "skipped")).toEqual([
    "not applicable: Engine 20.10.24 has no `firewall-backend` (28.1 and later)",
    "not applicable: Engine 20.10.24 has no `firewall-backend` (28.1 and later)",
    "waived: known and accepted until 2027-01: the VPN owns 172.17.0.0/16",
  ]);
});

test("notes are properties, and no case", () => {
  const root = read(sample.conformantRun);
  const [suite] = elementsOf(root, "testsuite");
  const properties = suite === undefined ? [] : elementsOf(suite, "property").map(({ attributes }) => attributes);
  expect(properties).toContainEqual({
    name: "note few subnets in the pools",
    value: "The address pools have 2 of 31 subnets left. Remove networks that nobody uses: docker network prune.",
  });
});

test.each([sample.conformantRun, sample.partialRun])("a run that is $verdict has no cases of its own", (results) => {
  const root = read(results);
  expect(root.attributes).toMatchObject({ failures: "0", errors: "0" });
  expect(elementsOf(root, "testsuite").map(({ attributes }) => attributes.name)).not.toContain("run");
});

test.each([
  [
    "residue",
    sample.residueRun,
    "failure",
    "left behind: 2 things: network dnc-7f3a-appnet; link br-01459dda2f0b on the host",
  ],
  ["an interruption", sample.interruptedRun, "error", "interrupted by SIGINT"],
  ["a run with everything skipped", sample.skippedRun, "error", sample.skippedRun.summary],
  ["an empty run", sample.emptyRun, "error", "Not judged: no requirement was run."],
] as const)("%s can't be taken for green", (_name, results, kind, message) => {
  expect(messages(results, kind)).toContain(message);
});

test("hostile text adds no element and no message is long", () => {
  const root = read(sample.hostileRun);
  expect(elementsOf(root, "pass")).toEqual([]);
  expect(elementsOf(root, "testcase")).toHaveLength(3);
  for (const kind of ["failure", "error", "skipped"]) {
    for (const message of messages(sample.hostileRun, kind)) {
      expect(message).not.toContain("\n");
      expect(Array.from(message ?? "").length).toBeLessThanOrEqual(500);
    }
  }
});
