import { expect, test } from "vitest";
import type { Evidence, Vantage } from "../model/evidence.ts";
import { answersInEachFamily } from "./server-ready.ts";

/** A host that is answered at each address from the nth question on. */
function hostAnsweredFrom(first: Readonly<Record<string, number>>): { host: Vantage; asked: string[] } {
  const asked: string[] = [];
  const ask = async (command: string): Promise<Evidence> => {
    asked.push(command);
    const [address = ""] = Object.keys(first).filter((one) => command.includes(one));
    const answered =
      asked.filter((one) => one.includes(address)).length >= (first[address] ?? Number.POSITIVE_INFINITY);
    const said = answered
      ? { exitCode: 0, stdout: "dnc", stderr: "" }
      : { exitCode: 1, stdout: "", stderr: "wget: can't connect to remote host: Connection refused" };
    return { vantage: "host", command, timedOut: false, ms: 1, ...said };
  };
  return { host: { label: "host", place: { kind: "host", name: "" }, ask } as Vantage, asked };
}

test("each address is waited for, IPv6 as long as IPv4, and an empty one is not asked", async () => {
  const { host, asked } = hostAnsweredFrom({ "172.17.0.2": 1, "[fd00::2]": 3 });
  await answersInEachFamily(host, ["172.17.0.2", "fd00::2", "", undefined], 80);
  expect(asked.filter((one) => one.includes("172.17.0.2"))).toHaveLength(1);
  expect(asked.filter((one) => one.includes("[fd00::2]:80"))).toHaveLength(3);
});

test("what never answers is left to the question that is judged", async () => {
  const { host, asked } = hostAnsweredFrom({});
  await expect(answersInEachFamily(host, ["fd00::2"], 80)).resolves.toBeUndefined();
  expect(asked.length).toBeGreaterThan(1);
}, 20_000);
