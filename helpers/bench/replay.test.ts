import { expect, test } from "vitest";
import type { EngineCall } from "./recording.ts";
import { removable } from "./replay.ts";

const call = (method: string, path: string, body: unknown = null, createdId: string | null = null): EngineCall => ({
  ...{ startedAt: 0, ms: 1, method, path, body, createdId },
  statusCode: 200,
  streaming: false,
});

test("nothing is made again that an engine might keep: configurations, and networks that are made from them", () => {
  const kept = [
    call("POST", "/networks/create", { Name: "dnc-r1-app" }, "a1"),
    call("POST", "/containers/create", { HostConfig: { NetworkMode: "dnc-r1-app" } }, "c1"),
    call("DELETE", "/networks/a1"),
  ];
  const left = [
    call("POST", "/networks/create", { Name: "dnc-r1-pattern", ConfigOnly: true }, "b1"),
    call("POST", "/networks/create", { Name: "dnc-r1-asking", ConfigFrom: { Network: "dnc-r1-pattern" } }, "b2"),
    call("GET", "/networks/dnc-r1-asking"),
    call("POST", "/networks/b2/connect", { Container: "c1" }),
    call("DELETE", "/networks/b1"),
  ];
  expect(removable([...kept, ...left])).toEqual(kept);
  expect(removable(kept)).toEqual(kept);
});
