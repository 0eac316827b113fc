import { expect, test } from "vitest";
import { CAPTURE_HOST } from "../model/captured/facts.ts";
import { publishedAt } from "./published-at.ts";

const bound = (...addresses: string[]) => ({
  label: "container web",
  bindingsOf: () => addresses.map((HostIp) => ({ HostIp, HostPort: "8080" })),
});
const host = { host: CAPTURE_HOST };

test("a port on every address is asked for at the uplink", () => {
  expect(publishedAt(bound("0.0.0.0", "::"), "80/tcp", host, "172.17.0.1")).toEqual({
    address: "192.0.2.10",
    port: 8080,
  });
  expect(publishedAt(bound(""), "80/tcp", host, "172.17.0.1").address).toBe("192.0.2.10");
});

test("without an uplink at the address given", () => {
  expect(
    publishedAt(bound("0.0.0.0"), "80/tcp", { host: { ...CAPTURE_HOST, uplink: null } }, "172.17.0.1").address,
  ).toBe("172.17.0.1");
});

test("a port on one address is asked for there", () => {
  expect(publishedAt(bound("127.0.0.1"), "80/tcp", host, "172.17.0.1").address).toBe("127.0.0.1");
});

test("a port that is not bound can't be asked for", () => {
  expect(() => publishedAt(bound("::"), "80/tcp", host, "172.17.0.1")).toThrow(/no IPv4 host port/);
});
