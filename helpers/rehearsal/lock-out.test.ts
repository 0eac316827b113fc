import { expect, test } from "vitest";
import { lockOut } from "./lock-out.ts";

const told = (after: Record<string, unknown>, before: Record<string, unknown> = {}) =>
  lockOut(before, after, { root: "/var/lib/docker", driver: "overlay2" }).map(({ text }) => text);

test.each<[Record<string, unknown>, Record<string, unknown>, RegExp]>([
  [{ "data-root": "/srv/docker" }, {}, /without any container/],
  [{}, { "data-root": "/srv/docker" }, /data-root is another one/],
  [{ "storage-driver": "vfs" }, {}, /storage-driver is another one/],
  [{}, { "userns-remap": "default" }, /userns-remap is another one/],
  [{ hosts: ["tcp://0.0.0.0:2375", "unix:///var/run/docker.sock"] }, {}, /is root on this host/],
  [{ hosts: ["tcp://127.0.0.1:2375"] }, {}, /reach dockerd no more/],
  [{ hosts: ["fd://", "tcp://10.0.0.1:2376"] }, { hosts: ["fd://", "tcp://10.0.0.1:2376"], tlsverify: true }, /root/],
])("%j after %j", (after, before, said) => {
  expect(told(after, before).join("\n")).toMatch(said);
});

test.each<[Record<string, unknown>, Record<string, unknown>]>([
  [{ "data-root": "/srv/docker" }, { "data-root": "/srv/docker" }],
  // What the running dockerd has, written down.
  [{ "data-root": "/var/lib/docker/", "storage-driver": "overlay2" }, {}],
  [{}, { "data-root": "/var/lib/docker", "storage-driver": "vfs", "userns-remap": "" }],
  [{ hosts: ["fd://"] }, {}],
  [{ hosts: ["unix:///var/run/docker.sock", "tcp://0.0.0.0:2376"], tlsverify: true }, {}],
  [{ hosts: ["fd://", "tcp://[::1]:2375"] }, {}],
  [{ "log-driver": "journald" }, {}],
  [{ hosts: "no list" }, {}],
])("%j after %j is none", (after, before) => {
  expect(told(after, before)).toEqual([]);
});

test("under user namespaces the engine tells its user's folder inside of data-root", () => {
  const store = { root: "/srv/docker/100000.100000", driver: "overlay2" };
  expect(lockOut({}, { "data-root": "/srv/docker" }, store)).toEqual([]);
});
