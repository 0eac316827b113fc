import { FAULTS } from "../faults/catalogue/index.ts";
import { faultsDocument } from "../faults/document.ts";
import { PACKAGED_VERSIONS } from "../lab/engine-versions.ts";
import { renderCatalogue } from "../report/catalogue.ts";
import { renderCoverage } from "../report/coverage.ts";
import { renderDifferences } from "../report/documentation-differs.ts";
import { keysDocument } from "../report/keys-document.ts";
import { DOCUMENTS } from "../requirement/sources.ts";
import { understandSelection, usage } from "../run/arguments.ts";
import { catalogue } from "../run/catalogue-index.ts";
import { defineCommand } from "./command.ts";
import { writtenLines } from "./explanation-text.ts";

const USAGE =
  "npm run --silent list -- [suite, id or tag… | --json | --markdown | --coverage | --differs | --keys | --faults]";

const ABOUT = `The catalogue of requirements, collected from the suites themselves; needs no engine.
With suites, ids or tags: those in full, with the words that they rest on and where these can be opened.
--json      for programs
--markdown  docs/catalogue.md
--coverage  docs/coverage.md: the sections of the documents, with what is required of each
--differs   docs/documentation-differs.md: where the documentation says otherwise than engines do
--keys      docs/daemon-json.md: what each networking key does, and what proves it
--faults    docs/faults.md: what is broken to prove that the suites notice
Exit codes: 0 done, 2 the suites can't be read, 64 wrong usage.`;

/** Columns of what is shown in full. */
const WIDTH = 120;

type Form = "json" | "markdown" | "coverage" | "differs" | "keys" | "faults";

/**
 * `npm run list`.
 * @param form null: for people, a line per requirement
 * @param words suites, ids or tags, of which the requirements are shown in full
 */
async function list(form: Form | null, words: readonly string[]): Promise<void> {
  if (form === "faults") {
    process.stdout.write(faultsDocument());
    return;
  }
  const chosen = understandSelection(words).ids;
  const entries = catalogue();
  if (chosen !== null) {
    const shown = entries.filter(({ id }) => chosen.includes(id));
    console.log(shown.map((entry) => writtenLines(entry, FAULTS, WIDTH).join("\n")).join("\n\n"));
  } else if (form === "json") {
    console.log(JSON.stringify(entries, null, 2));
  } else if (form === "markdown") {
    process.stdout.write(renderCatalogue(entries, DOCUMENTS));
  } else if (form === "coverage") {
    process.stdout.write(renderCoverage(entries, DOCUMENTS));
  } else if (form === "differs") {
    process.stdout.write(renderDifferences(entries));
  } else if (form === "keys") {
    process.stdout.write(keysDocument(entries, PACKAGED_VERSIONS));
  } else {
    for (const { id, suite, must } of entries) console.log(`${id.padEnd(12)} ${suite.padEnd(14)} ${must}`);
    console.log(`\n${entries.length} requirements in ${new Set(entries.map((entry) => entry.suite)).size} suites`);
  }
}

export const command = defineCommand({
  usage: USAGE,
  about: ABOUT,
  options: {
    json: { type: "boolean" },
    markdown: { type: "boolean" },
    coverage: { type: "boolean" },
    differs: { type: "boolean" },
    keys: { type: "boolean" },
    faults: { type: "boolean" },
  },
  takesWords: true,
  async run(values, words) {
    const forms = (["json", "markdown", "coverage", "differs", "keys", "faults"] as const).filter(
      (form) => values[form],
    );
    if (forms.length > 1) throw usage(`${forms.map((form) => `--${form}`).join(" and ")} exclude each other`, USAGE);
    if (forms.length > 0 && words.length > 0) throw usage(`--${forms[0]} takes no ${words.join(" ")}`, USAGE);
    await list(forms[0] ?? null, words);
  },
});
