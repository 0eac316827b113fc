import { expect, test } from "vitest";
import type { Cause } from "../model/cause.ts";
import type { Way } from "../model/way.ts";
import { cardsOf, type Explained } from "./cards.ts";
import { effectOf } from "./effect.ts";
import { hostEndKey, MISSING_RULES, missingRuleKey } from "./keys.ts";
import { RESTART_ENGINE, remedyOf } from "./mend.ts";

function cause(key: string, parts: Partial<Cause> = {}): Cause {
  return {
    key,
    what: `${key} is broken.`,
    act: null,
    certainty: "seen",
    subjects: [],
    evidence: [],
    remedies: [],
    ...parts,
  };
}

function failed(id: string, ...causes: Cause[]): Explained {
  return { id, causes, ways: [] };
}

const told = (failures: readonly Explained[]) =>
  cardsOf(failures).map(({ key, explains }) => [key, explains.join(" ")]);

test("a failure that two causes fit belongs to the one that explains most", () => {
  expect(told([failed("A", cause("x"), cause("y")), failed("B", cause("y")), failed("C", cause("y"))])).toEqual([
    ["y", "A B C"],
  ]);
});

test("between equals the best fitting one is told", () => {
  expect(told([failed("A", cause("x"), cause("y"))])).toEqual([["x", "A"]]);
});

test("two things of the operator's that are broken are two cards, although one requirement failed", () => {
  const of = (key: string) => ({ ...cause(key), effect: `${key} is not reached.`, explains: [] });
  expect(told([failed("LIVE-03", of("port of web"), of("port of db")), failed("LIVE-07", of("port of db"))])).toEqual([
    ["port of db", "LIVE-03 LIVE-07"],
    ["port of web", "LIVE-03"],
  ]);
});

test("of two that explain as much, what concerns more comes first", () => {
  const networks = ["shop", "blog"].map((name) => ({ kind: "network", name }) as const);
  const narrow = cause("x", { subjects: networks.slice(0, 1) });
  expect(told([failed("A", narrow), failed("B", cause("y", { subjects: networks }))])).toEqual([
    ["y", "B"],
    ["x", "A"],
  ]);
});

test("guesses come last, and explain only what nothing else does", () => {
  const guess = cause("g", { certainty: "guessed" });
  expect(told([failed("A", guess), failed("B", guess), failed("C", guess, cause("x")), failed("D")])).toEqual([
    ["x", "C"],
    ["g", "A B"],
  ]);
});

test("what one failure shows for certain is no guess because another one only suggests it", () => {
  const [card, ...others] = cardsOf([failed("A", cause("x", { certainty: "guessed" })), failed("B", cause("x"))]);
  expect(others).toEqual([]);
  expect(card).toMatchObject({ certainty: "seen", explains: ["A", "B"] });
});

test("one cause in several words is one card, with the further words as what was seen", () => {
  const [card, ...others] = cardsOf([
    failed("A", cause("x", { what: "Port 80 has no rule (1 packet)." })),
    failed("B", cause("x", { what: "Port 81 has no rule (2 packets).", evidence: ["-A DOCKER"] })),
  ]);
  expect(others).toEqual([]);
  expect(card).toMatchObject({
    what: "Port 80 has no rule (1 packet).",
    evidence: ["also: Port 81 has no rule (2 packets).", "-A DOCKER"],
    explains: ["A", "B"],
  });
});

test("what the operator's containers have of it and what the run met is one card, the operator's first", () => {
  const restart = { what: "restart", commands: ["systemctl restart docker"], cost: "It stops shop-web.", check: "x" };
  const own = cause("x", { what: "The jump is missing.", remedies: [restart] });
  const way: Way = { direction: "blocked", from: "containers", to: "each other", by: "TCP" };
  const living = {
    ...cause("x", { what: "The engine's rules are gone.", remedies: [restart] }),
    effect: "Port 8080/tcp of container shop-web is not reached.",
    explains: [],
  };
  const cards = cardsOf([
    { id: "A", causes: [own], ways: [way] },
    { id: "B", causes: [own], ways: [way] },
    failed("LIVE-11", living),
  ]);
  expect(cards).toHaveLength(1);
  expect(cards[0]).toMatchObject({
    what: "The engine's rules are gone.",
    evidence: ["also: The jump is missing."],
    effect: "Port 8080/tcp of container shop-web is not reached. Of this run: Containers can't reach each other (TCP).",
    remedies: [restart],
    explains: ["A", "B", "LIVE-11"],
  });
});

test("the effect names who can't reach what, each once", () => {
  const way = (parts: Partial<Way>): Way => ({
    direction: "blocked",
    from: "containers",
    to: "each other",
    by: "ICMP",
    ...parts,
  });
  expect(effectOf([way({}), way({}), way({ by: "TCP" }), way({ to: "names", by: "DNS" })])).toBe(
    "Containers can't reach each other (ICMP, TCP); containers can't resolve names.",
  );
  expect(effectOf([way({ direction: "leaked", from: "other machines", to: "containers" })])).toBe(
    "Other machines reach containers (ICMP), which must be closed.",
  );
  expect(effectOf([way({ from: "the engine", to: "networks", by: "API" }), way({})])).toBe(
    "The engine makes no networks; containers can't reach each other (ICMP).",
  );
  const differs = { direction: "differs", by: "read" } as const;
  expect(effectOf([way({ ...differs, to: "routes" }), way({ ...differs, from: "the host", to: "firewall" })])).toBe(
    "What containers have is not as it has to be (routes); what the host has is not as it has to be (firewall).",
  );
  expect(effectOf([])).toBe("");
});

test("what a restart costs is told for this host", () => {
  const costOf = (liveRestore: boolean, ...running: { name: string; comesBack: boolean }[]) =>
    remedyOf({ how: "restart the engine" }, { liveRestore, running }).cost;
  const shop = { name: "shop", comesBack: true };
  const job = { name: "job", comesBack: false };
  expect(costOf(false)).toBe("");
  expect(costOf(true, shop)).toMatch(/^No container stops: live-restore is on\./);
  expect(costOf(false, shop)).toMatch(
    /^It stops the one running container; its restart policy starts it again\. With "live-restore"/,
  );
  expect(costOf(false, shop, job)).toContain(
    "It stops both running containers; 1 of them has no restart policy and stays stopped: job.",
  );
  expect(remedyOf({ how: "restart the engine" }, null).cost).toContain("unless live-restore");
});

test("a rule that is missing beside all others is no cause of its own, nor is one of many", () => {
  const part = (of: string) => cause(missingRuleKey("masquerade", of));
  expect(told([failed("A", part("shop")), failed("B", cause(MISSING_RULES))])).toEqual([[MISSING_RULES, "A B"]]);
  expect(told([failed("A", part("shop")), failed("B", part("web"))])).toHaveLength(2);
  expect(told([failed("A", part("shop")), failed("B", part("web")), failed("C", part("db"))])).toEqual([
    [MISSING_RULES, "A B C"],
  ]);
});

test("what befell the ends of many containers is one act, what befell one or two is told of each", () => {
  const end = (of: string) => cause(hostEndKey("off-its-bridge", of, "shop"));
  expect(told([failed("A", end("web")), failed("B", end("api"))])).toHaveLength(2);
  expect(told([failed("A", end("web")), failed("B", end("api")), failed("C", end("db"))])).toEqual([
    ["host's end off-its-bridge", "A B C"],
  ]);
  // Of the operator's own containers several have it.
  expect(told([failed("A", end("web")), failed("LIVE-02", cause("host's end off-its-bridge"))])).toHaveLength(1);
});

test("where rules of several kinds are missing, a line that brings some of them back is not told", () => {
  const line = "iptables -I FORWARD -j DOCKER-FORWARD";
  const jump = remedyOf({ what: "put the jump back", commands: [line], cost: "", check: null }, null);
  const restart = remedyOf(RESTART_ENGINE, null);
  const basics = cause(MISSING_RULES, { remedies: [jump, restart] });
  const masquerade = cause(missingRuleKey("masquerade", "shop"), { remedies: [] });
  const commands = (...failures: Explained[]) => cardsOf(failures)[0]?.remedies.flatMap((one) => one.commands);
  expect(commands(failed("A", basics))).toEqual([line, ...restart.commands]);
  expect(commands(failed("A", basics), failed("B", masquerade))).toEqual(restart.commands);
});
