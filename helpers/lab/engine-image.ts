import { createReadStream } from "node:fs";
import { join } from "node:path";
import type Dockerode from "dockerode";
import { dockerErrorOf, messageOf } from "../engine/docker-error.ts";
import { UserError } from "../engine/errors.ts";
import { imageSettings } from "../engine/image-choice.ts";
import { findRoot } from "../engine/privileged.ts";
import { pullImage } from "../engine/pull-image.ts";
import { scratchDirectory } from "../engine/scratch-directory.ts";
import { type DebianSuite, type LabEngine, PACKAGED_VERSIONS } from "./engine-versions.ts";

/** Changes whenever the content below does: images of another content are assembled anew. */
const CONTENT = 4;

/**
 * What a lab host has: an engine, the tools with which its network is looked at and broken, and what makes it one of
 * the kinds of host that operators have (rootless, with firewalld).
 */
const PACKAGES = [
  "docker.io",
  "docker-cli",
  "iptables",
  "nftables",
  "iproute2",
  "conntrack",
  "net-tools",
  "tcpdump",
  "mount",
  "procps",
  "busybox-static",
  "ca-certificates",
  "rootlesskit",
  "slirp4netns",
  "uidmap",
  "firewalld",
  "dbus",
];

/** The name of a lab host's image. */
function engineImage(engine: LabEngine): string {
  return `docker-network-conformance/engine:${engine.version}-${CONTENT}`;
}

/** The official image of a version: what it lacks (tcpdump, iproute2) leaves the rows that need it not run. */
function officialImage(engine: LabEngine): string {
  const { mirror } = imageSettings(process.env);
  return `${mirror || "docker.io"}/library/docker:${engine.version}-dind`;
}

/**
 * Sees to it that the engine has the image of a lab host: assembled from Debian's packages (half a minute, once), or,
 * where that is not possible, the official image from a registry.
 * @param report gets a line when something has to be made
 * @throws UserError when neither way is open
 */
export async function provideEngineImage(
  docker: Dockerode,
  engine: LabEngine,
  report: (line: string) => void,
): Promise<string> {
  for (const reference of [engineImage(engine), officialImage(engine)])
    if (await has(docker, reference)) return reference;
  try {
    if (engine.debian !== null) return await assemble(docker, engine, engine.debian, report);
    throw new UserError({
      tried: `Providing the lab's engine ${engine.version}`,
      seen: "no Debian suite has this version",
      todo: `Make a registry reachable (DNC_REGISTRY_MIRROR), load an image named ${engineImage(engine)} into the engine, or choose among ${PACKAGED_VERSIONS.join(", ")}.`,
    });
  } catch (error) {
    if (!(error instanceof UserError)) throw error;
    return await pullOfficial(docker, engine, error, report);
  }
}

/** @param instead why it is not assembled; thrown, with the registry's words, when the image can't be pulled either */
async function pullOfficial(
  docker: Dockerode,
  engine: LabEngine,
  instead: UserError,
  report: (line: string) => void,
): Promise<string> {
  const official = officialImage(engine);
  report(`engine ${engine.version}: ${instead.seen}; pulling ${official}`);
  try {
    await pullImage(docker, official);
  } catch (refusal) {
    const reason = messageOf(refusal);
    throw new UserError({
      tried: instead.tried,
      seen: `${instead.seen}; and ${official} can't be pulled: ${reason}`,
      todo: instead.todo,
    });
  }
  return official;
}

async function assemble(
  docker: Dockerode,
  engine: LabEngine,
  suite: DebianSuite,
  report: (line: string) => void,
): Promise<string> {
  const reference = engineImage(engine);
  report(`engine ${engine.version}: assembling its image from Debian ${suite.name} (about half a minute, once)`);
  using scratch = scratchDirectory();
  const archive = join(scratch.path, "root.tar");
  const asRoot = await findRoot(`Assembling the lab's engine ${engine.version}`);
  const { execa } = await import("execa");
  if ((await execa("mmdebstrap", ["--version"], { reject: false })).failed) {
    report("mmdebstrap: installing it");
    await asRoot("apt-get", ["install", "--yes", "--no-install-recommends", "mmdebstrap"]);
  }
  const result = await asRoot("mmdebstrap", [
    "--variant=apt",
    `--include=${PACKAGES.filter((name) => suite.name !== "bookworm" || name !== "docker-cli").join(",")}`,
    ...(suite.moving ? ['--aptopt=Acquire::Check-Valid-Until "false"'] : []),
    "--dpkgopt=path-exclude=/usr/share/doc/*",
    "--dpkgopt=path-exclude=/usr/share/man/*",
    "--dpkgopt=path-exclude=/usr/share/locale/*",
    suite.name,
    archive,
  ]);
  if (result.failed) {
    throw new UserError({
      tried: `Assembling the lab's engine ${engine.version} from Debian ${suite.name}`,
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

/** Whether the engine has the assembled image of a lab host. */
export async function hasEngineImage(docker: Dockerode, engine: LabEngine): Promise<boolean> {
  return await has(docker, engineImage(engine));
}

async function has(docker: Dockerode, reference: string): Promise<boolean> {
  try {
    await docker.getImage(reference).inspect();
    return true;
  } catch (error) {
    if (dockerErrorOf(error)?.statusCode === 404) return false;
    throw error;
  }
}
