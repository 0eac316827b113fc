import { readFileSync } from "node:fs";
import { expect, test } from "vitest";
import { evaluate } from "./evaluate.ts";
import { nftStep } from "./nft-statement.ts";
import { readNft } from "./read-nft.ts";

/** As nft 1.0.6 prints a chain of a device: its JSON leaves the device out. */
const JSON_TEXT = JSON.stringify({
  nftables: [
    { table: { family: "netdev", name: "e", handle: 1 } },
    { chain: { family: "netdev", table: "e", name: "i", type: "filter", hook: "ingress", prio: 0, policy: "accept" } },
    { chain: { family: "netdev", table: "e", name: "o", type: "filter", hook: "egress", prio: 0, policy: "accept" } },
    {
      chain: { family: "netdev", table: "e", name: "d", dev: "eth1", type: "filter", hook: "ingress", prio: 0 },
    },
  ],
});
const TEXT = `table netdev e { # handle 1
\tchain i { # handle 1
\t\ttype filter hook ingress device "eth0" priority filter; policy accept;
\t}
\tchain o { # handle 2
\t\ttype filter hook egress devices = { docker0, eth0 } priority filter; policy accept;
\t}
}
`;

test("the devices of a chain are taken from the text where the JSON lacks them", () => {
  const [table] = readNft(JSON_TEXT, TEXT);
  expect(table?.chains.map(({ name, base }) => [name, base?.devices])).toEqual([
    ["i", ["eth0"]],
    ["o", ["docker0", "eth0"]],
    ["d", ["eth1"]],
  ]);
});

test("tables that were listed one by one", () => {
  const other = JSON.stringify({ nftables: [{ table: { family: "inet", name: "f" } }] }, null, 2);
  expect(readNft(`${JSON_TEXT}\n\n${other}\n`, TEXT).map(({ name }) => name)).toEqual(["e", "f"]);
  expect(readNft("\n", "")).toEqual([]);
});

test("a mark is copied from the other one, or not known", () => {
  const step = (key: unknown, value: unknown) => nftStep({ mangle: { key, value } } as never);
  const [packets, connections] = [{ meta: { key: "mark" } }, { ct: { key: "mark" } }];
  expect(step(packets, connections)).toMatchObject([{ kind: "mark copied", which: "mark" }]);
  expect(step(connections, packets)).toMatchObject([{ kind: "mark copied", which: "connection mark" }]);
  expect(step(packets, { numgen: { mode: "random", mod: 2 } })).toEqual([{ kind: "mark unknown", which: "mark" }]);
});

test("a property of the connection's first packet; that of its answers is not known", () => {
  const match = (ct: unknown, right: unknown) => nftStep({ match: { op: "==", left: { ct }, right } } as never);
  expect(match({ key: "proto-dst", dir: "original" }, 8080)).toMatchObject([{ fields: ["original destination port"] }]);
  for (const key of [{ key: "daddr", family: "ip" }, { key: "ip daddr" }])
    expect(match({ ...key, dir: "original" }, "192.0.2.10")).toMatchObject([
      { fields: ["original destination"], family: "ip", any: [[{ from: 3221225994n }]] },
    ]);
  expect(match({ key: "ip daddr", dir: "reply" }, "192.0.2.10")).toMatchObject([{ kind: "unknown" }]);
});

const MAPS = readFileSync(new URL("captured/nft-translation-maps.json", import.meta.url), "utf8");

test.each([
  [8080, "10.81.0.77", 8080],
  [8081, "10.81.0.78", 8081],
  [8082, "10.81.0.79", 80],
  [8083, undefined, 1],
  [8084, "192.0.2.10", 8084],
])("a map chooses where a packet for port %i is led", (destinationPort, destination, port) => {
  const asked = { family: "ip", protocol: "tcp", state: "new", destination: "192.0.2.10", destinationPort } as const;
  const { packet, ends } = evaluate({ tables: readNft(MAPS, ""), unread: [] }, asked, "prerouting");
  expect([packet.destination, packet.destinationPort, ends[0]?.verdict]).toEqual([destination, port, "accept"]);
});

test("a map that is not there, or whose key nobody knows, leaves it open", () => {
  const led = (map: unknown) => nftStep({ dnat: { addr: { map } } } as never);
  const key = { payload: { protocol: "tcp", field: "dport" } };
  for (const map of [
    { key, data: "@gone" },
    { key: { meta: { key: "cgroup" } }, data: { set: [[1, "10.0.0.1"]] } },
  ])
    expect(led(map)).toMatchObject([{ kind: "unknown action" }]);
});

test("a quota is used up, or far from it; at its end the next packet decides", () => {
  const now = (quota: object) => nftStep({ quota } as never)[0];
  const of = { val: 10, val_unit: "mbytes", used_unit: "bytes" };
  expect(now({ ...of, used: 10_485_770, inv: true })).toMatchObject({ kind: "some", now: "matches" });
  expect(now({ ...of, used: 84, inv: true })).toMatchObject({ kind: "some", now: "ends" });
  expect(now({ ...of, used: 84 })).toMatchObject({ kind: "some", now: "matches" });
  expect(now({ ...of, used: 10_485_000 })).not.toHaveProperty("now");
  expect(nftStep({ quota: "monthly" } as never)[0]).not.toHaveProperty("now");
});
