import { expect, test } from "vitest";
import { renderFaultsPage } from "../../faults/faults-page.ts";
import { conformantRun } from "../sample-results.ts";
import { renderMatrixPage } from "./matrix-page.ts";
import { OTHER_PAGES, proofsOf } from "./testing/pages.ts";
import { readPage } from "./testing/parsed.ts";

test.each(Object.entries(OTHER_PAGES))(
  "%s: a browser has nothing against it, and what a host says is text",
  (_name, page) => {
    const { elements, errors } = readPage(page);
    expect(errors).toEqual([]);
    expect(elements.filter(({ tag }) => ["pass", "failure", "img", "iframe"].includes(tag))).toEqual([]);
    expect(elements.filter(({ tag }) => tag === "script")).toHaveLength(1);
    for (const { attributes } of elements)
      expect(Object.keys(attributes).filter((name) => /^(on|style$)/.test(name))).toEqual([]);
    expect(elements.filter(({ tag }) => tag === "h1")).toHaveLength(1);
    // biome-ignore lint/suspicious/noControlCharactersInRegex: their absence is what is tested
    expect(page).not.toMatch(/[\u0000-\u0008\u000b-\u001f\u007f-\u009f\u202a-\u202e\u2066-\u2069]/);
  },
);

test("fragments lead somewhere", () => {
  for (const [name, page] of Object.entries(OTHER_PAGES)) {
    const { elements } = readPage(page);
    const ids = new Set(elements.flatMap(({ attributes }) => attributes.id ?? []));
    const fragments = elements.flatMap(({ attributes }) => /^#(.+)$/.exec(attributes.href ?? "")?.[1] ?? []);
    for (const fragment of fragments) expect(ids, `${name} #${fragment}`).toContain(fragment);
  }
});

test("a matrix shows at first only where the runs differ, and each cell leads to its run's page", () => {
  const [one] = conformantRun.requirements;
  const other = {
    ...conformantRun,
    requirements: conformantRun.requirements.map((result) =>
      result.id === one?.id ? { ...result, verdict: "not applicable" as const, reason: "so" } : result,
    ),
  };
  const { elements } = readPage(
    renderMatrixPage("engine", [
      { name: "a", folder: "a", results: conformantRun },
      { name: "b", folder: "b", results: other },
    ]),
  );
  const shown = elements.find(({ attributes }) => attributes.id === "differences");
  expect(shown?.text).toContain(one?.id);
  for (const { id } of conformantRun.requirements.slice(1)) expect(shown?.text).not.toContain(id);
  expect(elements.map(({ attributes }) => attributes.href)).toContain(`b/index.html#r-${one?.id}`);
});

test("500 faults and 800 requirements are a page below 1.5 MB", () => {
  const [one] = conformantRun.requirements;
  const catalogue = Array.from({ length: 800 }, (_, index) => ({ ...(one ?? expect.fail()), id: `NAT-${index}` }));
  const text = "The connection was refused although the container listens on the port that was asked.";
  const page = renderFaultsPage(
    proofsOf(
      500,
      catalogue.map(({ id }) => id),
      text,
    ),
    [],
    catalogue,
  );
  expect(page.length).toBeLessThan(1_500_000);
});
