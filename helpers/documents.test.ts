import { existsSync, readdirSync, readFileSync } from "node:fs";
import { dirname, join, resolve } from "node:path";
import { expect, test } from "vitest";
import { PROJECT_ROOT } from "./project-root.ts";
import { understandSelection } from "./run/arguments.ts";
import { settingsTable } from "./run/settings.ts";

const README = "README.md";
/** What people read. The generated pages are held by their generators' tests. */
const PAGES = [
  README,
  "CONTRIBUTING.md",
  ...readdirSync(join(PROJECT_ROOT, "docs"), { recursive: true, encoding: "utf8" })
    .filter((name) => name.endsWith(".md"))
    .map((name) => join("docs", name)),
];
const textOf = (page: string) => readFileSync(join(PROJECT_ROOT, page), "utf8");
const { scripts } = JSON.parse(textOf("package.json")) as { readonly scripts: Readonly<Record<string, string>> };

/** What readers are told to type, without the comments behind it; examples of what is still to be written left out. */
const lines = PAGES.filter((page) => !page.startsWith("docs/contributing/")).flatMap((page) =>
  [...textOf(page).matchAll(/(?:^|`|&& )(npm (?:test|run)[^`\n#&…]*)/gm)].map(([, line = ""]) => line.trim()),
);

test.each([...new Set(lines)])("%s can be typed", (line) => {
  const [, name = "", rest = ""] = /^npm (?:run (?:--silent )?)?(\S+)(?: -- (.*))?$/.exec(line) ?? [];
  expect(Object.keys(scripts)).toContain(name);
  const chooses = ["test", "test:lab", "matrix", "prove"].includes(name);
  // Options are each command's own, and their values follow them.
  const words = rest.replaceAll(/--(engines|only|faults|layer|jobs|changed)[ =]\S+|--\S+/g, "").split(" ");
  if (chooses) expect(() => understandSelection(words.filter((word) => word !== ""))).not.toThrow();
});

test.each(PAGES)("%s links to what is there", (page) => {
  const links = [...textOf(page).matchAll(/\]\(([^)#\s]+)(?:#[^)]*)?\)/g)].map(([, link = ""]) => link);
  const broken = links
    .filter((link) => !/^https?:/.test(link))
    .filter((link) => !existsSync(resolve(PROJECT_ROOT, dirname(page), link)));
  expect(broken).toEqual([]);
});

test("the first page is read to its end", () => {
  expect(textOf(README).split("\n").length).toBeLessThanOrEqual(150);
});

test("the table of variables is the one that the commands go by", () => {
  expect(textOf("docs/guide/settings.md")).toContain(`${settingsTable()}\n`);
});
