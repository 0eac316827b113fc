import { createReadStream } from "node:fs";
import { join } from "node:path";
import type Dockerode from "dockerode";
import { execa } from "execa";
import { dockerErrorOf } from "../engine/docker-error.ts";
import { UserError } from "../engine/errors.ts";
import { findRoot } from "../engine/privileged.ts";
import { scratchDirectory } from "../engine/scratch-directory.ts";
import type { LabEngine } from "./engine-versions.ts";

/** Changes whenever the content below does: images of another content are assembled anew. */
const CONTENT = 1;

/** What a lab host has: an engine, and the tools with which its network is looked at and broken. */
const PACKAGES = [
  "docker.io",
  "docker-cli",
  "iptables",
  "iproute2",
  "net-tools",
  "tcpdump",
  "mount",
  "procps",
  "busybox-static",
  "ca-certificates",
];

/** The name of a lab host's image. */
export function engineImage(engine: LabEngine): string {
  return `docker-network-conformance/engine:${engine.version}-${CONTENT}`;
}

/**
 * Sees to it that the engine has the image of a lab host, assembling it from Debian's packages when it has not (half a
 * minute, once).
 * @param report gets one line when something has to be made
 * @throws UserError when it can't be assembled here
 */
export async function provideEngineImage(
  docker: Dockerode,
  engine: LabEngine,
  report: (line: string) => void,
): Promise<string> {
  const reference = engineImage(engine);
  if (await hasEngineImage(docker, engine)) return reference;
  report(`engine ${engine.version}: assembling its image from Debian ${engine.suite} (about half a minute, once)`);
  using scratch = scratchDirectory();
  const archive = join(scratch.path, "root.tar");
  const asRoot = await findRoot(`Assembling the lab's engine ${engine.version}`);
  if ((await execa("mmdebstrap", ["--version"], { reject: false })).failed) {
    report("mmdebstrap: installing it");
    await asRoot("apt-get", ["install", "--yes", "--no-install-recommends", "mmdebstrap"]);
  }
  const result = await asRoot("mmdebstrap", [
    "--variant=apt",
    `--include=${PACKAGES.filter((name) => engine.suite !== "bookworm" || name !== "docker-cli").join(",")}`,
    ...(engine.moving ? ['--aptopt=Acquire::Check-Valid-Until "false"'] : []),
    "--dpkgopt=path-exclude=/usr/share/doc/*",
    "--dpkgopt=path-exclude=/usr/share/man/*",
    "--dpkgopt=path-exclude=/usr/share/locale/*",
    engine.suite,
    archive,
  ]);
  if (result.failed) {
    throw new UserError({
      tried: `Assembling the lab's engine ${engine.version} from Debian ${engine.suite}`,
      seen: result.all.trim().split("\n").slice(-3).join(" "),
      todo: `The lab needs apt and a Debian mirror; or load an image named ${reference} into the engine.`,
    });
  }
  const [repo, tag] = reference.split(":");
  const stream = await docker.importImage(createReadStream(archive), { repo, tag });
  await new Promise<void>((resolve, reject) => {
    docker.modem.followProgress(stream, (error) => (error ? reject(error) : resolve()));
  });
  return reference;
}

/** Whether the engine has the image of a lab host. */
export async function hasEngineImage(docker: Dockerode, engine: LabEngine): Promise<boolean> {
  try {
    await docker.getImage(engineImage(engine)).inspect();
    return true;
  } catch (error) {
    if (dockerErrorOf(error)?.statusCode === 404) return false;
    throw error;
  }
}
