import { createServer } from "node:http";
import { execPath } from "node:process";
import Dockerode from "dockerode";
import { execa } from "execa";
import { afterAll, beforeAll, expect, test } from "vitest";
import { listening } from "../engine/pass-on.ts";
import { openRecording } from "./recording.ts";

const engine = createServer((asked, answer) => {
  const known = !asked.url?.includes("/containers/gone/");
  answer.writeHead(known ? 201 : 404, { "content-type": "application/json" });
  answer.end(JSON.stringify(known ? { Id: "0123" } : { message: "No such container: gone" }));
});
let address = "";

beforeAll(async () => {
  address = `tcp://127.0.0.1:${await listening(engine, { host: "127.0.0.1" })}`;
});
afterAll(() => {
  engine.close();
});

test("what any client asks is kept as it can be asked again", async () => {
  using recording = await openRecording(address);
  const socketPath = recording.address.replace("unix://", "");
  const docker = new Dockerode({ socketPath });
  await docker.createContainer({ name: "web", Image: "busybox" });
  await docker
    .getContainer("gone")
    .inspect()
    .catch(() => undefined);
  // A process of its own, as the docker command is.
  await execa(execPath, [
    "-e",
    'require("http").get({ socketPath: process.argv[1], path: "/v1.41/containers/web/logs?follow=1" })',
    socketPath,
  ]);
  expect(recording.calls.map(({ startedAt: _, ms: _took, ...call }) => call)).toEqual([
    {
      method: "POST",
      path: "/containers/create?",
      body: { _query: expect.objectContaining({ name: "web" }), _body: expect.objectContaining({ Image: "busybox" }) },
      statusCode: 200,
      createdId: "0123",
      streaming: false,
    },
    { method: "GET", path: "/containers/gone/json", body: null, statusCode: 404, createdId: null, streaming: false },
    {
      method: "GET",
      path: "/containers/web/logs?",
      body: { _query: { follow: "1" }, _body: {} },
      statusCode: 200,
      createdId: null,
      streaming: true,
    },
  ]);
});

test("an engine that is reached otherwise is told in one sentence", async () => {
  await expect(openRecording("ssh://host")).rejects.toThrow("ssh://host is no plain connection");
});
