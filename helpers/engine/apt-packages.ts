import { mkdir, readdir, writeFile } from "node:fs/promises";
import { basename, join } from "node:path";
import { execa } from "execa";
import { UserError } from "./errors.ts";

/** A package file as apt stored it. */
export interface PackageFile {
  readonly path: string;
  readonly name: string;
  readonly version: string;
}

/**
 * Reads a package's name and version from the file name that apt gives it.
 *
 * @param file `busybox-static_1%3a1.35.0-4_amd64.deb`: name, version (`:` as `%3a`) and architecture
 */
export function parsePackageFile(file: string): PackageFile {
  const [name = "", version = ""] = basename(file, ".deb").split("_");
  return { path: file, name, version: decodeURIComponent(version) };
}

/** Packages that the wanted ones depend on but that nothing in an image needs: apt is told that they are there. */
const ASSUMED_INSTALLED = ["debconf", "iproute2", "init-system-helpers", "lsb-base", "adduser"];

/**
 * A configuration under which apt believes that nothing is installed, so that it fetches the whole closure of
 * dependencies, and under which it neither locks nor writes anything outside `directory`. Installing the packages in
 * the ordinary way is out of the question: nginx's would start a web server on this machine.
 */
function privateConfiguration(directory: string, ownLists: boolean): string {
  return [
    "#clear APT::Update::Pre-Invoke;",
    "#clear APT::Update::Post-Invoke;",
    "#clear APT::Update::Post-Invoke-Success;",
    "#clear DPkg::Pre-Install-Pkgs;",
    "#clear DPkg::Pre-Invoke;",
    "#clear DPkg::Post-Invoke;",
    `Dir::State::status "${directory}/status";`,
    `Dir::State::extended_states "${directory}/extended_states";`,
    `Dir::Cache "${directory}/cache";`,
    `Dir::Cache::archives "${directory}/archives";`,
    ...(ownLists ? [`Dir::State::lists "${directory}/lists";`] : []),
    // apt's download user could not write here; the directory is removed in a moment anyway.
    'APT::Sandbox::User "root";',
    'Debug::NoLocking "true";',
    // Without it an update that reached no mirror ends with 0.
    'APT::Update::Error-Mode "any";',
    "",
  ].join("\n");
}

async function apt(configuration: string, ...words: string[]): Promise<{ ok: boolean; error: string }> {
  const result = await execa("apt-get", ["--config-file", configuration, "--quiet=2", ...words], {
    reject: false,
    timeout: 180_000,
    stdin: "ignore",
    env: { LC_ALL: "C", DEBIAN_FRONTEND: "noninteractive" },
  });
  if (!result.failed) return { ok: true, error: "" };
  const lines = [...result.stderr.split("\n"), result.shortMessage ?? ""].filter((line) => line !== "");
  return { ok: false, error: lines.find((line) => line.startsWith("E:")) ?? lines[0] ?? "" };
}

/**
 * Downloads packages and everything they depend on, for this machine's architecture, without installing anything and
 * without the rights of root.
 *
 * The package lists of the machine are used as they are; only when they don't do (none there, or too old), fresh ones
 * are fetched into `directory`.
 *
 * @param directory an empty private directory; the files stay there
 * @throws UserError when apt is missing, or a package can't be had
 */
export async function downloadPackages(names: readonly string[], directory: string): Promise<readonly PackageFile[]> {
  const archives = join(directory, "archives");
  await mkdir(join(archives, "partial"), { recursive: true });
  await mkdir(join(directory, "lists", "partial"), { recursive: true });
  const assumed = ASSUMED_INSTALLED.map((name) =>
    [
      `Package: ${name}`,
      "Status: install ok installed",
      "Version: 9999",
      "Architecture: all",
      "Maintainer: nobody <nobody@localhost>",
      "Description: assumed",
      "",
    ].join("\n"),
  );
  await writeFile(join(directory, "status"), `${assumed.join("\n")}\n`);

  const configuration = join(directory, "apt.conf");
  const download = ["install", "--yes", "--no-install-recommends", "--download-only", ...names];
  await writeFile(configuration, privateConfiguration(directory, false));
  let done = await apt(configuration, ...download);
  if (!done.ok) {
    await writeFile(configuration, privateConfiguration(directory, true));
    const updated = await apt(configuration, "update");
    done = await apt(configuration, ...download);
    if (!done.ok) {
      throw new UserError({
        tried: `downloading the packages ${names.join(", ")} with apt-get`,
        seen: updated.ok ? done.error : `${done.error}; apt-get update: ${updated.error}`,
        todo: "Set DNC_BUSYBOX_IMAGE and DNC_NGINX_IMAGE to images that the engine has, or make apt or a registry reachable.",
      });
    }
  }
  const files = (await readdir(archives)).filter((file) => file.endsWith(".deb")).sort();
  return files.map((file) => parsePackageFile(join(archives, file)));
}

/**
 * Unpacks packages into a directory, none of their scripts run. Where a package brings a directory and the target has
 * a link to one (`/lib` → `/usr/lib`), the link stays and is followed.
 */
export async function unpackPackages(packages: readonly PackageFile[], directory: string): Promise<void> {
  for (const { path } of packages) {
    const tarball = execa("dpkg-deb", ["--fsys-tarfile", path], { encoding: "buffer", buffer: { stdout: false } });
    await tarball.pipe("tar", [
      "--extract",
      "--directory",
      directory,
      "--keep-directory-symlink",
      "--no-same-owner",
      "--exclude=./usr/share/doc/*",
      "--exclude=./usr/share/man/*",
      "--exclude=./usr/share/lintian/*",
      "--exclude=./usr/share/vim/*",
      "--exclude=*/gconv/*",
    ]);
  }
}
