import { expect, test } from "vitest";
import { type Evidence, ProbeFailed } from "../model/evidence.ts";
import { firstHop } from "./name-of-address.ts";

function answer(stdout: string): Evidence {
  const command = "traceroute -q 1 -m 1 -w 2 10.231.7.33";
  return { vantage: "container x", command, exitCode: 0, timedOut: false, stdout, stderr: "", ms: 5 };
}

// Captured from BusyBox 1.35 in a container with and without the address in its /etc/hosts.
const HEAD = "traceroute to 10.231.7.33 (10.231.7.33), 1 hops max, 46 byte packets\n";

test("the name stands before the address in parentheses", () => {
  expect(firstHop(answer(`${HEAD} 1  c54686ede06e (10.231.7.33)  0.009 ms\n`), "10.231.7.33")).toBe("c54686ede06e");
});

test("an address without a name is its own name", () => {
  expect(firstHop(answer(`${HEAD} 1  10.231.7.33 (10.231.7.33)  0.010 ms\n`), "10.231.7.33")).toBe("10.231.7.33");
});

test.each([HEAD, `${HEAD} 1  *\n`, `${HEAD} 1  gateway (10.231.7.1)  0.1 ms\n`])(
  "no answer of that address: %j",
  (text) => {
    expect(() => firstHop(answer(text), "10.231.7.33")).toThrow(ProbeFailed);
  },
);
