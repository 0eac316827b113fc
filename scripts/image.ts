/**
 * Builds the image `docker-network-conformance` on the engine that the docker command talks to. The context lies in
 * `build/image`: the package, npm's cache with its libraries, the two images of the suites as the engine has them.
 * `node scripts/image.ts [--stand-in] [--platform …] [--push] [tag]`: `--stand-in` builds on a base put together from
 * Debian's packages, this Node and this machine's docker command, where there is no registry to take node and docker:cli
 * from. `--push` builds with buildx and pushes the image with its SBOM and provenance, which only a registry can keep.
 */
import { cp, mkdir, mkdtemp, readdir, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { $, which } from "zx";
import { connect } from "../helpers/engine/connect.ts";
import { findImages } from "../helpers/engine/images.ts";
import { PROJECT_ROOT } from "../helpers/project-root.ts";
import { suiteVersion } from "../helpers/run/suite-version.ts";

const CONTEXT = join(PROJECT_ROOT, "build/image");
const STAND_IN = "docker-network-conformance/node:stand-in";
const DEBIAN = "docker-network-conformance/debian:stand-in";

/** Node with npm, and the docker command, on a Debian with nothing else: what the registry's two images bring. */
async function makeStandIn(): Promise<void> {
  const scratch = await mkdtemp(join(tmpdir(), "stand-in-"));
  try {
    await $`mmdebstrap --variant=essential --hook-dir=/usr/share/mmdebstrap/hooks/merged-usr --include=ca-certificates,libatomic1,libstdc++6,usr-is-merged --dpkgopt=path-exclude=/usr/share/doc/* --dpkgopt=path-exclude=/usr/share/man/* --dpkgopt=path-exclude=/usr/share/locale/* bookworm ${join(scratch, "root.tar")}`;
    await $`docker import ${join(scratch, "root.tar")} ${DEBIAN}`;
    await rm(join(scratch, "root.tar"));
    await cp(process.execPath, join(scratch, "node"), { dereference: true });
    await cp(await which("docker"), join(scratch, "docker"), { dereference: true });
    const npm = (await $`readlink -f ${await which("npm")}`).stdout.trim();
    await cp(join(npm, "../.."), join(scratch, "npm"), { recursive: true, dereference: true });
    await writeFile(
      join(scratch, "Dockerfile"),
      [
        `FROM ${DEBIAN}`,
        "COPY node docker /usr/local/bin/",
        "COPY npm /usr/local/lib/npm",
        "RUN ln -s ../lib/npm/bin/npm-cli.js /usr/local/bin/npm",
        "",
      ].join("\n"),
    );
    await $`docker build --quiet --tag ${STAND_IN} ${scratch}`;
  } finally {
    await rm(scratch, { recursive: true, force: true });
  }
}

/** The images of the suites, as files: an engine that reaches no registry is given them. */
async function saveImages(): Promise<void> {
  const connection = await connect();
  try {
    const images = await findImages(connection.docker);
    await mkdir(join(CONTEXT, "images"), { recursive: true });
    for (const [role, { reference }] of Object.entries(images))
      await $`docker save --output ${join(CONTEXT, "images", `${role}.tar`)} ${reference}`;
  } finally {
    await connection.close();
  }
}

/** Fills npm's cache, so that the build needs no registry of npm's. */
async function fillCache(): Promise<void> {
  const scratch = await mkdtemp(join(tmpdir(), "npm-cache-"));
  try {
    await cp(join(CONTEXT, "package.tgz"), join(scratch, "package.tgz"));
    await writeFile(join(scratch, "package.json"), "{}");
    await $({
      cwd: scratch,
    })`npm install ./package.tgz --cache ${join(CONTEXT, "npm-cache")} --no-audit --no-fund --ignore-scripts`;
  } finally {
    await rm(scratch, { recursive: true, force: true });
  }
}

const { values, positionals } = parseArgs({
  options: { "stand-in": { type: "boolean" }, platform: { type: "string" }, push: { type: "boolean" } },
  allowPositionals: true,
});
const [tag = "docker-network-conformance:latest"] = positionals;
$.verbose = false;
$.cwd = PROJECT_ROOT;
await $({ stdio: "inherit" })`${process.execPath} scripts/package.ts`;
await mkdir(CONTEXT, { recursive: true });
const [archive = ""] = (await readdir(join(PROJECT_ROOT, "build"))).filter((name) => name.endsWith(".tgz"));
await cp(join(PROJECT_ROOT, "build", archive), join(CONTEXT, "package.tgz"));
for (const name of ["Dockerfile", "entrypoint.sh"]) await cp(join(PROJECT_ROOT, "image", name), join(CONTEXT, name));
await writeFile(join(CONTEXT, "package.json"), "{}\n");
await Promise.all([saveImages(), fillCache()]);
const bases: string[] = [];
if (values["stand-in"] === true) {
  await makeStandIn();
  bases.push("--build-arg", `NODE=${STAND_IN}`, "--build-arg", `CLI=${STAND_IN}`);
}
const platform = values.platform === undefined ? [] : ["--platform", values.platform];
const labels = ["--label", `org.opencontainers.image.version=${suiteVersion()}`];
const commit = await $({ nothrow: true })`git rev-parse HEAD`;
if (commit.exitCode === 0) labels.push("--label", `org.opencontainers.image.revision=${commit.stdout.trim()}`);
const build = [...bases, ...platform, ...labels, "--tag", tag, CONTEXT];
if (values.push === true) {
  await $({ stdio: "inherit" })`docker buildx build --sbom=true --provenance=mode=max --push ${build}`;
} else {
  await $({ stdio: "inherit" })`docker build --quiet ${build}`;
  const bytes = Number((await $`docker save ${tag} | gzip -c | wc -c`).stdout);
  console.log(`${tag}: ${Math.round(bytes / 1e6)} MB compressed`);
}
await $({ nothrow: true })`docker image prune --force --filter label=docker-network-conformance.stage`;
if (values["stand-in"] === true) await $({ nothrow: true })`docker image rm ${STAND_IN} ${DEBIAN}`;
process.exit();
