import { chmod, mkdir, stat, symlink, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { execa } from "execa";
import { type PackageFile, unpackPackages } from "./apt-packages.ts";

/** Debian packages of the busybox image. */
export const BUSYBOX_PACKAGES: readonly string[] = ["busybox-static"];

/**
 * Lays out the directories and account files that any image has, on a merged `/usr`: `/bin`, `/sbin` and the `/lib`s
 * are links, as packages of this decade expect. Docker mounts `/dev`, `/proc`, `/sys` and writes `/etc/hosts`,
 * `/etc/hostname` and `/etc/resolv.conf`.
 */
export async function layOutRoot(root: string): Promise<void> {
  const directories = ["usr/bin", "usr/sbin", "usr/lib", "usr/lib64", "etc", "root", "home", "run", "var/log"];
  const mountpoints = ["dev/shm", "dev/pts", "proc", "sys"];
  for (const directory of [...directories, ...mountpoints, "tmp", "var/tmp"]) {
    await mkdir(join(root, directory), { recursive: true });
  }
  for (const link of ["bin", "sbin", "lib", "lib64"]) await symlink(`usr/${link}`, join(root, link));
  await symlink("/run", join(root, "var/run"));
  for (const open of ["tmp", "var/tmp", "dev/shm"]) await chmod(join(root, open), 0o1777);
  await chmod(join(root, "root"), 0o700);

  const accounts: readonly (readonly [name: string, id: number, home: string])[] = [
    ["root", 0, "/root"],
    ["daemon", 1, "/usr/sbin"],
    ["www-data", 33, "/var/www"],
    ["nginx", 101, "/nonexistent"],
    ["nobody", 65534, "/nonexistent"],
  ];
  const passwd = accounts.map(
    ([name, id, home]) => `${name}:x:${id}:${id}:${name}:${home}:${id ? "/bin/false" : "/bin/sh"}`,
  );
  await writeFile(join(root, "etc/passwd"), `${passwd.join("\n")}\n`);
  await writeFile(join(root, "etc/group"), `${accounts.map(([name, id]) => `${name}:x:${id}:`).join("\n")}\n`);
  // Without this file glibc asks DNS before /etc/hosts.
  await writeFile(join(root, "etc/nsswitch.conf"), "passwd: files\ngroup: files\nhosts: files dns\n");
}

/**
 * Puts the static busybox and a link per applet into a root directory; an applet never replaces a file that is there.
 *
 * @returns the names of the applets that were linked
 */
export async function installBusybox(packages: readonly PackageFile[], root: string): Promise<readonly string[]> {
  await unpackPackages(packages, root);
  const { stdout } = await execa(join(root, "usr/bin/busybox"), ["--list"]);
  const linked: string[] = [];
  for (const applet of stdout.split("\n")) {
    const taken = await Promise.all(
      // `busybox` itself is in the list: a link of that name would point at itself.
      ["usr/bin", "usr/sbin"].map((directory) =>
        stat(join(root, directory, applet)).then(
          () => true,
          () => false,
        ),
      ),
    );
    if (applet === "" || taken.includes(true)) continue;
    await symlink("busybox", join(root, "usr/bin", applet));
    linked.push(applet);
  }
  return linked;
}

/** Builds the root directory of the busybox image. */
export async function assembleBusybox(packages: readonly PackageFile[], root: string): Promise<void> {
  await layOutRoot(root);
  await installBusybox(packages, root);
}
