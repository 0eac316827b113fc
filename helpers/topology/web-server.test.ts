import { expect, test } from "vitest";
import { parseWebAnswer, webServerPrelude } from "./web-server.ts";

test("an answer is read wherever it stands in a client's output", () => {
  const expected = {
    server: "dnc-r1-web",
    localAddress: "172.17.0.3",
    localPort: 80,
    peerAddress: "172.17.0.2",
    peerPort: 40312,
  };
  expect(parseWebAnswer("dnc 172.17.0.3 80 172.17.0.2 40312 dnc-r1-web\n")).toEqual(expected);
  expect(parseWebAnswer("Connecting to x\n\0\u0003\0\u0001dnc 172.17.0.3 80 172.17.0.2 40312 dnc-r1-web\n")).toEqual(
    expected,
  );
  expect(parseWebAnswer("dnc fd00::3 80 fd00::2 40312 web")).toMatchObject({
    localAddress: "fd00::3",
    peerAddress: "fd00::2",
  });
});

test.each(["", "<html>Welcome to nginx!</html>", "dnc 172.17.0.3 eighty 172.17.0.2 1 web", "dnc"])(
  "what is no answer is null: %j",
  (text) => {
    expect(parseWebAnswer(text)).toBeNull();
  },
);

test("a server without UDP ports has no stream block", () => {
  expect(webServerPrelude("web", [80], []).join("\n")).not.toContain("stream {");
  expect(webServerPrelude("web", [80, 8080], [53]).join("\n")).toMatch(/listen 8080;.*listen 53 udp;/s);
});
