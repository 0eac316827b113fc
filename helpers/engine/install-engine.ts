import { execa } from "execa";
import { UserError } from "./errors.ts";
import type { RunAsRoot } from "./privileged.ts";

/** dockerd's package, and what it needs for networking and only recommends. */
const PACKAGES = ["docker.io", "iptables", "iproute2"] as const;

/** A package of its own from Debian 13 on; part of docker.io before. */
const CLI_PACKAGE = "docker-cli";

/** Whether apt knows an installable version of a package. */
async function available(name: string): Promise<boolean> {
  const policy = await execa("apt-cache", ["policy", name], { reject: false, env: { LC_ALL: "C" } });
  return /^\s*Candidate: (?!\(none\))/m.test(policy.stdout);
}

function lastError(output: string): string {
  const lines = output.split("\n").filter((line) => line !== "");
  return lines.findLast((line) => line.startsWith("E:")) ?? lines.at(-1) ?? "apt-get failed without a word";
}

/**
 * Installs the Docker Engine from the distribution's packages. Package lists are fetched only when apt doesn't know
 * the package, or what it knows can't be downloaded any more.
 *
 * @throws UserError when there is no apt, no such package, or the installation fails
 */
export async function installEngine(asRoot: RunAsRoot): Promise<void> {
  const fail = (seen: string): UserError =>
    new UserError({
      tried: `installing the Docker Engine: apt-get install ${PACKAGES.join(" ")}`,
      seen,
      todo: "Install an engine by hand (https://docs.docker.com/engine/install/), or name one that runs: DOCKER_HOST=… ./setup.",
    });
  if ((await execa("apt-get", ["--version"], { reject: false })).failed) throw fail("this machine has no apt-get");

  // Without this option an update that reached no mirror ends with 0.
  const update = () => asRoot("apt-get", ["update", "--quiet=2", "-o", "APT::Update::Error-Mode=any"]);
  const install = async () => {
    const cli = (await available(CLI_PACKAGE)) ? [CLI_PACKAGE] : [];
    return asRoot("apt-get", ["install", "--yes", "--quiet=2", "--no-install-recommends", ...PACKAGES, ...cli]);
  };

  let updated = (await available(PACKAGES[0])) ? null : await update();
  let installed = await install();
  if (installed.failed && updated === null) {
    updated = await update();
    installed = await install();
  }
  if (!installed.failed) return;
  const causes = [installed, ...(updated?.failed ? [updated] : [])];
  throw fail(causes.map(({ all }) => lastError(all)).join("; apt-get update: "));
}
