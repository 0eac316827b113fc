import { mkdir, readdir, symlink, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { $ } from "zx";
import { PROJECT_ROOT } from "../helpers/project-root.ts";

/**
 * Installs the package of a checkout: from npm's cache or its registry, else with this checkout's own libraries linked
 * beside it.
 * @param root the checkout in whose `build` the archive lies
 * @param folder an empty one; `dnc` is in its `node_modules/.bin` afterwards
 * @returns by what it was installed, in words
 */
export async function installPackage(root: string, folder: string): Promise<string> {
  const [archive = ""] = (await readdir(join(root, "build"))).filter((name) => name.endsWith(".tgz"));
  const path = join(root, "build", archive);
  await writeFile(join(folder, "package.json"), "{}");
  const npm = await $({
    cwd: folder,
    nothrow: true,
    quiet: true,
  })`npm install ${path} --prefer-offline --no-audit --no-fund`;
  if (npm.exitCode === 0) return "npm";
  const modules = join(folder, "node_modules");
  const own = join(modules, "docker-network-conformance");
  await mkdir(own, { recursive: true });
  await $`tar xzf ${path} -C ${own} --strip-components=1`;
  for (const name of await readdir(join(PROJECT_ROOT, "node_modules")))
    if (!name.startsWith(".") && name !== "node")
      await symlink(join(PROJECT_ROOT, "node_modules", name), join(modules, name));
  await mkdir(join(modules, ".bin"));
  await symlink("../docker-network-conformance/helpers/commands/dnc.js", join(modules, ".bin/dnc"));
  await $`chmod +x ${join(own, "helpers/commands/dnc.js")}`;
  return "this checkout's node_modules, since npm could not";
}
