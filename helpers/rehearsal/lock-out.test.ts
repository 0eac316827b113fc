import { expect, test } from "vitest";
import { lockOut } from "./lock-out.ts";

const told = (after: Record<string, unknown>, before: Record<string, unknown> = {}) =>
  lockOut(before, after).map(({ text }) => text);

test.each<[Record<string, unknown>, Record<string, unknown>, RegExp]>([
  [{ "data-root": "/srv/docker" }, {}, /without any container/],
  [{}, { "userns-remap": "default" }, /userns-remap is another one/],
  [{ hosts: ["tcp://0.0.0.0:2375", "unix:///var/run/docker.sock"] }, {}, /is root on this host/],
  [{ hosts: ["tcp://127.0.0.1:2375"] }, {}, /reach dockerd no more/],
  [{ hosts: ["fd://", "tcp://10.0.0.1:2376"] }, { hosts: ["fd://", "tcp://10.0.0.1:2376"], tlsverify: true }, /root/],
])("%j after %j", (after, before, said) => {
  expect(told(after, before).join("\n")).toMatch(said);
});

test.each<[Record<string, unknown>, Record<string, unknown>]>([
  [{ "data-root": "/srv/docker" }, { "data-root": "/srv/docker" }],
  [{ hosts: ["fd://"] }, {}],
  [{ hosts: ["unix:///var/run/docker.sock", "tcp://0.0.0.0:2376"], tlsverify: true }, {}],
  [{ hosts: ["fd://", "tcp://[::1]:2375"] }, {}],
  [{ "log-driver": "journald" }, {}],
  [{ hosts: "no list" }, {}],
])("%j after %j is none", (after, before) => {
  expect(told(after, before)).toEqual([]);
});
