import { existsSync } from "node:fs";
import { rm } from "node:fs/promises";
import { join } from "node:path";
import { messageOf } from "../engine/docker-error.ts";
import { UserError } from "../engine/errors.ts";
import { UNIT_NAMES } from "../watch/units.ts";
import { defineCommand } from "./command.ts";
import { SYSTEM_FOLDER, systemctl } from "./install-units.ts";
import { userPath } from "./user-file.ts";

const ABOUT = `Takes away the units that npm run install-units made: stops and disables them, and removes their files. Their reports stay in
/var/lib/docker-netcheck.
--folder DIR   only removes the files there
Exit codes: 0 they are gone, 2 it could not be done, 64 wrong usage.`;

export const command = defineCommand({
  usage: "npm run remove-units -- [--folder /etc/systemd/system]",
  about: ABOUT,
  options: { folder: { type: "string" } },
  takesWords: false,
  async run({ folder }) {
    const target = folder === undefined ? SYSTEM_FOLDER : userPath(folder);
    const there = UNIT_NAMES.filter((name) => existsSync(join(target, name)));
    if (there.length === 0) {
      process.stdout.write(`there are none in ${target}\n`);
      return;
    }
    if (folder === undefined) await systemctl("disable", "--now", ...there);
    for (const name of there)
      await rm(join(target, name)).catch((error: unknown) => {
        throw new UserError({
          tried: `Removing ${join(target, name)}`,
          seen: messageOf(error),
          todo: "Do it as root, or as whom the folder belongs to.",
        });
      });
    for (const name of there) process.stdout.write(`${join(target, name)}: removed\n`);
    if (folder === undefined) await systemctl("daemon-reload");
  },
});
