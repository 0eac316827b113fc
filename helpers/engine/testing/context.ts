import { createHash } from "node:crypto";
import { mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";

/**
 * Writes a context as `docker context create` does. Returns the directory for its TLS files, which is not made.
 */
export async function writeContext(
  configDirectory: string,
  name: string,
  engine: { Host?: string; SkipTLSVerify?: boolean },
): Promise<string> {
  const id = createHash("sha256").update(name).digest("hex");
  const directory = join(configDirectory, "contexts", "meta", id);
  await mkdir(directory, { recursive: true });
  await writeFile(
    join(directory, "meta.json"),
    JSON.stringify({ Name: name, Metadata: {}, Endpoints: { docker: engine } }),
  );
  return join(configDirectory, "contexts", "tls", id, "docker");
}
