import { expect, test } from "vitest";
import { causeInLab } from "./cause-in-lab.ts";

test("a requirement about a key blames the key, by what it says of it", () => {
  expect(causeInLab(["slow", "mtu:effect", "mtu:scope"])).toMatch(/^dockerd does not follow `mtu` in daemon\.json: /);
  expect(causeInLab(["bip:default", "default-address-pools:default"])).toMatch(
    /^something sets `bip`, `default-address-pools` although daemon\.json does not/,
  );
  expect(causeInLab(["icc:refusal"])).toMatch(/^dockerd starts with `icc` in daemon\.json that its version refuses/);
  expect(causeInLab(["file:refusal"])).toMatch(/^dockerd starts with a daemon\.json as it is here/);
});

test("a requirement about no key has no such cause", () => {
  expect(causeInLab([])).toBeNull();
  expect(causeInLab(["quiet", "two-hosts"])).toBeNull();
});
