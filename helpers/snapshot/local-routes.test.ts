import { expect, test } from "vitest";
import { localRoutesOf } from "./printed.ts";

/** As BusyBox prints it on a host of the lab with `ip route add local 172.17.0.2 dev lo`. */
const SHOWN = `default via 10.1.0.1 dev eth0
172.17.0.0/16 dev docker0 scope link  src 172.17.0.1
local 10.1.0.2 dev eth0 scope host  src 10.1.0.2
local 127.0.0.0/8 dev lo scope host  src 127.0.0.1
local 127.0.0.1 dev lo scope host  src 127.0.0.1
local 172.17.0.2 dev lo scope host
broadcast 172.17.255.255 dev docker0 scope link  src 172.17.0.1
`;

test("of what the host takes for its own, that of no interface's address is somebody's work", () => {
  expect(localRoutesOf(SHOWN, ["10.1.0.2", "127.0.0.1"]).map(({ destination }) => destination)).toEqual([
    "172.17.0.2/32",
  ]);
  expect(localRoutesOf("local nonsense\n", [])).toEqual([]);
});
