import { execa } from "execa";
import { expect, test } from "vitest";
import { EXIT } from "../engine/errors.ts";
import { PROJECT_ROOT } from "../project-root.ts";

/** The project and whatever lies in it (its node_modules may be a link to elsewhere) may only be read. */
const READ_ONLY = `
for folder in "$1" "$(readlink -f "$1/node_modules")"; do
  mount --bind "$folder" "$folder" && mount -o remount,ro,bind "$folder" || exit 125
done
cd "$1" && shift && exec "$@"`;

async function inReadOnlyProject(...command: string[]) {
  const { DNC_REPORTS: _elsewhere, ...env } = process.env;
  return await execa("unshare", ["--map-root-user", "--mount", "sh", "-c", READ_ONLY, "sh", PROJECT_ROOT, ...command], {
    reject: false,
    stdin: "ignore",
    extendEnv: false,
    env: { ...env, NO_COLOR: "1" },
  });
}

/** On a busy machine vite remarks that reading the configuration took it more than a second or two. */
const SLOW_BUILD = /^.*\[PLUGIN_TIMINGS\][\s\S]*?See https:.*\n/m;

const possible = (await inReadOnlyProject("true")).exitCode === 0;

// `npm test` loads the same configuration another way.
test.skipIf(!possible).each([
  ["npx vitest", ["node_modules/.bin/vitest"]],
  ["npx vitest run suites/none", ["node_modules/.bin/vitest", "run", "suites/none"]],
  ["npm test -- none", ["node", "helpers/commands/dnc.ts", "test", "none"]],
])(
  "in a project that may not be written to, %s says so and nothing else",
  { timeout: 180_000 },
  async (_typed, command) => {
    const { exitCode, stdout, stderr } = await inReadOnlyProject(...command);
    const said = `${stdout}${stderr}`.replace(SLOW_BUILD, "");
    expect(said.trim().split("\n")).toEqual([
      `Writing the reports to ${PROJECT_ROOT}/reports`,
      "  read-only file system (EROFS)",
      "  → Make that folder writable for this user, or name another folder in DNC_REPORTS",
    ]);
    expect(exitCode).toBe(EXIT.notJudged);
  },
);
