import { expect, test } from "vitest";
import type { Evidence } from "../model/evidence.ts";
import type { Outcome } from "../model/outcome.ts";
import type { AskedQuestion } from "../model/question.ts";
import { endpointsOf } from "../snapshot/snapshot.ts";
import { byAddress } from "./by-address.ts";
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
