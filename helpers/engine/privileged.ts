import { UserError } from "./errors.ts";

/** How a command with the rights of root ended. */
export interface RootCommandResult {
  readonly failed: boolean;
  readonly stdout: string;
  /** Standard output and error as they came. */
  readonly all: string;
}

/** Runs a command with the rights of root; does not reject because the command failed. */
export type RunAsRoot = (command: string, words: readonly string[]) => Promise<RootCommandResult>;

/**
 * Finds the way to the rights of root: being root, or sudo that asks for no password.
 *
 * @param purpose what they are needed for, for the error's first line
 * @throws UserError when there is no such way
 */
export async function findRoot(purpose: string): Promise<RunAsRoot> {
  const { execa } = await import("execa");
  const isRoot = process.getuid?.() === 0;
  if (!isRoot) {
    const sudo = await execa("sudo", ["-n", "true"], { reject: false });
    if (sudo.failed) {
      throw new UserError({
        tried: purpose,
        seen: `this needs root; you are user ${process.getuid?.() ?? "unknown"} and sudo asks for a password or is not there`,
        todo: "Run ./setup as root, or name an engine that runs already: DOCKER_HOST=… ./setup.",
      });
    }
  }
  const variables = { LC_ALL: "C", DEBIAN_FRONTEND: "noninteractive" };
  const assignments = Object.entries(variables).map(([name, value]) => `${name}=${value}`);
  return async (command, words) => {
    const options = { reject: false, all: true, stdin: "ignore", env: variables } as const;
    const { failed, stdout, all } = isRoot
      ? await execa(command, words, options)
      : await execa("sudo", ["-n", "env", ...assignments, command, ...words], options);
    return { failed, stdout, all };
  };
}
