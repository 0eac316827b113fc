import { expect, test } from "vitest";
import type { Evidence, Vantage } from "../model/evidence.ts";
import { lookupAs, reverseLookupAs } from "./lookup-as.ts";
import { capturedEvidence } from "./parse/captured/read-captured.ts";

const VERSIONS = ["busybox-1.35", "busybox-1.37", "busybox-1.38"];

/** A place where every question gets the answer that was captured in one situation; keeps what was asked. */
function place(version: string, situation: string): Vantage & { readonly asked: string[] } {
  const evidence: Evidence | undefined = capturedEvidence(`${version}/evidence-lookup.json`).get(situation);
  if (evidence === undefined) throw new Error(`${situation} was not captured`);
  const asked: string[] = [];
  return {
    label: evidence.vantage,
    asked,
    async ask(command) {
      asked.push(command);
      return evidence;
    },
  };
}

test.each(VERSIONS)("%s: only the address asked for counts, IPv6 aside", async (version) => {
  const at = place(version, "answered");
  expect((await lookupAs(at, "web", "10.77.0.3").ask(1)).outcome).toBe("replied");
  expect(await lookupAs(at, "web", "10.77.0.4").ask(1)).toMatchObject({
    outcome: "name not found",
    detail: "web is 10.77.0.3, not 10.77.0.4",
  });
});

test.each(VERSIONS)("%s: every address must be one of those asked for", async (version) => {
  const at = place(version, "up-two");
  expect((await lookupAs(at, "two.test", "198.51.100.1").ask(1)).outcome).toBe("name not found");
  expect((await lookupAs(at, "two.test", ["198.51.100.2", "198.51.100.1", "10.0.0.1"]).ask(1)).outcome).toBe("replied");
});

test.each(VERSIONS)("%s: failures are told as they are", async (version) => {
  expect((await lookupAs(place(version, "nxdomain"), "nosuch", "10.77.0.3").ask(1)).outcome).toBe("name not found");
  expect((await lookupAs(place(version, "up-silent"), "silent.test", "10.77.0.3").ask(1)).outcome).toBe("timed out");
});

test("a single label is asked for without search domains unless they are wanted", async () => {
  const at = place("busybox-1.35", "answered");
  await lookupAs(at, "web", "10.77.0.3").ask(1);
  await lookupAs(at, "web", "10.77.0.3", { search: true }).ask(1);
  await lookupAs(at, "web.app", "10.77.0.3", { server: "10.77.0.53" }).ask(1);
  expect(at.asked).toEqual(["nslookup web.", "nslookup web", "nslookup web.app 10.77.0.53"]);
});

test.each(VERSIONS)("%s: a reverse lookup counts with the one name only", async (version) => {
  const at = place(version, "ptr");
  expect((await reverseLookupAs(at, "10.77.0.3", "cap-server.cap-net").ask(1)).outcome).toBe("replied");
  expect(await reverseLookupAs(at, "10.77.0.3", "cap-server").ask(1)).toMatchObject({
    outcome: "name not found",
    detail: "10.77.0.3 is called cap-server.cap-net, not cap-server",
  });
});
