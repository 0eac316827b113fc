import { expect, test } from "vitest";
import { captured } from "./captured/read-captured.ts";
import { parseNetstat } from "./parse-netstat.ts";
import { parseProcNetTcp } from "./parse-proc-net-tcp.ts";

test("listeners", () => {
  for (const version of ["1.35", "1.37", "1.38"]) {
    const sockets = parseNetstat(captured(`busybox-${version}/netstat-ltun-container.txt`));
    expect(sockets).toContainEqual({
      protocol: "tcp",
      receiveQueue: 0,
      sendQueue: 0,
      local: { address: "::", port: 80 },
      foreign: { address: "::", port: null },
      state: "LISTEN",
    });
    expect(sockets).toContainEqual(
      expect.objectContaining({ protocol: "udp", local: { address: "0.0.0.0", port: 53 }, state: null }),
    );
  }
  expect(parseNetstat(captured("busybox-1.35/netstat-ltun-nothing.txt"))).toEqual([]);
});

test("long IPv6 addresses keep their port", () => {
  expect(parseNetstat(captured("busybox-1.38/netstat-ltun-long-addresses.txt")).map(({ local }) => local)).toEqual([
    { address: "fd79:1111:2222:3333::1", port: 5 },
    { address: "::1", port: 8080 },
    { address: "fd79:1111:2222:3333::1", port: 50210 },
    { address: "::ffff:127.0.0.1", port: 12345 },
  ]);
});

test("it agrees with the kernel about a client's TCP sockets", () => {
  const kernel = parseProcNetTcp(
    captured("linux-6.18/proc-net-tcp-client.txt") + captured("linux-6.18/proc-net-tcp6-client.txt"),
  );
  const netstat = parseNetstat(captured("busybox-1.38/netstat-tuan-container.txt")).filter(
    ({ protocol }) => protocol === "tcp",
  );
  expect(netstat.map(({ local, foreign, state }) => [local, foreign.address, foreign.port ?? 0, state])).toEqual(
    kernel.map(({ local, remote, state }) => [local, remote.address, remote.port, state]),
  );
});
