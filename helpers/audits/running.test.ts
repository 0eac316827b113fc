import { expect, test } from "vitest";
import type { LivingEndpoint } from "../snapshot/living.ts";
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

/** What is typed for a container that does not run with an engine's words. */
function typed(error: string, change: (snapshot: ReturnType<typeof shop>, web: Web) => void) {
  const snapshot = shop();
  const web = snapshot.containers.find(({ name }) => name === "web");
  if (web === undefined) throw new Error("the shop has a web");
  Object.assign(web, { status: "exited", error, pid: 0, ports: [], inside: null, restartPolicy: "always" });
  change(snapshot, web);
  const [found] = auditRunning(snapshot).deviations;
  return {
    what: found?.reason.what,
    commands: found?.reason.remedies.flatMap((one) => ("commands" in one ? one.commands : [])),
  };
}
type Web = ReturnType<typeof shop>["containers"][number];

test("an address that was given to another container while this one did not run: that one gets another", () => {
  const taken = typed("failed to set up container networking: Address already in use", ({ containers }, web) => {
    const api = containers.find(({ name }) => name === "api")?.endpoints[0];
    if (api !== undefined) web.endpoints = [{ ...api, address: "", asked: [api.address] }];
  });
  expect(taken.what).toMatch(/its address \S+ on network shop is taken by container api\.$/);
  expect(taken.commands).toEqual([
    "docker network disconnect shop api",
    "docker start web",
    "docker network connect shop api",
  ]);
});

test("a network that is gone, or made anew under its name: the container keeps an id", () => {
  const error = "failed to set up container networking: network 0123456789abcdef not found";
  const gone = typed(error, (_, web) => {
    web.endpoints = [
      { ...(web.endpoints[0] as LivingEndpoint), network: "old", networkId: "0123456789abcdef", asked: [] },
    ];
  });
  expect(gone.what).toBe("Container web does not run: nothing is left of network old, by which it was created.");
  expect(gone.commands).toEqual([
    "docker network create old",
    "docker network disconnect old web",
    "docker network connect old web",
    "docker start web",
  ]);
  const anew = typed(error, (_, web) => {
    const asked = ["10.1.0.9"];
    web.endpoints = [
      { ...(web.endpoints[0] as LivingEndpoint), network: "shop", networkId: "0123456789abcdef", asked },
    ];
  });
  expect(anew.commands?.slice(0, 2)).toEqual([
    "docker network disconnect shop web",
    "docker network connect --ip 10.1.0.9 shop web",
  ]);
});

test("a container that joins another: started after it, and never again where that one is gone", () => {
  const error = "joining network namespace of container: No such container: 8f2c0a6e2b1d";
  const gone = typed(error, (_, web) => {
    web.networkMode = "container:8f2c0a6e2b1d";
  });
  expect(gone).toMatchObject({ what: expect.stringContaining("does not exist any more"), commands: [] });
  const waits = typed("cannot join network of a non running container: api", ({ containers }, web) => {
    const api = containers.find(({ name }) => name === "api");
    Object.assign(api ?? {}, { status: "exited", pid: 0, inside: null });
    web.networkMode = `container:${api?.id}`;
  });
  expect(waits.commands).toEqual(["docker start api", "docker start web"]);
});
