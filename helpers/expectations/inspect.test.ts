import { expect, test } from "vitest";
import { factsOf } from "./captured/facts.ts";
import { fieldsWithShortId, isBlank, networkSettingsFields } from "./inspect.ts";
import { defaultIpcMode, sharesHostUserNamespace } from "./namespaces.ts";

test("null, absent and empty say the same; false and text do not", () => {
  for (const blank of [null, undefined, "", 0, [], {}]) expect(isBlank(blank)).toBe(true);
  for (const value of [false, true, "0", 1, [null], { a: null }]) expect(isBlank(value)).toBe(false);
});

test("the fields of NetworkSettings are those of real engines", () => {
  // As 20.10.24, 26.1.5 and 28.5.2 gave them.
  const keys =
    "Bridge EndpointID Gateway GlobalIPv6Address GlobalIPv6PrefixLen HairpinMode IPAddress IPPrefixLen IPv6Gateway LinkLocalIPv6Address LinkLocalIPv6PrefixLen MacAddress Networks Ports SandboxID SandboxKey SecondaryIPAddresses SecondaryIPv6Addresses".split(
      " ",
    );
  for (const version of ["20.10.24", "26.1.5", "28.5.2"]) {
    expect([...networkSettingsFields(factsOf(version))].sort()).toEqual(keys);
  }
  expect(networkSettingsFields(factsOf("29.0.0"))).toEqual(["SandboxID", "SandboxKey", "Ports", "Networks"]);
});

test("the short id moves from Aliases to DNSNames", () => {
  const api = (apiVersion: string) => ({ engine: { version: "25.0.0", apiVersion } });
  expect(["1.41", "1.44", "1.45"].map((version) => fieldsWithShortId(api(version)))).toEqual([
    ["Aliases"],
    ["Aliases", "DNSNames"],
    ["DNSNames"],
  ]);
});

test("IPC is private and the user namespace the host's unless configured otherwise", () => {
  expect(defaultIpcMode(factsOf("20.10.24"))).toBe("private");
  expect(defaultIpcMode(factsOf("28.5.2", { "default-ipc-mode": "shareable" }))).toBe("shareable");
  expect(sharesHostUserNamespace(factsOf("28.5.2"))).toBe(true);
  const facts = factsOf("28.5.2");
  expect(sharesHostUserNamespace({ ...facts, engine: { ...facts.engine, usernsRemap: true } })).toBe(false);
});
