import { readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { PROJECT_ROOT } from "./project-root.ts";
import { understandSelection } from "./run/arguments.ts";
import { settingsTable } from "./run/settings.ts";

const README = readFileSync(join(PROJECT_ROOT, "README.md"), "utf8");
const { scripts } = JSON.parse(readFileSync(join(PROJECT_ROOT, "package.json"), "utf8")) as {
  readonly scripts: Readonly<Record<string, string>>;
};

/** What the README tells its readers to type, without the comments behind it. */
const lines = [...README.matchAll(/(?:^|`|&& )(npm (?:test|run)[^`\n#&]*)/gm)].map(([, line = ""]) => line.trim());

test.each([...new Set(lines)])("%s can be typed", (line) => {
  const [, name = "", rest = ""] = /^npm (?:run (?:--silent )?)?(\S+)(?: -- (.*))?$/.exec(line) ?? [];
  expect(Object.keys(scripts)).toContain(name);
  const chooses = ["test", "test:lab", "matrix", "prove"].includes(name);
  // Options are each command's own, and their values follow them.
  const words = rest.replaceAll(/--(engines|only|faults|layer|jobs|changed)[ =]\S+|--\S+/g, "").split(" ");
  if (chooses) expect(() => understandSelection(words.filter((word) => word !== ""))).not.toThrow();
});

test("the table of variables is the one that the commands go by", () => {
  expect(README).toContain(`${settingsTable()}\n`);
});
