import { open, realpath } from "node:fs/promises";
import { delimiter, join } from "node:path";

/** The `docker` that this machine's PATH leads to. */
export interface DockerCommand {
  readonly path: string;
  /** Where the links end. */
  readonly file: string;
  /** Its first line where it is a script. */
  readonly script: string | null;
}

/** Null where the PATH leads to none that can be read. */
export async function findDockerCommand(path = process.env.PATH ?? ""): Promise<DockerCommand | null> {
  for (const folder of path.split(delimiter)) {
    const candidate = join(folder, "docker");
    try {
      const file = await realpath(candidate);
      await using handle = await open(file);
      const { buffer, bytesRead } = await handle.read(Buffer.alloc(80), 0, 80, 0);
      const [line = ""] = buffer.toString("latin1", 0, bytesRead).split("\n", 1);
      return { path: candidate, file, script: line.startsWith("#!") ? line : null };
    } catch {
      // Not there: the next folder.
    }
  }
  return null;
}
