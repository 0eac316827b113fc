import { expect, test } from "vitest";
import { UserError } from "../engine/errors.ts";
import type { Card, Remedy } from "../model/cause.ts";
import type { RequirementResult, Results } from "../model/results.ts";
import { RESTART } from "./fault.ts";
import { isWrong, remedy } from "./remedied.ts";

function remedyOf(...commands: string[]): Remedy {
  return { what: "mend it", commands, cost: "", check: "true" };
}

function results(red: readonly string[], ...remedies: readonly Remedy[]): Results {
  const requirements = ["NAT-01", "NAT-02"].map((id) => ({
    id,
    verdict: red.includes(id) ? "fail" : "pass",
    reason: "",
  }));
  return {
    runId: "r1234567",
    requirements: requirements as unknown as readonly RequirementResult[],
    cards: [{ remedies, explains: red }] as unknown as readonly Card[],
  } as Results;
}

/** A host on which some lines fail; remembers what was typed. */
function host(failing: readonly string[] = []) {
  const done: string[] = [];
  return {
    done,
    must: async (line: string) => {
      done.push(line);
      if (failing.includes(line)) throw new UserError({ tried: "x", seen: "no such rule", todo: "y" });
      return "";
    },
    stopEngine: async () => void done.push("stop"),
    startEngine: async () => void done.push("start"),
  };
}

test("the narrowest remedy of each card is typed to the letter; green after it, it is right", async () => {
  const on = host();
  const seen = await remedy(on, results(["NAT-01"], remedyOf("iptables -A x"), remedyOf(RESTART)), async () =>
    results([]),
  );
  expect(on.done).toEqual(["iptables -A x"]);
  expect(seen).toEqual({ trouble: "", typed: ["iptables -A x"], after: 1, red: [] });
});

test("where it does not help, the general one; a restart is the lab's own", async () => {
  const on = host();
  const answers = [results(["NAT-01"]), results([])];
  const struck = results(["NAT-01"], remedyOf("iptables -A x"), remedyOf(RESTART));
  const seen = await remedy(on, struck, async () => answers.shift() ?? null);
  expect(on.done).toEqual(["iptables -A x", "stop", "start"]);
  expect(seen.after).toBe(2);
});

test("what never helps is a wrong remedy, and says what was still red and what could not be typed", async () => {
  const still = results(["NAT-02"]);
  const seen = await remedy(host(["bad"]), results(["NAT-01"], remedyOf("bad")), async () => still);
  expect(seen).toMatchObject({ after: null, trouble: "`bad`: no such rule", red: [{ id: "NAT-02" }] });
  expect(isWrong(seen)).toBe(true);
});

test.each([
  [results(["NAT-01"]), "no card tells a remedy"],
  [results(["NAT-01"], remedyOf("docker rm dnc-r1234567-web")), "a remedy names a container of the run, which is gone"],
])("what can't be tried is no wrong remedy (%#)", async (struck, trouble) => {
  const seen = await remedy(host(), struck, async () => null);
  expect(seen).toMatchObject({ trouble, typed: [], after: null });
  expect(isWrong(seen)).toBe(false);
});
