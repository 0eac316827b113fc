/**
 * Shows the ways by which images come, against a real registry: Debian's `docker-registry` on this machine, a host of the
 * lab without images. `node scripts/try-registry.ts`; installs docker-registry and apache2-utils where they are missing.
 * Writes `reports/registry.json`; exit code 0 only when each way ended as it has to.
 */
import { mkdir, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { createServer, type Server } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as pause } from "node:timers/promises";
import { execa } from "execa";
import { $ } from "zx";
import { connect } from "../helpers/engine/connect.ts";
import { findRoot } from "../helpers/engine/privileged.ts";
import { environmentOf } from "../helpers/engine/second-engine.ts";
import { nearestEngine } from "../helpers/lab/engine-versions.ts";
import { Lab } from "../helpers/lab/lab.ts";
import { PROJECT_ROOT } from "../helpers/project-root.ts";
import { conclude, judge } from "./trial.ts";

const OPEN = 15_000;
const CLOSED = 15_001;
const SILENT = 15_002;
const LABEL = "docker-network-conformance.image.origin";
/** What stands for the official images: ours, without the label by which an assembled image is known. */
const STAND_INS = { busybox: "library/busybox:1.37", nginx: "library/nginx:1.28" } as const;

/** A registry on a port, with or without a login. @returns what ends it */
async function registry(folder: string, port: number, login: boolean): Promise<() => void> {
  const root = join(folder, String(port));
  await mkdir(root, { recursive: true });
  const auth = login ? `auth: { htpasswd: { realm: try, path: ${join(root, "htpasswd")} } }\n` : "";
  if (login) await $`htpasswd -Bbc ${join(root, "htpasswd")} somebody secret`;
  await writeFile(
    join(root, "config.yml"),
    `version: 0.1\nlog: { level: error }\nstorage: { filesystem: { rootdirectory: ${root} } }\nhttp: { addr: "0.0.0.0:${port}" }\n${auth}`,
  );
  const process = execa("docker-registry", ["serve", join(root, "config.yml")], { reject: false, stdio: "ignore" });
  for (let left = 100; left > 0; left--) {
    if (
      await fetch(`http://127.0.0.1:${port}/v2/`).then(
        () => true,
        () => false,
      )
    )
      return () => void process.kill();
    await pause(100);
  }
  throw new Error(`the registry at port ${port} does not answer`);
}

$.verbose = false;
if ((await $({ nothrow: true })`command -v docker-registry htpasswd`).stdout.trim().split("\n").length < 2) {
  const asRoot = await findRoot("Installing Debian's docker-registry");
  const { failed: lacking, all } = await asRoot("apt-get", [
    ...["install", "--yes", "--no-install-recommends"],
    ...["docker-registry", "apache2-utils"],
  ]);
  if (lacking) throw new Error(`no registry to try with: ${all}`);
}
const folder = await mkdtemp(join(tmpdir(), "try-registry-"));
const connection = await connect();
const lab = await Lab.open(connection.docker, console.log);
const running: (() => void)[] = [];
let silent: Server | undefined;
try {
  running.push(await registry(folder, OPEN, false), await registry(folder, CLOSED, true));
  // Takes connections, and says nothing.
  silent = createServer(() => undefined).listen(SILENT, "0.0.0.0");
  const ours = `localhost:${OPEN}`;
  for (const [role, name] of Object.entries(STAND_INS)) {
    const dockerfile = `FROM docker-network-conformance/${role}:assembled\nLABEL ${LABEL}=\n`;
    await $({ input: dockerfile })`docker build --quiet --tag ${ours}/${name} -`;
    await $`docker push --quiet ${ours}/${name}`;
  }
  const engine = nearestEngine("99");
  const { host } = await lab.start({
    host: { engine, engineRuns: false },
  });
  const gateway = (await host.must("ip route show default")).split(" ")[2] ?? "";
  const at = (port: number) => `${gateway}:${port}`;
  await host.configure(JSON.stringify({ "insecure-registries": [at(OPEN), at(CLOSED), at(SILENT)] }));
  await host.startEngine();
  const reports = join(folder, "reports");
  const dnc = async (words: readonly string[], env: Readonly<Record<string, string>>) => {
    const begin = performance.now();
    const done = await execa(process.execPath, [join(PROJECT_ROOT, "helpers/commands/dnc.ts"), ...words], {
      env: { ...process.env, ...environmentOf(host.url), DNC_REPORTS: reports, ...env },
      extendEnv: false,
      reject: false,
      all: true,
    });
    return { ...done, said: done.all ?? "", took: `${((performance.now() - begin) / 1000).toFixed(1)} s` };
  };
  const mirror = { DNC_REGISTRY_MIRROR: at(OPEN) };

  const pulled = await dnc(["setup"], mirror);
  judge(`a mirror, by tag: pulled (${pulled.took})`, pulled.exitCode === 0 && /pulled/.test(pulled.said), pulled.said);
  const judged = await dnc(["test", "NONE-01"], mirror);
  const { images } = JSON.parse(await readFile(join(reports, "results.json"), "utf8")) as {
    images: { origin: string; reference: string }[];
  };
  judge(
    `a run tells it: ${images.map(({ origin, reference }) => `${origin} ${reference}`).join(", ")}`,
    judged.exitCode === 0 && images.length === 2 && images.every(({ origin }) => origin === "pulled"),
    judged.said,
  );
  const inspected = (await host.docker.getImage(`${at(OPEN)}/${STAND_INS.busybox}`).inspect()) as {
    RepoDigests: string[];
  };
  const [digest = ""] = inspected.RepoDigests;
  await host.must("docker image prune --all --force");
  const byDigest = await dnc(["setup"], { ...mirror, DNC_BUSYBOX_IMAGE: digest });
  judge(`by digest (${byDigest.took})`, byDigest.exitCode === 0 && byDigest.said.includes(digest), byDigest.said);
  const refusals = [
    ["one that is missing", `${at(OPEN)}/library/nothing:1`, /manifest unknown|not found/],
    [
      "one that needs a login",
      `${at(CLOSED)}/library/busybox:1.37`,
      /no basic auth credentials|authentication required|unauthorized|denied/,
    ],
    [
      "one that is slow",
      `${at(SILENT)}/library/busybox:1.37`,
      /no word from the registry|[Tt]imeout|deadline|not finished/,
    ],
  ] as const;
  for (const [what, reference, words] of refusals) {
    const refused = await dnc(["setup"], {
      DNC_BUSYBOX_IMAGE: reference,
      DNC_NGINX_IMAGE: `${at(OPEN)}/${STAND_INS.nginx}`,
    });
    judge(
      `${what}: exit ${refused.exitCode} (${refused.took})`,
      refused.exitCode === 2 &&
        words.test(refused.said) &&
        /^ {2}→ /m.test(refused.said) &&
        !/\n\s+at /.test(refused.said),
      refused.said,
    );
  }
  await host.remove();

  // A version that is not at hand: its official image is pulled, here one that stands for it.
  process.env.DNC_REGISTRY_MIRROR = ours;
  const dind = `${ours}/library/docker:29.7-dind`;
  const { Image } = await connection.docker
    .getContainer(host.containerId)
    .inspect()
    .catch(() => ({ Image: "" }));
  const present = (await connection.docker.listImages()).flatMap(({ RepoTags }) => RepoTags ?? []);
  const standIn =
    Image || present.find((tag) => tag.startsWith(`docker-network-conformance/engine:${engine.version}-`)) || "";
  await $`docker tag ${standIn} ${dind}`;
  await $`docker push --quiet ${dind}`;
  await $`docker image rm ${dind}`;
  const begin = performance.now();
  const { newest } = await lab.start({ newest: { engine: { version: "29.7", debian: null } } });
  const { Version } = await newest.docker.version();
  judge(
    `a dind image for a version that is not at hand: it runs (${((performance.now() - begin) / 1000).toFixed(0)} s)`,
    Version.startsWith(engine.version),
    Version,
  );
  await newest.remove();
  await $({ nothrow: true })`docker image rm ${dind}`;
} finally {
  await lab[Symbol.asyncDispose]();
  await connection.close();
  for (const name of Object.values(STAND_INS)) await $({ nothrow: true })`docker image rm localhost:${OPEN}/${name}`;
  for (const end of running) end();
  silent?.close();
  await rm(folder, { recursive: true, force: true });
}
await conclude("registry");
