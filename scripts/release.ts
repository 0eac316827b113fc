/**
 * Makes a release: `npm run release`. Everything that needs no registry is done in a clone first, with `--dry-run` there
 * alone; else the clone's commit and tag become this checkout's. Nothing is pushed: pushing the tag starts
 * .github/workflows/release.yml, which publishes and signs. How: docs/contributing/releases.md.
 */
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { parse } from "yaml";
import { $ } from "zx";
import { defineCommand } from "../helpers/commands/command.ts";
import { UserError } from "../helpers/engine/errors.ts";
import { PROJECT_ROOT } from "../helpers/project-root.ts";
import { usage } from "../helpers/run/arguments.ts";
import { notesOf, planRelease } from "./release/plan.ts";
import { rehearse } from "./release/rehearse.ts";

const USAGE = "npm run release -- [--dry-run] [patch | minor | major | version]\nnpm run release -- --notes tag";
const WORKFLOW = ".github/workflows/release.yml";

interface Workflow {
  readonly jobs: Readonly<
    Record<string, { readonly steps: readonly { readonly name?: string; readonly run?: string }[] }>
  >;
}

/** What the workflow will do that can't be done here, by its own lines. */
async function publishing(): Promise<string[]> {
  const { jobs } = parse(await readFile(join(PROJECT_ROOT, WORKFLOW), "utf8")) as Workflow;
  return Object.values(jobs)
    .flatMap(({ steps }) => steps)
    .flatMap(({ name, run }) => (name?.startsWith("Publish: ") && run !== undefined ? [`# ${name}`, run.trim()] : []));
}

async function release(dryRun: boolean, wish: string | undefined): Promise<void> {
  const plan = await planRelease(PROJECT_ROOT, wish, new Date().toISOString().slice(0, 10));
  if (!dryRun && plan.unknown.length > 0)
    throw new UserError({
      tried: "Asking for the tags that there are",
      seen: `not known: ${plan.unknown.join(", ")}`,
      todo: "Make origin reachable (git remote -v), then again",
    });
  console.log(`${plan.tag}, whose changes are:\n\n${plan.notes}\n`);
  for (const what of plan.unknown) console.log(`not known: ${what}`);
  const wrong: string[] = [];
  await using rehearsal = await rehearse(PROJECT_ROOT, plan, (what, right, seen = "") => {
    if (!right) wrong.push(what);
    console.log(`${right ? "ok   " : "WRONG"} ${what}${right || seen === "" ? "" : `\n${seen}`}`);
  });
  if (wrong.length > 0)
    throw new UserError({
      tried: `Rehearsing ${plan.tag} in a clone`,
      seen: `${wrong.length} went wrong: ${wrong.join("; ")}`,
      todo: "Mend what is told above; nothing was changed here",
    });
  if (dryRun) {
    console.log(
      `\nNothing was changed here. npm run release makes the commit and ${plan.tag}; pushing it does, by ${WORKFLOW}:`,
    );
    console.log(`\n${(await publishing()).join("\n")}`);
    return;
  }
  await $({ cwd: PROJECT_ROOT, quiet: true })`git fetch --quiet ${rehearsal.clone} tag ${plan.tag}`;
  await $({ cwd: PROJECT_ROOT, quiet: true })`git merge --quiet --ff-only ${plan.tag}`;
  console.log(`\n${plan.tag} is made here. To publish it:\n  git push --atomic origin HEAD:main ${plan.tag}`);
}

await defineCommand({
  usage: USAGE,
  about: `Releases what stands below "Unreleased" in CHANGELOG.md. Its kinds say which number grows, unless a word does:
the patch where things were only fixed, the major one where some were removed, else the minor one. The first
release has the version of package.json.

  --dry-run   do it in a clone that is thrown away, and say what would be pushed and signed
  --notes     print the changes of a tag, which has to agree with package.json and CHANGELOG.md

Exit codes: 0 done, 2 refused or something went wrong (nothing was changed then), 64 wrong usage.`,
  options: { "dry-run": { type: "boolean" }, notes: { type: "string" } },
  takesWords: true,
  run: async ({ "dry-run": dryRun, notes }, words) => {
    $.verbose = false;
    if (words.length > 1) throw usage(`it takes one word, not ${words.join(" ")}`, USAGE.replace("\n", " or "));
    if (notes === undefined) return await release(dryRun, words[0]);
    if (dryRun || words.length > 0) throw usage("--notes stands alone", USAGE.replace("\n", " or "));
    console.log(await notesOf(PROJECT_ROOT, notes));
  },
}).start(process.argv.slice(2));
process.exit();
