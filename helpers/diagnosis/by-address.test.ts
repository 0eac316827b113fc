import { expect, test } from "vitest";
import type { Evidence } from "../model/evidence.ts";
import type { Outcome } from "../model/outcome.ts";
import type { AskedQuestion } from "../model/question.ts";
import { endpointsOf } from "../snapshot/snapshot.ts";
import { byAddress, passedOn } from "./by-address.ts";
import { healthy } from "./checks/testing/healthy.ts";

const snapshot = healthy();

/** Two containers that share a network on which names are resolved. */
const networks = snapshot.networks.filter(({ Name }) => Name !== "bridge").map(({ Name }) => Name);
const [[asker, target] = []] = networks
  .map((network) =>
    snapshot.containers.filter((container) =>
      endpointsOf(container).some(({ name, settings }) => name === network && settings.IPAddress !== ""),
    ),
  )
  .filter((members) => members.length > 1);
if (asker === undefined || target === undefined) throw new Error("the captured snapshot has no two on a network");

function asked(to: string, outcome: Outcome) {
  const question: AskedQuestion = {
    kind: "reach",
    from: { kind: "container", name: asker?.name ?? "" },
    to,
    protocol: "tcp",
    port: 80,
    size: null,
  };
  const probe = { question, outcome } as Evidence;
  return byAddress(snapshot, {
    direction: "blocked",
    questions: [question],
    subjects: [],
    scope: [],
    probes: [probe],
    refusal: null,
  });
}

const addresses = endpointsOf(target).map(({ settings }) => settings.IPAddress);

test("a container's name that was found is its address, in the question and in its answer alike", () => {
  const { questions, probes } = asked(target.name, "timed out");
  expect(addresses).toContain(questions[0]?.kind === "reach" ? questions[0].to : "");
  expect(probes[0]?.question).toEqual(questions[0]);
});

test.each<[string, string, Outcome]>([
  ["a name that was not found", target.name, "name not found"],
  ["a name that no container has", "www.example.com", "timed out"],
  ["an address", "10.9.9.9", "timed out"],
])("%s stays", (_, to, outcome) => {
  expect(asked(to, outcome).questions).toMatchObject([{ to }]);
});

test("what goes to a published port on the loopback goes on to its container; what goes elsewhere does not", () => {
  const publisher = snapshot.containers
    .flatMap((container) =>
      Object.entries(container.inspected.NetworkSettings.Ports ?? {}).map(([port, bindings]) => ({
        container,
        port,
        bindings,
      })),
    )
    .find(({ port, bindings }) => port.endsWith("/tcp") && bindings?.[0]?.HostPort !== undefined);
  if (publisher === undefined) throw new Error("the captured snapshot publishes no TCP port");
  const port = Number(publisher.bindings?.[0]?.HostPort);
  const from = { kind: "host", name: "" } as const;
  const question = (to: string, of: number): AskedQuestion => ({
    kind: "reach",
    from,
    to,
    protocol: "tcp",
    port: of,
    size: null,
  });
  const on = (to: string, of = port) => passedOn(snapshot, { questions: [question(to, of)] });
  for (const loopback of ["127.0.0.1", "::1"])
    expect(on(loopback)).toEqual([
      question(endpointsOf(publisher.container)[0]?.settings.IPAddress ?? "", Number.parseInt(publisher.port, 10)),
    ]);
  expect(on("127.0.0.1", 1)).toEqual([]);
});

test("a port of the host that a container asks is docker-proxy's where no rule translates it, and it asks from the host", () => {
  const asked = (address: string) =>
    passedOn(healthy(), {
      questions: [
        {
          kind: "reach",
          from: { kind: "container", name: "dnc-rfake000-site-peer" },
          to: address,
          protocol: "tcp",
          port: 18_082,
          size: 1448,
        },
      ],
    });
  const own = healthy().host?.addresses.find(({ name }) => name === "eth0")?.addresses[0]?.address ?? "";
  expect(asked(own)).toMatchObject([{ from: { kind: "host" }, port: 80, size: 1448 }]);
  expect(asked("198.51.100.1")).toEqual([]);
});
