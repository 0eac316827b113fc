import { expect, test } from "vitest";
import { fullSubnet } from "../expectations/refusals.ts";
import { ProbeFailed } from "../model/evidence.ts";
import { wordsOf } from "./full-pools.ts";
import { Violation } from "./verdicts.ts";

// Docker 28.5, default bridge 10.40.0.0/29.
const SAID =
  "docker: Error response from daemon: failed to set up container networking: no available IPv4 addresses on this network's address pools: bridge (b6fc76c4752ad4a3631f2913417621f4f68e7b86)";

test("what the docker command answered is read wherever a check has put it", () => {
  const observed = new Violation("docker run -p 80", { expected: "a running container", observed: SAID });
  expect(fullSubnet(wordsOf(observed))).toBe("bridge");
  const evidence = { vantage: "", command: "", exitCode: 125, timedOut: false, stdout: "", stderr: SAID, ms: 1 };
  expect(fullSubnet(wordsOf(new ProbeFailed("docker run", evidence)))).toBe("bridge");
  expect(wordsOf(new Error("something else"))).toBe("");
});
