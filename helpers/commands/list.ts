import { faultsDocument } from "../faults/document.ts";
import { PACKAGED_VERSIONS } from "../lab/engine-versions.ts";
import { renderCatalogue } from "../report/catalogue.ts";
import { keysDocument } from "../report/keys-document.ts";
import { DOCUMENTS } from "../requirement/sources.ts";
import { usage } from "../run/arguments.ts";
import { collectCatalogue } from "../run/collect-catalogue.ts";
import { runCommand } from "./run-command.ts";

/**
 * `npm run list`: the catalogue of requirements, collected from the suites themselves, without an engine.
 * `--json` for programs, `--markdown` for docs/catalogue.md, `--keys` for docs/daemon-json.md, `--faults` for docs/faults.md.
 */
async function main(words: readonly string[]): Promise<void> {
  const wrong = words.find((word) => !["--json", "--markdown", "--keys", "--faults"].includes(word));
  if (wrong !== undefined)
    throw usage(
      `npm run list knows --json, --markdown, --keys and --faults, not ${wrong}`,
      "npm run list, or npm run list -- with --json, --markdown, --keys or --faults",
    );
  if (words.includes("--faults")) {
    process.stdout.write(faultsDocument());
    return;
  }
  const entries = await collectCatalogue();
  if (words.includes("--json")) {
    console.log(JSON.stringify(entries, null, 2));
  } else if (words.includes("--markdown")) {
    process.stdout.write(renderCatalogue(entries, DOCUMENTS));
  } else if (words.includes("--keys")) {
    process.stdout.write(keysDocument(entries, PACKAGED_VERSIONS));
  } else {
    for (const { id, suite, must } of entries) console.log(`${id.padEnd(12)} ${suite.padEnd(14)} ${must}`);
    console.log(`\n${entries.length} requirements in ${new Set(entries.map((entry) => entry.suite)).size} suites`);
  }
}

await runCommand(main);
