import { expect, test } from "vitest";
import { type Evidence, ProbeFailed } from "../model/evidence.ts";
import { readParentInterface } from "./parent-interface.ts";

function answer(stdout: string): Evidence {
  return { vantage: "host", command: "…", exitCode: 0, timedOut: false, stdout, stderr: "", ms: 2 };
}

test("a plain interface of a machine without DMI", () => {
  expect(readParentInterface("eth0", answer("1|no|||\n"))).toEqual({
    name: "eth0",
    exists: true,
    hardwareType: 1,
    wireless: false,
    master: null,
    kind: null,
    machine: "",
  });
});

test("a wireless interface is one by either sign", () => {
  expect(readParentInterface("wlan0", answer("1|yes||wlan|LENOVO 20XW \n"))).toMatchObject({
    wireless: true,
    machine: "LENOVO 20XW",
  });
  expect(readParentInterface("wlan0", answer("1|no||wlan|\n")).wireless).toBe(true);
});

test("a bridge port of a machine whose names hold the separator", () => {
  expect(readParentInterface("enp1s0", answer("1|no|br0|| Vendor  A|B\n"))).toMatchObject({
    master: "br0",
    machine: "Vendor A|B",
  });
});

test("no such interface", () => {
  expect(readParentInterface("eth9", answer("missing\n"))).toMatchObject({ exists: false, hardwareType: null });
});

test.each(["", "sh: can't open type\n", "1|no\n"])("unreadable: %j", (text) => {
  expect(() => readParentInterface("eth0", answer(text))).toThrow(ProbeFailed);
});
