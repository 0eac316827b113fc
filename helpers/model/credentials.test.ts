import fc from "fast-check";
import { expect, test } from "vitest";
import { dataWithoutCredentials, withoutCredentials } from "./credentials.ts";

test.each([
  ["tcp://user:s3cret@host:2375", "tcp://…@host:2375"],
  ["HTTP_PROXY=http://ops:p%40ss@proxy.example:3128/ is set", "HTTP_PROXY=http://…@proxy.example:3128/ is set"],
  ["https://t0ken@mirror.example", "https://…@mirror.example"],
  ["tcp://user:p@ss/w@host", "tcp://…@host"],
  ["ssh://ops@web-7:22/run/docker.sock", "ssh://ops@web-7:22/run/docker.sock"],
  ["ssh://ops:s3cret@web-7", "ssh://ops:…@web-7"],
  ['{"https-proxy":"https://u:s3cret@p:1"}', '{"https-proxy":"https://…@p:1"}'],
  ['{"splunk-token": "s3cret", "tag": "x"}', '{"splunk-token": "…", "tag": "x"}'],
  [String.raw`"{\"gelf-password\":\"s3cret\"}"`, String.raw`"{\"gelf-password\":\"…\"}"`],
  ["label com.example.api_key=s3cret ok", "label com.example.api_key=… ok"],
  ["--log-opt awslogs-secret-key=s3cret", "--log-opt awslogs-secret-key=…"],
  ["Authorization: Bearer s3cret", "Authorization: …"],
  ['{"X-Registry-Auth":"s3cret"}', '{"X-Registry-Auth":"…"}'],
])("%s", (text, shown) => {
  expect(withoutCredentials(text)).toBe(shown);
});

test.each([
  "tcp://127.0.0.1:2375",
  "https://docs.example/engine/network/#bridge",
  "http://host:8080/path@2x.png",
  "unix:///run/user/1000/docker.sock",
  'Make "ssh ops@web-7" work without a password: a key without passphrase, or an ssh agent.',
  "Unexpected token 'x', \"{x\" is not valid JSON",
  "mail ops@example.org, see https://example.org/",
  "2001:db8::1@eth0",
])("%s stays as it is", (text) => {
  expect(withoutCredentials(text)).toBe(text);
});

test("whatever is written before the @ of an address is gone, and hiding twice changes nothing more", () => {
  // Not a lone digit port before a path: that reads as host and port.
  const word = fc.stringMatching(/^[A-Za-z0-9!$%^&*()_+=,;.~-]{6,20}$/).filter((text) => /[A-Za-z]/.test(text));
  fc.assert(
    fc.property(word, word, fc.constantFrom("tcp", "http", "https", "socks5"), (user, password, scheme) => {
      const shown = withoutCredentials(`seen: "${scheme}://${user}:${password}@host:1" (DOCKER_HOST)`);
      expect(shown).toBe(`seen: "${scheme}://…@host:1" (DOCKER_HOST)`);
      expect(withoutCredentials(shown)).toBe(shown);
    }),
  );
});

test("data keeps its shape", () => {
  const data = { a: ["http://u:p@h", 1, null], "fluentd-token": "x", token: 3, nested: { ok: true, password: "" } };
  expect(dataWithoutCredentials(data)).toEqual({
    a: ["http://…@h", 1, null],
    "fluentd-token": "…",
    token: 3,
    nested: { ok: true, password: "" },
  });
});
