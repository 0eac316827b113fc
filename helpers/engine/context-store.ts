import { createHash } from "node:crypto";
import { access, readdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import { EXIT, UserError } from "./errors.ts";

/** What the docker CLI's context store says about one context's engine. */
interface StoredContext {
  readonly name: string;
  /** As written, in the syntax of `DOCKER_HOST`. */
  readonly host: string;
  readonly skipTlsVerify: boolean;
  /** Paths of the TLS files that exist; null where there is none. */
  readonly ca: string | null;
  readonly cert: string | null;
  readonly key: string | null;
}

/** The name of the context that is never stored: the environment or the default socket. */
export const DEFAULT_CONTEXT = "default";

/**
 * The context chosen by `docker context use`, or null when none is.
 * In: the directory of the CLI's configuration. Throws UserError when `config.json` is there but can't be read:
 * the CLI warns and goes on to the default engine, which may be the wrong one.
 */
export async function currentContext(configDirectory: string): Promise<string | null> {
  const file = join(configDirectory, "config.json");
  const name = member(await readJson(file), "currentContext");
  return typeof name === "string" && name !== "" ? name : null;
}

/**
 * Reads a context where the docker CLI keeps it: `contexts/meta/<sha256 of the name>/meta.json` and
 * `contexts/tls/<sha256 of the name>/docker/{ca,cert,key}.pem`
 * (docker/cli `cli/context/store`). Throws UserError when there is no such context, or no engine in it.
 */
export async function readContext(configDirectory: string, name: string): Promise<StoredContext> {
  const id = createHash("sha256").update(name).digest("hex");
  const file = join(configDirectory, "contexts", "meta", id, "meta.json");
  const tried = `Reading the docker context "${name}"`;
  const meta = await readJson(file);
  if (meta === null) {
    const others = [DEFAULT_CONTEXT, ...(await contextNames(configDirectory))];
    throw new UserError({
      tried,
      seen: `there is none of that name in ${join(configDirectory, "contexts")}; there are: ${others.join(", ")}`,
      todo: "Choose one of these with DOCKER_CONTEXT or docker context use.",
      exitCode: EXIT.usage,
    });
  }
  const engine = member(member(meta, "Endpoints"), "docker");
  const host = member(engine, "Host");
  if (typeof host !== "string" || host === "") {
    throw new UserError({
      tried,
      seen: `${file} names no Docker engine`,
      todo: `Give it one: docker context update ${name} --docker host=…`,
      exitCode: EXIT.usage,
    });
  }
  const tls = join(configDirectory, "contexts", "tls", id, "docker");
  const [ca, cert, key] = await Promise.all(["ca.pem", "cert.pem", "key.pem"].map((each) => existing(join(tls, each))));
  return {
    name,
    host,
    skipTlsVerify: member(engine, "SkipTLSVerify") === true,
    ca: ca ?? null,
    cert: cert ?? null,
    key: key ?? null,
  };
}

/** The names of all stored contexts, sorted; entries that can't be read are left out. */
async function contextNames(configDirectory: string): Promise<string[]> {
  const directory = join(configDirectory, "contexts", "meta");
  const ids = await readdir(directory).catch(() => []);
  const names = await Promise.all(
    ids.map(async (id) => member(await readJson(join(directory, id, "meta.json")).catch(() => null), "Name")),
  );
  return names.filter((name) => typeof name === "string").sort();
}

/** The path itself when something is there, else null. */
export async function existing(path: string): Promise<string | null> {
  try {
    await access(path);
    return path;
  } catch (error) {
    // A file that is there but closed to us must not be taken for absent: reading it later gives the real reason.
    return isAbsence(error) ? null : path;
  }
}

/** The file's content, or null when there is no such file. */
async function readJson(file: string): Promise<unknown> {
  try {
    return JSON.parse(await readFile(file, "utf8"));
  } catch (error) {
    if (isAbsence(error)) return null;
    throw new UserError({
      tried: `Reading ${file} to learn which Docker engine is meant`,
      seen: error instanceof Error ? error.message : String(error),
      todo: "Mend the file, or name the engine with DOCKER_HOST.",
    });
  }
}

function isAbsence(error: unknown): boolean {
  const code = member(error, "code");
  return code === "ENOENT" || code === "ENOTDIR";
}

function member(value: unknown, name: string): unknown {
  return typeof value === "object" && value !== null ? Reflect.get(value, name) : undefined;
}
