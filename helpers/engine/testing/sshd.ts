import { spawn } from "node:child_process";
import { once } from "node:events";
import { access, chmod, mkdir, readFile, rmdir, writeFile } from "node:fs/promises";
import { createServer } from "node:net";
import { join } from "node:path";
import { execa } from "execa";
import { serve } from "./engine-proxy.ts";

/** Debian's place; sshd must be started by its absolute path. */
const SSHD = "/usr/sbin/sshd";

/** An ssh server of our own, and a client that knows it. */
export interface SshServer extends AsyncDisposable {
  readonly port: number;
  /** Directory of a command `ssh` that is the real one with our keys; to be put first in PATH. */
  readonly bin: string;
  /** The client's configuration, to which tests may add. */
  readonly clientConfig: string;
}

/** Why there can be no ssh server here; null when there can. */
export async function whyNoSshd(): Promise<string | null> {
  try {
    await access(SSHD);
  } catch {
    return `${SSHD} is not installed (Debian: openssh-server)`;
  }
  return process.getuid?.() === 0 ? null : "sshd needs root here";
}

/** Starts sshd on 127.0.0.1 with host key, client key and configuration of its own in `directory`. */
export async function startSshd(directory: string): Promise<SshServer> {
  const at = (name: string) => join(directory, name);
  const port = await freePort();
  await mkdir(at("bin"), { recursive: true });
  for (const key of ["host-key", "client-key"]) {
    await execa("ssh-keygen", ["-q", "-t", "ed25519", "-N", "", "-f", at(key)]);
  }
  await writeFile(at("authorized_keys"), await readFile(at("client-key.pub")));
  await writeFile(at("known_hosts"), `[127.0.0.1]:${port} ${await readFile(at("host-key.pub"), "utf8")}`);
  await writeFile(
    at("sshd_config"),
    [
      `ListenAddress 127.0.0.1:${port}`,
      `HostKey ${at("host-key")}`,
      `AuthorizedKeysFile ${at("authorized_keys")}`,
      "PermitRootLogin prohibit-password",
      "PasswordAuthentication no",
      "KbdInteractiveAuthentication no",
      "StrictModes no",
      "UsePAM yes",
      "PidFile none",
    ].join("\n"),
  );
  await writeFile(
    at("ssh_config"),
    `IdentityFile ${at("client-key")}\nIdentitiesOnly yes\nUserKnownHostsFile ${at("known_hosts")}\nGlobalKnownHostsFile /dev/null\n`,
  );
  await writeFile(at("bin/ssh"), `#!/bin/sh\nexec /usr/bin/ssh -F ${at("ssh_config")} "$@"\n`);
  await chmod(at("bin/ssh"), 0o755);
  // sshd drops its privileges into this directory; only its service makes it.
  const made = await mkdir("/run/sshd", { recursive: true, mode: 0o755 });
  const daemon = spawn(SSHD, ["-D", "-e", "-f", at("sshd_config")], { stdio: ["ignore", "ignore", "pipe"] });
  let log = "";
  await new Promise<void>((resolve, reject) => {
    daemon.stderr.setEncoding("utf8").on("data", (text: string) => {
      log += text;
      if (log.includes("Server listening")) resolve();
    });
    daemon.once("exit", () => reject(new Error(`sshd ended: ${log}`)));
  });
  return {
    port,
    bin: at("bin"),
    clientConfig: at("ssh_config"),
    [Symbol.asyncDispose]: async () => {
      daemon.kill();
      await once(daemon, "exit");
      if (made !== undefined) await rmdir(made);
    },
  };
}

async function freePort(): Promise<number> {
  await using held = await serve(createServer(), { host: "127.0.0.1" });
  return held.port;
}
