import { expect, test } from "vitest";
import type { Vantage } from "../model/evidence.ts";
import { whileHostHas } from "./host-address.ts";
import { Violation } from "./verdicts.ts";

/** A host that has 192.0.2.2 and nothing else, by iproute2. */
const host: Vantage = {
  label: "host",
  place: { kind: "host", name: "host" },
  ask: async (command) => ({
    vantage: "host",
    place: { kind: "host", name: "host" },
    command,
    exitCode: 0,
    stdout:
      "2: eth0: <BROADCAST,MULTICAST,UP,LOWER_UP> mtu 1500 qdisc noqueue state UP qlen 1000\n" +
      "    link/ether 02:42:ac:11:00:02 brd ff:ff:ff:ff:ff:ff\n    inet 192.0.2.2/24 scope global eth0\n" +
      "       valid_lft forever preferred_lft forever\n",
    stderr: "",
    ms: 1,
    timedOut: false,
  }),
};

const violation = new Violation("GET", { expected: "a reply", observed: "unreachable" });

async function refuse(): Promise<never> {
  throw violation;
}

test("a violation at an address that the host has stands", async () => {
  await expect(whileHostHas(host, "192.0.2.2", refuse)).rejects.toBe(violation);
});

test("a violation at an address that the host lost meanwhile is none", async () => {
  await expect(whileHostHas(host, "198.51.100.1", refuse)).resolves.toBeUndefined();
});

test("whatever else went wrong is told in any case", async () => {
  const broken = new Error("the shell ended");
  const check = async () => {
    throw broken;
  };
  await expect(whileHostHas(host, "198.51.100.1", check)).rejects.toBe(broken);
});
