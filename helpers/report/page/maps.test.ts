import { expect, test } from "vitest";
import type { Card } from "../../model/cause.ts";
import type { LivingMap } from "../../model/living-map.ts";
import type { Subject } from "../../model/subject.ts";
import { livingHtml } from "./maps.ts";

const living: LivingMap = {
  uplinks: [{ device: "eth0", addresses: ["192.0.2.10"] }],
  networks: [
    {
      name: "bridge",
      driver: "bridge",
      device: "docker0",
      subnets: ["172.17.0.0/16"],
      state: "right",
      internal: false,
      containers: [
        { name: "web", project: null, status: "running", addresses: ["172.17.0.2"], ports: [], state: "right" },
      ],
    },
  ],
  stopped: [],
};

const card = (certainty: Card["certainty"], ...subjects: Subject[]): Card => ({
  key: "one",
  what: "Something is broken.",
  act: null,
  certainty,
  subjects,
  evidence: [],
  remedies: [],
  effect: "",
  explains: ["BRIDGE-01"],
});

const told = (...cards: Card[]): string => livingHtml(living, () => null, cards).text.split("</p>")[0] ?? "";

test("where no cause is known and nothing is broken, the map says so", () => {
  expect(told()).toContain("Nothing of theirs is broken.");
});

test("what a cause is about is broken, whatever its own rows say", () => {
  expect(told(card("seen", { kind: "network", name: "bridge" }))).toMatch(/Broken: .*network bridge/);
  expect(told(card("concluded", { kind: "container", name: "web" }))).toMatch(/Broken: .*web/);
  expect(livingHtml(living, () => null, [card("seen", { kind: "container", name: "web" })]).text).toContain("✗ web");
});

test("under a cause that is the host's, or a guess, nobody is said to be well", () => {
  for (const one of [card("seen", { kind: "host" }), card("guessed", { kind: "network", name: "bridge" })])
    expect(told(one)).toContain("None of them is broken by itself");
});
