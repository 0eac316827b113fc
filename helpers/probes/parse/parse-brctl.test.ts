import { expect, test } from "vitest";
import { captured } from "./captured/read-captured.ts";
import { parseBrctl } from "./parse-brctl.ts";

test("bridges with several ports, one and none", () => {
  expect(parseBrctl(captured("bridge-utils-1.7/brctl-show-host.txt"))).toEqual([
    { name: "br-cap", id: "8000.3a84b5c7ab08", stp: false, ports: ["pair1", "vethcap0"] },
    { name: "br-empty", id: "8000.000000000000", stp: false, ports: [] },
    { name: "docker9", id: "8000.000000000000", stp: false, ports: [] },
  ]);
});

test("a port before any bridge", () => {
  expect(() => parseBrctl("bridge name\tbridge id\t\tSTP enabled\tinterfaces\n\t\t\tveth0\n")).toThrow(
    "neither a bridge",
  );
});
