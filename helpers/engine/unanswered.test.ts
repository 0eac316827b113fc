import { createServer, request, type Server } from "node:http";
import { afterAll, beforeAll, expect, test } from "vitest";
import { askedOf, onUnanswered, tellUnanswered, type Unanswered } from "./unanswered.ts";

/** Answers what begins with /networks, and nothing else. */
function silent(): Server {
  return createServer((asked, answer) => {
    if (asked.url?.startsWith("/v1.41/networks") === true) answer.end("[]");
  });
}

const [engine, other] = [silent(), silent()];
const portOf = (server: Server): number => {
  const address = server.address();
  return typeof address === "object" && address !== null ? address.port : 0;
};

beforeAll(async () => {
  for (const server of [engine, other]) await new Promise<void>((up) => server.listen(0, "127.0.0.1", up));
});
afterAll(() => {
  for (const server of [engine, other]) {
    server.closeAllConnections();
    server.close();
  }
});

test("a request without an answer is told once, no other one's is", async () => {
  tellUnanswered({ protocol: "http", host: "127.0.0.1", port: portOf(engine) }, 500);
  const heard: Unanswered[] = [];
  using _ = onUnanswered((one) => heard.push(one));
  const ask = (server: Server, method: string, path: string) => {
    const asked = request({ host: "127.0.0.1", port: portOf(server), method, path, agent: false });
    asked.on("error", () => undefined).end();
  };
  ask(engine, "GET", "/v1.41/networks");
  ask(engine, "GET", "/v1.41/networks/one");
  ask(engine, "POST", "/v1.41/containers/abc/wait?condition=removed");
  ask(engine, "GET", "/v1.41/events?since=1");
  ask(other, "POST", "/v1.41/containers/other/start");
  ask(engine, "POST", "/v1.41/containers/abc/start?t=1");
  await expect.poll(() => heard.length, { timeout: 5000 }).toBe(1);
  await new Promise((resolve) => setTimeout(resolve, 1500));
  expect(heard).toMatchObject([{ method: "POST", path: "/containers/abc/start" }]);
});

test.each([
  ["POST", "/v1.41/networks/create", "/networks/create"],
  ["DELETE", "/containers/abc?force=true", "/containers/abc"],
  ["GET", "/v1.47/containers/abc/json", "/containers/abc/json"],
])("%s %s is about containers or networks", (method, path, asked) => {
  expect(askedOf(method, path)).toEqual({ method, path: asked });
});

test.each(["/v1.41/events", "/v1.41/images/load", "/v1.41/exec/abc/start", "/_ping", "/v1.41/containers/abc/wait?c=1"])(
  "%s may take as long as it likes",
  (path) => {
    expect(askedOf("POST", path)).toBeNull();
  },
);
