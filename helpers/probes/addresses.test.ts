import { expect, test } from "vitest";
import { type Evidence, ProbeFailed } from "../model/evidence.ts";
import { carriedAddresses } from "./addresses.ts";
import { captured } from "./parse/captured/read-captured.ts";

function answer(stdout: string, exitCode = 0): Evidence {
  return { vantage: "container x", command: "ip address", exitCode, timedOut: false, stdout, stderr: "", ms: 1 };
}

test("every address comes with the interface that carries it", () => {
  const found = carriedAddresses(answer(captured("busybox-1.35/ip-addr-container.txt")));
  expect(found.filter(({ interface: name }) => name === "lo")).toMatchObject([
    { family: 4, address: "127.0.0.1", prefix: 8, scope: "host" },
    { family: 6, address: "::1", prefix: 128, scope: "host" },
  ]);
  expect(found.filter(({ interface: name, family }) => name === "eth0" && family === 4)).toHaveLength(1);
});

test("a namespace without addresses has none", () => {
  expect(carriedAddresses(answer(captured("busybox-1.35/ip-addr-new-netns.txt")))).toEqual([]);
});

test("a command that failed is no empty answer", () => {
  expect(() => carriedAddresses(answer("", 127))).toThrow(ProbeFailed);
});
