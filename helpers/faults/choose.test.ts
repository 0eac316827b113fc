import { expect, test } from "vitest";
import { chooseFaults, exitCodeOf, firstOfLayers, requirementsUnder } from "./choose.ts";
import type { Fault } from "./fault.ts";
import type { Proof } from "./proof.ts";

const fault = (
  id: string,
  layer: Fault["layer"],
  caughtBy: Fault["caughtBy"],
  beside: readonly string[] = [],
): Fault => ({
  id,
  layer,
  breaks: "it",
  comesBy: "somebody",
  strike: { when: "before the topology", shell: ["true"] },
  undo: ["true"],
  caughtBy,
  beside,
  cause: /it/,
});

const faults = [
  fault("nat-masquerade-removed", "nat", ["NAT-05"]),
  fault("nat-docker-chain-flushed", "nat", ["NAT-21"], ["dns"]),
  fault("names-resolver-silent", "names", ["DNS-01"]),
];
const chosen = (choice: Parameters<typeof chooseFaults>[1]) => chooseFaults(faults, choice).map(({ id }) => id);

test("all, by id, by layer, and by the requirements that run under them", () => {
  expect(chosen({})).toHaveLength(3);
  expect(chosen({ ids: "names-resolver-silent, nat-masquerade-removed" })).toEqual([
    "nat-masquerade-removed",
    "names-resolver-silent",
  ]);
  expect(chosen({ layer: "nat" })).toHaveLength(2);
  expect(chosen({ words: ["DNS-01"] })).toEqual(["nat-docker-chain-flushed", "names-resolver-silent"]);
  expect(chosen({ layer: "nat", words: ["dns"] })).toEqual(["nat-docker-chain-flushed"]);
});

test("a wrong word is told, with what was probably meant", () => {
  expect(() => chosen({ ids: "nat-masquerade-remove" })).toThrow(/did you mean nat-masquerade-removed\?/);
  expect(() => chosen({ ids: "resolver" })).toThrow(/there is names-resolver-silent/);
  expect(() => chosen({ ids: "" })).toThrow(/there is no fault ""/);
  expect(() => chosen({ layer: "physics" })).toThrow(/The layers are nat, filter/);
  expect(() => chosen({ words: ["NAT-999"] })).toThrow(/NAT goes from/);
  expect(() => chosen({ layer: "ports" })).toThrow(/there is no such fault/);
});

test("what runs under a fault: the expected ones, and all that a suite beside them has", () => {
  expect(requirementsUnder(fault("x", "nat", ["NAT-21"], ["DNS-01"]))).toEqual(["NAT-21", "DNS-01"]);
});

test("one fault of each layer is mended by default", () => {
  expect(firstOfLayers(faults).map(({ id }) => id)).toEqual(["nat-masquerade-removed", "names-resolver-silent"]);
});

test("the exit code says that something is missed only when all could be judged", () => {
  const proof = (verdict: Proof["verdict"], control: Proof["control"] = null) =>
    ({ verdict, control, remedied: null }) as unknown as Proof;
  const alarm = { id: "NAT-05", verdict: "fail", reason: "", likelyCause: "" } as const;
  expect(exitCodeOf([proof("caught"), proof("left out")])).toBe(0);
  expect(exitCodeOf([proof("caught"), proof("silent")])).toBe(1);
  expect(exitCodeOf([proof("caught", { trouble: "", passed: 3, falseAlarms: [alarm] })])).toBe(1);
  expect(exitCodeOf([proof("silent"), proof("not judged")])).toBe(2);
  expect(exitCodeOf([proof("errored")])).toBe(2);
  expect(exitCodeOf([proof("caught", { trouble: "could not mend", passed: 0, falseAlarms: [] })])).toBe(2);
  expect(exitCodeOf([proof("left out")])).toBe(2);
});
