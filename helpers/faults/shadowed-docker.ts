import { chmod, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { delimiter, join } from "node:path";
import { quoted } from "../model/shell-words.ts";
import type { ShadowedDocker } from "./fault.ts";

/**
 * A `docker` in front of the machine's own on the PATH of the suites, as an alias, a wrapper script or another product's
 * command stands there. It is gone when it is disposed of.
 */
export class DockerShadow implements AsyncDisposable {
  /** What the environment of the suites' run has besides. */
  readonly env: Readonly<Record<string, string>>;
  readonly #folder: string;

  private constructor(folder: string, path: string) {
    this.#folder = folder;
    this.env = { PATH: path };
  }

  /** @throws when there is no docker command to stand in front of */
  static async put({ script }: ShadowedDocker): Promise<DockerShadow> {
    const { execa } = await import("execa");
    const { stdout: docker } = await execa("sh", ["-c", "command -v docker"]);
    const folder = await mkdtemp(join(tmpdir(), "shadowed-docker-"));
    const lines = [
      "#!/bin/sh",
      `echo >>${quoted(join(folder, "calls"))}`,
      `DOCKER=${quoted(docker.trim())}`,
      script,
      "",
    ];
    await writeFile(join(folder, "docker"), lines.join("\n"));
    await chmod(join(folder, "docker"), 0o755);
    return new DockerShadow(folder, `${folder}${delimiter}${process.env.PATH ?? ""}`);
  }

  /** How often it was called. */
  async calls(): Promise<number> {
    try {
      return (await readFile(join(this.#folder, "calls"), "utf8")).length;
    } catch {
      return 0;
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await rm(this.#folder, { recursive: true, force: true });
  }
}
