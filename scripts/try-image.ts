/**
 * Runs the image on hosts of the lab that have nothing but an engine and its socket, on each engine of the lab.
 * `node scripts/try-image.ts [tag] [engines]`; the image is made by `scripts/image.ts`. Writes `reports/image.json`; exit
 * code 0 only when all of it went well.
 */
import { cp, mkdir, mkdtemp, readFile, rm, stat } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { parse } from "yaml";
import { $ } from "zx";
import { connect } from "../helpers/engine/connect.ts";
import { environmentOf } from "../helpers/engine/second-engine.ts";
import { labEngines } from "../helpers/lab/engine-versions.ts";
import { Lab } from "../helpers/lab/lab.ts";
import { PROJECT_ROOT } from "../helpers/project-root.ts";
import { conclude, judge } from "./trial.ts";

const [tag = "docker-network-conformance:latest", engines] = process.argv.slice(2);
const SOCKET = ["-v", "/var/run/docker.sock:/var/run/docker.sock"];
$.verbose = false;
const folder = await mkdtemp(join(tmpdir(), "try-image-"));
await mkdir(join(folder, "docker/cli-plugins"), { recursive: true });
await cp(join(PROJECT_ROOT, "image/docker-netcheck"), join(folder, "docker/cli-plugins/docker-netcheck"));
const connection = await connect();
const lab = await Lab.open(connection.docker, console.log);
try {
  for (const engine of labEngines(engines)) {
    const { host } = await lab.start({ host: { engine } });
    const env = {
      ...process.env,
      ...environmentOf(host.url),
      DOCKER_HOST: host.url,
      DOCKER_CONFIG: join(folder, "docker"),
      NETCHECK_IMAGE: tag,
    };
    const run = $({ env, cwd: folder, nothrow: true, stdio: ["ignore", "pipe", "pipe"] });
    await $({ env })`env -u DOCKER_HOST docker save ${tag} | docker load`;
    // Air-gapped: what the suites need has to come with the image.
    await run`docker image rm docker-network-conformance/busybox:assembled docker-network-conformance/nginx:assembled`;
    const told = (what: string) => `${engine.version}: ${what}`;

    let begin = performance.now();
    const seconds = () => `${((performance.now() - begin) / 1000).toFixed(1)} s`;
    const mounted = await run`docker run --rm ${SOCKET} -v /var/tmp/reports:/reports ${tag} test suites/none`;
    judge(
      told(`reports in a folder, ${seconds()}, exit ${mounted.exitCode}`),
      mounted.exitCode === 0 && (await host.shell.ask("test -s /var/tmp/reports/results.json")).exitCode === 0,
      `${mounted.stdout}${mounted.stderr}`,
    );
    begin = performance.now();
    await rm(join(folder, "reports"), { recursive: true, force: true });
    const plugin = await run`docker netcheck test suites/none`;
    const there = await stat(join(folder, "reports/results.json")).catch(() => null);
    judge(
      told(`docker netcheck, reports by tar, ${seconds()}, exit ${plugin.exitCode}`),
      plugin.exitCode === 0 && there !== null,
      `${plugin.stdout}${plugin.stderr}`,
    );
    const group = (await host.must("stat -c %g /var/run/docker.sock")).trim();
    const unprivileged = await run`docker run --rm --user 65532:${group} --cap-drop ALL ${SOCKET} ${tag} doctor`;
    judge(
      told(`doctor as a user of the socket's group, without capabilities, exit ${unprivileged.exitCode}`),
      unprivileged.exitCode === 0,
      `${unprivileged.stdout}${unprivileged.stderr}`,
    );
    const workloads = await run`docker run --rm ${SOCKET} ${tag} workloads`;
    judge(
      told(`workloads, exit ${workloads.exitCode}`),
      workloads.exitCode === 0,
      `${workloads.stdout}${workloads.stderr}`,
    );
    const template = parse(await readFile(join(PROJECT_ROOT, "deploy/gitlab-ci.yml"), "utf8")) as {
      ".docker-network": { readonly script: readonly string[] };
    };
    // GitLab's runner clones with umask 0: everybody may enter the folder in which a job runs.
    const lines = `umask 0; mkdir /tmp/job; cd /tmp/job\n${template[".docker-network"].script.join("\n")}`;
    const job =
      await run`docker run --rm ${SOCKET} -e NETCHECK_WORDS=${"test suites/none"} --entrypoint sh ${tag} -ec ${lines.replace("exit $", "ls reports; exit $")}`;
    judge(
      told(`the lines of GitLab's job, exit ${job.exitCode}`),
      job.exitCode === 0 && job.stdout.includes("junit.xml"),
      `${job.stdout}${job.stderr}`,
    );
    const lost = await run`docker run --rm ${tag} test`;
    judge(
      told("without the socket: exit 2, and one message"),
      lost.exitCode === 2 && /no such socket/.test(`${lost.stdout}${lost.stderr}`),
      `${lost.exitCode}\n${lost.stdout}${lost.stderr}`,
    );
    await host.remove();
  }
} finally {
  await lab[Symbol.asyncDispose]();
  await connection.close();
  await rm(folder, { recursive: true, force: true });
}
await conclude("image");
