import { expect, test } from "vitest";
import {
  type ConfigurationRun,
  configurationLine,
  configurationsMarkdown,
  formatConfigurations,
} from "./configurations-table.ts";
import { conformantRun } from "./sample-results.ts";

const [sample] = conformantRun.requirements;
if (sample === undefined) throw new Error("the sample has no requirement");

const clean: ConfigurationRun = {
  engine: "28.5",
  configuration: "bip",
  daemonJson: { bip: "10.0.0.1/24" },
  results: conformantRun,
};
const alarmed: ConfigurationRun = {
  ...clean,
  configuration: "no-proxy",
  results: {
    ...conformantRun,
    requirements: [
      { ...sample, id: "NAT-10", verdict: "fail", reason: "a | reason" },
      { ...sample, id: "NAT-9", verdict: "error", reason: "no tool" },
    ],
  },
};
const leftOut: ConfigurationRun = {
  ...clean,
  engine: "20.10",
  configuration: "bip6",
  results: null,
  excluded: "no such key",
};
const refused: ConfigurationRun = { ...clean, configuration: "odd", results: null, trouble: "dockerd ended: odd" };

test("a line tells the counts, what failed and what could not be measured", () => {
  expect(configurationLine(clean)).toMatch(/^28\.5 +bip +\d+ passed/);
  expect(configurationLine(alarmed)).toMatch(/NAT-10 NAT-9 \(error\)$/);
});

test("a configuration that an engine can't have is left out with the reason; one that has no results is no success", () => {
  expect(configurationLine(leftOut)).toContain("left out: no such key");
  expect(configurationLine(refused)).toContain("NO RESULTS: dockerd ended: odd");
});

test("something left behind is told", () => {
  const run = {
    ...clean,
    results: { ...conformantRun, residue: { state: "left" as const, items: ["links: veth1 appeared"] } },
  };
  expect(configurationLine(run)).toContain("left behind: links: veth1 appeared");
});

test("the end names each alarm with the configurations that raised it, by id", () => {
  const text = formatConfigurations([clean, alarmed, { ...alarmed, configuration: "both" }, leftOut]);
  expect(text).toContain("3 runs, 1 of them without an alarm; 1 left out.");
  expect(text).toMatch(/NAT-9 +28\.5 no-proxy, 28\.5 both\n +NAT-10 +28\.5 no-proxy, 28\.5 both/);
});

test("Markdown: a reason can't break the table", () => {
  expect(configurationsMarkdown([alarmed])).toContain("a \\| reason");
});

test("a line tells what the run altered of what ran there, and what could not run there", () => {
  const line = configurationLine({ ...clean, changed: ["container shop"], missing: ["macvlan: no such driver"] });
  expect(line).toMatch(/ {2}CHANGED: container shop {2}without macvlan: no such driver$/);
  expect(configurationLine({ ...clean, changed: [], missing: [] })).toBe(configurationLine(clean));
});
