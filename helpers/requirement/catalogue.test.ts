import { readFileSync } from "node:fs";
import { beforeAll, expect, test } from "vitest";
import { isNetworkKey } from "../configuration/keys/index.ts";
import { BEYOND_PROOF } from "../faults/beyond-proof.ts";
import { FAULTS } from "../faults/catalogue/index.ts";
import { PACKAGED_VERSIONS } from "../lab/engine-versions.ts";
import { renderCatalogue } from "../report/catalogue.ts";
import { renderCoverage } from "../report/coverage.ts";
import { renderDifferences } from "../report/documentation-differs.ts";
import { keysDocument } from "../report/keys-document.ts";
import { ASPECTS } from "../report/keys-table.ts";
import { understandSelection } from "../run/arguments.ts";
import { INDEX_FILE, type IndexedRequirement, renderIndex } from "../run/catalogue-index.ts";
import { collectCatalogue } from "../run/collect-catalogue.ts";
import { DOCUMENTS } from "./sources.ts";

/** How many claims the source documents make per topic; a claim without a requirement would be a silent gap. */
const CLAIMS: Readonly<Record<string, number>> = {
  NETLS: 19,
  NONE: 17,
  BRIDGE: 54,
  UDN: 36,
  CONNECT: 28,
  DNS: 17,
  HOSTCFG: 22,
  JOIN: 26,
  ISO: 10,
  HOST: 26,
  PORT: 36,
  NAT: 36,
  MACVLAN: 33,
  PATH: 33,
  OVERLAY: 14,
  DAEMON: 27,
  NETNS: 107,
  INSPECT: 66,
};

let catalogue: readonly IndexedRequirement[] = [];

beforeAll(async () => {
  catalogue = await collectCatalogue();
}, 240_000);

test.each(Object.entries(CLAIMS))("every claim of topic %s stands in the catalogue under its id", (topic, count) => {
  const ids = new Set(catalogue.map((entry) => entry.id));
  const wanted = Array.from({ length: count }, (_, index) => `${topic}-${String(index + 1).padStart(2, "0")}`);
  expect(wanted.filter((id) => !ids.has(id))).toEqual([]);
});

test("no id stands for two requirements", () => {
  const seen = new Set<string>();
  expect(catalogue.filter(({ id }) => seen.size === seen.add(id).size).map(({ id }) => id)).toEqual([]);
});

test("every requirement is one sentence that says MUST (or MAY) and names a source", () => {
  const odd = catalogue.filter(
    ({ must, sources }) => !/\b(MUST|MAY)\b/.test(must) || must.endsWith(".") || sources.length === 0,
  );
  expect(odd.map(({ id, must }) => `${id} ${must}`)).toEqual([]);
});

test("every requirement can be asked for by its id, its suite and its tags, and is not by another's", () => {
  const wanted = (is: (entry: IndexedRequirement) => boolean) =>
    catalogue
      .filter(is)
      .map(({ id }) => id)
      .toSorted();
  const chosen = (word: string) => [...(understandSelection([word]).ids ?? [])].toSorted();
  for (const id of wanted(() => true)) expect(chosen(id), id).toEqual([id]);
  for (const suite of new Set(catalogue.map((entry) => entry.suite)))
    expect(chosen(suite), suite).toEqual(wanted((entry) => entry.suite === suite));
  for (const tag of new Set(catalogue.flatMap(({ tags }) => tags)))
    expect(chosen(tag), tag).toEqual(wanted((entry) => entry.tags.includes(tag) || entry.suite === tag));
});

test("suites/catalogue.json is what the suites say (npm run documents)", () => {
  const written = readFileSync(new URL(`../../${INDEX_FILE}`, import.meta.url), "utf8");
  expect(written).toBe(renderIndex(catalogue));
});

test("docs/catalogue.md is what the suites say (npm run documents)", () => {
  const written = readFileSync(new URL("../../docs/catalogue.md", import.meta.url), "utf8");
  expect(written).toBe(renderCatalogue(catalogue, DOCUMENTS));
});

test("docs/coverage.md is what the suites cite (npm run documents)", () => {
  const written = readFileSync(new URL("../../docs/coverage.md", import.meta.url), "utf8");
  expect(written).toBe(renderCoverage(catalogue, DOCUMENTS));
});

test("docs/documentation-differs.md is what the suites say (npm run documents)", () => {
  const written = readFileSync(new URL("../../docs/documentation-differs.md", import.meta.url), "utf8");
  expect(written).toBe(renderDifferences(catalogue));
});

test("every source names a document that there is, a section of it that is stored, and the words where they can be read", () => {
  const odd = catalogue.flatMap(({ id, sources, differs = [] }) =>
    [...sources, ...differs.map(({ source }) => source)]
      .filter(({ kind, document: key, section, words, link }) => {
        const document = DOCUMENTS.find((one) => one.key === key);
        if (document?.kind !== kind) return true;
        if (words === undefined) return section === "";
        const place = section === "" ? document : document.sections.find(({ name }) => name === section);
        return words.trim() === "" || words.length > 300 || link === undefined || place?.link !== link;
      })
      .map((source) => `${id}: ${source.document}#${source.section}`),
  );
  expect(odd).toEqual([]);
});

test("docs/daemon-json.md is what the registry of keys and the suites' tags say (npm run documents)", () => {
  const written = readFileSync(new URL("../../docs/daemon-json.md", import.meta.url), "utf8");
  expect(written).toBe(keysDocument(catalogue, PACKAGED_VERSIONS));
});

test("a tag that names an aspect of a key names a key that there is", () => {
  const aspects = new Set<string>(ASPECTS);
  const odd = catalogue.flatMap(({ id, tags }) =>
    tags
      .map((tag) => tag.split(":") as [string, string | undefined])
      .filter(
        ([key, aspect]) => aspect !== undefined && !(aspects.has(aspect) && (isNetworkKey(key) || key === "file")),
      )
      .map((tag) => `${id} ${tag.join(":")}`),
  );
  expect(odd).toEqual([]);
});

test("what runs on hosts of its own is expected of their dockerd's faults, and of no other", () => {
  const ownHosts = new Set(catalogue.filter(({ needs }) => needs.includes("lab")).map(({ id }) => id));
  const odd = FAULTS.flatMap(({ id, strike, caughtBy }) => {
    const struckThere = strike.when === "dockerd of a lab host starts";
    return caughtBy.filter((one) => ownHosts.has(one) !== struckThere).map((one) => `${id}: ${one}`);
  });
  expect(odd).toEqual([]);
});

test("every requirement is expected by a fault, or it is said why none can redden it", () => {
  const expected = new Set(FAULTS.flatMap(({ caughtBy }) => caughtBy));
  const ids = catalogue.map(({ id }) => id);
  expect(ids.filter((id) => !expected.has(id) && BEYOND_PROOF[id] === undefined)).toEqual([]);
  expect(Object.keys(BEYOND_PROOF).filter((id) => expected.has(id) || !ids.includes(id))).toEqual([]);
});
