import { describe, expect, it } from "vitest";
import { UserError } from "../engine/errors.ts";
import { requestOf } from "./trace.ts";

const NONE = { udp: false, size: undefined, count: undefined };

describe("the words of npm run trace", () => {
  it.each([
    [["web", "db"], NONE, { from: "web", to: "db", protocol: "icmp" }],
    [["web", "db:5432"], NONE, { from: "web", to: "db", protocol: "tcp", port: 5432 }],
    [["host", "[fd00::1]:53"], { ...NONE, udp: true }, { from: "host", to: "fd00::1", protocol: "udp", port: 53 }],
    [["web", "fd00::1"], NONE, { from: "web", to: "fd00::1", protocol: "icmp" }],
    [
      ["web", "[fd00::1]"],
      { ...NONE, size: "1400", count: "20" },
      { from: "web", to: "fd00::1", protocol: "icmp", size: 1400, count: 20 },
    ],
  ])("%j", (words, values, request) => {
    expect(requestOf(words, values)).toEqual(request);
  });

  it.each([
    [[], NONE],
    [["web"], NONE],
    [["web", "db", "more"], NONE],
    [["web", "db:0"], NONE],
    [["web", "db:65536"], NONE],
    [["web", "db"], { ...NONE, udp: true }],
    [["web", "db"], { ...NONE, size: "much" }],
    [["web", "db"], { ...NONE, count: "0" }],
    [["web", "db:80"], { ...NONE, size: "5" }],
    [["web", "db:80"], { ...NONE, udp: true, count: "5" }],
  ])("%j is wrong usage", (words, values) => {
    let thrown: unknown;
    try {
      requestOf(words, values);
    } catch (error) {
      thrown = error;
    }
    expect(thrown).toBeInstanceOf(UserError);
    expect(thrown).toHaveProperty("exitCode", 64);
  });
});
