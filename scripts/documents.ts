/** Writes the index of the catalogue and the generated pages of docs/ anew. `npm run check` tells when that is due. */
import { writeFile } from "node:fs/promises";
import { execa } from "execa";
import { FAULTS } from "../helpers/faults/catalogue/index.ts";
import { quickSet } from "../helpers/faults/quick-set.ts";
import { publishedSchema } from "../helpers/report/schema/published.ts";
import { catalogue, INDEX_FILE, renderIndex } from "../helpers/run/catalogue-index.ts";
import { collectCatalogue } from "../helpers/run/collect-catalogue.ts";
import { QUICK_FILE, renderQuickSet } from "../helpers/run/quick-index.ts";

/** Each page, and the form of the catalogue that it is. */
const PAGES = {
  "docs/catalogue.md": "--markdown",
  "docs/coverage.md": "--coverage",
  "docs/documentation-differs.md": "--differs",
  "docs/daemon-json.md": "--keys",
  "docs/faults.md": "--faults",
} as const;

const SCHEMA_FILE = "docs/results.schema.json";

// First: the pages are made of it.
await writeFile(INDEX_FILE, renderIndex(await collectCatalogue()));
console.log(INDEX_FILE);
await writeFile(QUICK_FILE, renderQuickSet(quickSet(FAULTS, catalogue())));
console.log(QUICK_FILE);
await writeFile(SCHEMA_FILE, `${JSON.stringify(publishedSchema(), null, 2)}\n`);
console.log(SCHEMA_FILE);
for (const [page, form] of Object.entries(PAGES)) {
  const { stdout } = await execa("node", ["helpers/commands/dnc.ts", "list", form], { stripFinalNewline: false });
  await writeFile(page, stdout);
  console.log(page);
}
