import { describe, expect, test } from "vitest";
import { capturedEvidence } from "./captured/read-captured.ts";
import { type LookupReport, parseNslookup } from "./parse-nslookup.ts";

describe.each(["1.35", "1.37", "1.38"])("BusyBox %s", (version) => {
  const evidence = capturedEvidence(`busybox-${version}/evidence-lookup.json`);
  const report = (situation: string): LookupReport =>
    parseNslookup(evidence.get(situation)?.stdout ?? expect.fail(situation));
  const embedded = { address: "127.0.0.11", port: 53 };
  const nothing = { server: embedded, answers: [], aliases: [], pointers: [], failure: null };

  test("a container's addresses, in any order", () => {
    const { answers, ...rest } = report("answered");
    expect(rest).toEqual({ server: embedded, aliases: [], pointers: [], failure: null });
    expect(answers.toSorted((a, b) => a.address.length - b.address.length)).toEqual([
      { name: "web", address: "fd77::2" },
      { name: "web", address: "10.77.0.3" },
    ]);
  });

  test("several addresses, an alias, and the address's name", () => {
    expect(report("up-two").answers.map(({ address }) => address)).toEqual(["198.51.100.1", "198.51.100.2"]);
    expect(report("up-alias")).toMatchObject({
      aliases: [{ name: "alias.test", canonical: "two.test" }],
      answers: [{ name: "two.test" }],
    });
    expect(report("ptr")).toEqual({
      ...nothing,
      pointers: [{ name: "3.0.77.10.in-addr.arpa", target: "cap-server.cap-net" }],
    });
    expect(report("ptr-six").pointers[0]?.target).toBe("cap-server.cap-net");
  });

  test("failures", () => {
    const failures = Object.fromEntries(
      ["nxdomain", "up-servfail", "up-refused", "up-formerr", "up-empty", "type-mx", "ptr-unknown"].map((situation) => [
        situation,
        report(situation).failure,
      ]),
    );
    expect(failures).toEqual({
      nxdomain: "NXDOMAIN",
      "up-servfail": "SERVFAIL",
      "up-refused": "REFUSED",
      "up-formerr": "FORMERR",
      "up-empty": "no answer",
      "type-mx": "no answer",
      "ptr-unknown": "NXDOMAIN",
    });
    expect(report("up-silent")).toEqual({ ...nothing, server: null, failure: "timed out" });
  });

  test("what only standard error tells", () => {
    expect(() => report("no-dns-server")).toThrow("no server answered");
  });
});

test("addresses beside an error are an answer", () => {
  const text =
    "Server:\t\t[fd77::1]:53\nAddress:\t[fd77::1]:53\n\nName:\tweb\nAddress: 10.0.0.1\n\n** server can't find web: NXDOMAIN\n\n";
  expect(parseNslookup(text)).toMatchObject({
    server: { address: "fd77::1", port: 53 },
    answers: [{ name: "web", address: "10.0.0.1" }],
    failure: null,
  });
});
