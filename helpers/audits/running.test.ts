import { expect, test } from "vitest";
import { auditRunning } from "./running.ts";
import { shop } from "./testing/shop.ts";

/** What is said of a container that does not run with an engine's words. */
function said(error: string, bindings: readonly { readonly hostAddress: string; readonly hostPort: string }[] = []) {
  const snapshot = shop();
  const [web] = snapshot.containers;
  if (web === undefined) throw new Error("the shop has a web");
  Object.assign(web, { status: "exited", error, pid: 0, ports: [], inside: null, restartPolicy: "always" });
  web.bindings = bindings.map((binding) => ({ protocol: "tcp", containerPort: 80, ...binding }));
  return auditRunning(snapshot).deviations.map(({ reason }) => reason.what);
}

const IN_28 =
  "failed to set up container networking: driver failed programming external connectivity on endpoint web (68880a9f): ";

test.each([
  [`${IN_28}failed to bind host port for 0.0.0.0:19091:172.18.0.2:80/tcp: address already in use`],
  [`${IN_28}failed to bind host port 0.0.0.0:19091/tcp: address already in use`],
  [`${IN_28}Bind for 0.0.0.0:19091 failed: port is already allocated`],
  [`${IN_28}failed to bind host port for [fd00:16:2::5]:19091:172.18.0.2:80/tcp: address already in use`],
  [
    "driver failed programming external connectivity on endpoint web (6): Bind for :::19091 failed: port is already allocated",
  ],
  [
    "driver failed programming external connectivity on endpoint web (6): Error starting userland proxy: listen tcp4 0.0.0.0:19091: bind: address already in use",
  ],
])("who has the port is named: %s", (error) => {
  expect(said(error)).toEqual(["Container web does not run: its host port 19091 is taken by container api."]);
});

test("a network that was full, and an address that this host does not have", () => {
  expect(
    said(
      "failed to set up container networking: no available IPv4 addresses on this network's address pools: tiny (6215db16)",
    ),
  ).toEqual(["Container web does not run: network tiny had no free address for it."]);
  expect(
    said(`${IN_28}failed to bind host port for 198.51.100.9:80:172.17.0.3:80/tcp: cannot assign requested address`, [
      { hostAddress: "::1", hostPort: "80" },
      { hostAddress: "192.0.2.10", hostPort: "80" },
      { hostAddress: "198.51.100.9", hostPort: "80" },
    ]),
  ).toEqual(["Container web does not run: it publishes a port on 198.51.100.9, which this host does not have."]);
  // It has come since: a tunnel's, one that wanders, one of IPv6 that was still being checked.
  expect(
    said(`${IN_28}failed to bind host port for 192.0.2.10:80:172.17.0.3:80/tcp: cannot assign requested address`, [
      { hostAddress: "192.0.2.10", hostPort: "80" },
    ]),
  ).toEqual(["Container web does not run: this host did not have 192.0.2.10 yet when it was started, and has it now."]);
});

test("a container that the engine says nothing of is not judged", () => {
  expect(said("")).toEqual([]);
});

test("one whose port its successor has, and that nobody restarts, is a note; where another program has it, none", () => {
  const snapshot = shop();
  const [web] = snapshot.containers;
  if (web === undefined) throw new Error("the shop has a web");
  const stopped = { status: "exited", pid: 0, ports: [], inside: null, restartPolicy: "no", everRan: true };
  Object.assign(web, { ...stopped, error: `${IN_28}Bind for 0.0.0.0:19091 failed: port is already allocated` });
  expect(auditRunning(snapshot)).toMatchObject({
    deviations: [],
    notes: [{ key: "replaced web", todo: expect.stringContaining("If api took its place") }],
  });
  snapshot.containers.pop();
  snapshot.host.proxies = [];
  const [found, ...others] = auditRunning(snapshot).deviations;
  expect(others).toEqual([]);
  expect(found?.reason.remedies).toMatchObject([
    {
      commands: [
        expect.stringMatching(/^ss /),
        expect.stringMatching(/^kill \$\(ss .*sport = :19091/),
        "docker start web",
      ],
      cost: expect.stringContaining("The program that the first line shows ends"),
    },
  ]);
});
