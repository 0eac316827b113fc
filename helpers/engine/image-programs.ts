import type Dockerode from "dockerode";
import { dockerErrorOf } from "./docker-error.ts";
import { labelsOf, nameOf, newRunId } from "./run-identity.ts";
import { removeContainer } from "./sweep.ts";

/**
 * Which programs an image lacks, by a container that looks for them and ends: without a network and with no rights.
 * @returns `sh` alone when not even a shell can be started; none when the engine has no such image, which is for those
 *   to say who look for images
 */
export async function lackingPrograms(
  docker: Dockerode,
  reference: string,
  programs: readonly string[],
): Promise<readonly string[]> {
  const runId = newRunId();
  const look = programs.map((program) => `command -v ${program} >/dev/null || echo "lacks ${program}"`).join("; ");
  let id: string;
  try {
    const container = await docker.createContainer({
      name: nameOf(runId, "programs"),
      Image: reference,
      Labels: labelsOf(runId),
      Entrypoint: ["sh", "-c", look],
      Cmd: [],
      Tty: true,
      HostConfig: { NetworkMode: "none", CapDrop: ["ALL"] },
    });
    id = container.id;
  } catch (error) {
    if (dockerErrorOf(error)?.statusCode === 404) return [];
    throw error;
  }
  try {
    const container = docker.getContainer(id);
    try {
      await container.start();
    } catch (error) {
      // 400 or 404 by version: "exec: \"sh\": executable file not found in $PATH".
      if (/executable file not found|no such file or directory/i.test(dockerErrorOf(error)?.message ?? ""))
        return ["sh"];
      throw error;
    }
    await container.wait();
    const said = (await container.logs({ stdout: true, stderr: true })).toString();
    return [...said.matchAll(/^lacks (\S+)\r?$/gm)].map(([, program = ""]) => program);
  } finally {
    await removeContainer(docker, id);
  }
}
