import { execa } from "execa";

/** What a child process that ran some TypeScript left: its last line of output as JSON, and its exit. */
interface ChildResult {
  readonly exitCode: number | undefined;
  readonly answer: unknown;
  readonly stderr: string;
}

/**
 * Runs a module in a process of its own, for what is decided once per process (testcontainers' engine) or per user.
 * In: the module's text, where `engine/x.ts` in an import stands for this folder; the whole environment; a user id.
 */
export async function runModule(
  source: string,
  { env, uid }: { env: Record<string, string>; uid?: number },
): Promise<ChildResult> {
  const module = source.replaceAll('"engine/', `"${new URL("..", import.meta.url).href}`);
  const { exitCode, stdout, stderr } = await execa(process.execPath, ["--input-type=module", "--eval", module], {
    // Imports of packages are resolved from here.
    cwd: new URL(".", import.meta.url),
    env,
    extendEnv: false,
    reject: false,
    timeout: 20_000,
    ...(uid === undefined ? {} : { uid, gid: uid }),
  });
  const last = stdout.trim().split("\n").at(-1) ?? "";
  return { exitCode, answer: last === "" ? null : JSON.parse(last), stderr };
}
