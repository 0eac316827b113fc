import { faultsDocument } from "../faults/document.ts";
import { PACKAGED_VERSIONS } from "../lab/engine-versions.ts";
import { renderCatalogue } from "../report/catalogue.ts";
import { keysDocument } from "../report/keys-document.ts";
import { DOCUMENTS } from "../requirement/sources.ts";
import { usage } from "../run/arguments.ts";
import { collectCatalogue } from "../run/collect-catalogue.ts";
import { runCommand } from "./command.ts";

const USAGE = "npm run --silent list -- [--json | --markdown | --keys | --faults]";

const ABOUT = `The catalogue of requirements, collected from the suites themselves; needs no engine.
--json      for programs
--markdown  docs/catalogue.md
--keys      docs/daemon-json.md: what each networking key does, and what proves it
--faults    docs/faults.md: what is broken to prove that the suites notice
Exit codes: 0 done, 2 the suites can't be read, 64 wrong usage.`;

type Form = "json" | "markdown" | "keys" | "faults";

/** `npm run list`. @param form null: a line per requirement, for people */
async function list(form: Form | null): Promise<void> {
  if (form === "faults") {
    process.stdout.write(faultsDocument());
    return;
  }
  const entries = await collectCatalogue();
  if (form === "json") {
    console.log(JSON.stringify(entries, null, 2));
  } else if (form === "markdown") {
    process.stdout.write(renderCatalogue(entries, DOCUMENTS));
  } else if (form === "keys") {
    process.stdout.write(keysDocument(entries, PACKAGED_VERSIONS));
  } else {
    for (const { id, suite, must } of entries) console.log(`${id.padEnd(12)} ${suite.padEnd(14)} ${must}`);
    console.log(`\n${entries.length} requirements in ${new Set(entries.map((entry) => entry.suite)).size} suites`);
  }
}

await runCommand({
  usage: USAGE,
  about: ABOUT,
  options: {
    json: { type: "boolean" },
    markdown: { type: "boolean" },
    keys: { type: "boolean" },
    faults: { type: "boolean" },
  },
  takesWords: false,
  async run(values) {
    const forms = (["json", "markdown", "keys", "faults"] as const).filter((form) => values[form]);
    if (forms.length > 1) throw usage(`${forms.map((form) => `--${form}`).join(" and ")} exclude each other`, USAGE);
    await list(forms[0] ?? null);
  },
});
