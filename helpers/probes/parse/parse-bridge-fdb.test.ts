import { expect, test } from "vitest";
import { captured } from "./captured/read-captured.ts";
import { parseBridgeFdb } from "./parse-bridge-fdb.ts";

test.each(["6.1", "7.3"])("forwarding entries of iproute2 %s", (version) => {
  const entries = parseBridgeFdb(captured(`iproute2-${version}/bridge-fdb-host.txt`));
  expect(entries).toContainEqual({ mac: "e2:c0:50:69:70:c2", interface: "vethcap0", master: "br-cap", flags: [] });
  expect(entries).toContainEqual({
    mac: "b2:2e:da:38:9b:55",
    interface: "docker9",
    master: "docker9",
    flags: ["permanent"],
  });
});

test("a VXLAN's forwarding entry", () => {
  expect(parseBridgeFdb("02:42:0a:00:00:05 dev vxlan0 dst 192.0.2.7 link-netnsid 0 self permanent\n")).toEqual([
    { mac: "02:42:0a:00:00:05", interface: "vxlan0", destination: "192.0.2.7", flags: ["self", "permanent"] },
  ]);
});
