import { mkdir } from "node:fs/promises";
import { join } from "node:path";
import type Dockerode from "dockerode";
import { execa } from "execa";
import { downloadPackages, type PackageFile } from "./apt-packages.ts";
import { assembleBusybox, BUSYBOX_PACKAGES } from "./assemble-busybox.ts";
import { assembleNginx, NGINX_PACKAGES } from "./assemble-nginx.ts";
import { UserError } from "./errors.ts";
import { IMAGE_SOURCES, type ImageRole, ORIGIN_LABEL } from "./image-choice.ts";
import { progress } from "./image-progress.ts";
import { scratchDirectory } from "./scratch-directory.ts";

const PACKAGES_LABEL = "docker-network-conformance.image.packages";

const PATH = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin";

interface Recipe {
  readonly packages: readonly string[];
  readonly assemble: (packages: readonly PackageFile[], root: string) => Promise<void>;
  /** Dockerfile instructions that make the image start like the official one. */
  readonly instructions: readonly string[];
}

const RECIPES: Readonly<Record<ImageRole, Recipe>> = {
  busybox: { packages: BUSYBOX_PACKAGES, assemble: assembleBusybox, instructions: ['CMD ["sh"]'] },
  nginx: {
    packages: NGINX_PACKAGES,
    assemble: assembleNginx,
    instructions: ["EXPOSE 80", 'CMD ["nginx", "-g", "daemon off;"]'],
  },
};

/** Debian's names of architectures that the engine (Go) calls otherwise. */
const DEBIAN_ARCHITECTURES: Readonly<Record<string, string>> = { "386": "i386", arm: "armhf", ppc64le: "ppc64el" };

/** The packages under this machine's apt are for this machine: an engine on another architecture can't run them. */
async function refuseForeignArchitecture(docker: Dockerode): Promise<void> {
  const { Arch } = await docker.version();
  const engine = DEBIAN_ARCHITECTURES[Arch] ?? Arch;
  const dpkg = await execa("dpkg", ["--print-architecture"], { reject: false });
  if (!dpkg.failed && dpkg.stdout === engine) return;
  throw new UserError({
    tried: "assembling the images from the distribution's packages",
    seen: dpkg.failed
      ? "this machine has no dpkg and apt"
      : `this machine's packages are for ${dpkg.stdout}, the engine runs ${engine}`,
    todo: `Load busybox and nginx images into the engine (docker load), or name images that it has in ${IMAGE_SOURCES.busybox.variable} and ${IMAGE_SOURCES.nginx.variable}.`,
  });
}

async function assembleImage(
  docker: Dockerode,
  role: ImageRole,
  packages: readonly PackageFile[],
  scratch: string,
): Promise<void> {
  const { assemble, instructions } = RECIPES[role];
  const root = join(scratch, role);
  const tarball = join(scratch, `${role}.tar`);
  await mkdir(root);
  await assemble(packages, root);
  await execa("tar", [
    ...["--create", "--file", tarball, "--directory", root, "--sort=name"],
    ...["--owner=0", "--group=0", "--numeric-owner", "."],
  ]);
  const versions = packages.map(({ name, version }) => `${name}=${version}`).join(" ");
  const [repo, tag] = IMAGE_SOURCES[role].assembled.split(":");
  const stream = await docker.importImage(tarball, {
    repo,
    tag,
    changes: [
      ...instructions,
      `ENV PATH=${PATH}`,
      `LABEL ${ORIGIN_LABEL}=assembled`,
      `LABEL ${PACKAGES_LABEL}=${JSON.stringify(versions)}`,
    ],
  });
  await progress(docker, stream);
}

/**
 * Puts images together from the packages of this machine's distribution and imports them into the engine through its
 * API, so that a remote engine gets them as well. Nothing is installed on this machine.
 *
 * @throws UserError when this machine has no apt, the engine runs another architecture, or packages can't be had
 */
export async function assembleImages(docker: Dockerode, roles: readonly ImageRole[]): Promise<void> {
  await refuseForeignArchitecture(docker);
  using scratch = scratchDirectory();
  await Promise.all(
    roles.map(async (role) => {
      const directory = join(scratch.path, `${role}-packages`);
      await mkdir(directory);
      const packages = await downloadPackages(RECIPES[role].packages, directory);
      await assembleImage(docker, role, packages, scratch.path);
    }),
  );
}
