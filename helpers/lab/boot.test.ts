import { expect, test } from "vitest";
import { capabilitiesOf } from "./boot.ts";

test("a mask names its capabilities by their numbers in linux/capability.h", () => {
  expect(capabilitiesOf("0000000000000001")).toEqual(["CHOWN"]);
  expect(capabilitiesOf("00000000a80425fb")).toEqual([
    "CHOWN",
    "DAC_OVERRIDE",
    "FOWNER",
    "FSETID",
    "KILL",
    "SETGID",
    "SETUID",
    "SETPCAP",
    "NET_BIND_SERVICE",
    "NET_RAW",
    "SYS_CHROOT",
    "MKNOD",
    "AUDIT_WRITE",
    "SETFCAP",
  ]);
});

test("a machine without SYS_RESOURCE is not asked for it; the three capabilities that old engines don't know neither", () => {
  const all = capabilitiesOf("000001ffffffffff");
  expect(all).toContain("SYS_RESOURCE");
  expect(all).not.toContain("BPF");
  expect(capabilitiesOf("000001fffeffffff")).toEqual(all.filter((name) => name !== "SYS_RESOURCE"));
});
