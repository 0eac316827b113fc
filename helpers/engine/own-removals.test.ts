import { createServer, request } from "node:http";
import type { AddressInfo } from "node:net";
import { expect, test } from "vitest";
import { endedBy, ownRemovals, tellRemovals } from "./own-removals.ts";

test.each([
  ["DELETE", "/v1.41/containers/abc?force=true&v=true", { id: "abc", how: "removed" }],
  ["DELETE", "/networks/dnc-r1-own", { id: "dnc-r1-own", how: "removed" }],
  ["DELETE", "/networks/a%20b", { id: "a b", how: "removed" }],
  ["POST", "/v1.51/containers/abc/kill?signal=KILL", { id: "abc", how: "stopped" }],
  ["POST", "/containers/abc/stop", { id: "abc", how: "stopped" }],
  ["POST", "/containers/abc/start", null],
  ["GET", "/containers/abc/json", null],
  ["DELETE", "/images/busybox", null],
  ["POST", "/networks/abc/disconnect", null],
])("%s %s", (method, path, ended) => {
  expect(endedBy(method, path)).toEqual(ended);
});

test("what a thread asks an engine to remove is known to whoever listens", async () => {
  tellRemovals();
  tellRemovals();
  const removals = ownRemovals();
  const server = createServer((_, response) => response.writeHead(204).end());
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const { port } = server.address() as AddressInfo;
  const ask = (method: string, path: string) =>
    new Promise((resolve) => request({ port, method, path }, resolve).end());
  await ask("GET", "/containers/seen/json");
  await ask("DELETE", "/containers/gone?force=true");
  await expect.poll(() => removals.seen).toMatchObject([{ id: "gone", how: "removed" }]);
  removals.stop();
  server.close();
});
