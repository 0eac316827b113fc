/** Writes the generated pages of docs/ anew. `npm run check` tells when that is due. */
import { writeFile } from "node:fs/promises";
import { $ } from "zx";

/** Each page, and the form of the catalogue that it is. */
const PAGES = {
  "docs/catalogue.md": "--markdown",
  "docs/coverage.md": "--coverage",
  "docs/documentation-differs.md": "--differs",
  "docs/daemon-json.md": "--keys",
  "docs/faults.md": "--faults",
} as const;

for (const [page, form] of Object.entries(PAGES)) {
  const { stdout } = await $({ quiet: true })`node helpers/commands/dnc.ts list ${form}`;
  await writeFile(page, stdout);
  console.log(page);
}
