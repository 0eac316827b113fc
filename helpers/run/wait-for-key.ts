import type { Standing } from "../report/task-meta.ts";

/** Ctrl-C, which a terminal in raw mode hands over as a character. */
const CTRL_C = "\u0003";

let listening = false;

/** Tells what stands and how to look into it. */
export function standingText(id: string, { containers, networks }: Standing): string {
  return [
    "",
    `${id} failed: what it was judged on stands until a key is pressed.`,
    ...containers.map((name) => `  docker exec -it ${name} sh`),
    ...networks.map((name) => `  docker network inspect ${name}`),
    "  Press any key: all of it is removed, and the run goes on.",
    "",
  ].join("\n");
}

/**
 * From now on each key that is pressed lets go of what stands.
 * @param presses counts them; every worker waits on it
 */
export function listenForKeys(presses: Int32Array): void {
  if (listening) return;
  listening = true;
  const { stdin } = process;
  stdin.setRawMode(true);
  stdin.setEncoding("utf8");
  stdin.on("data", (key: string) => {
    if (key === CTRL_C) {
      process.kill(process.pid, "SIGINT");
      return;
    }
    Atomics.add(presses, 0, 1);
    Atomics.notify(presses, 0);
  });
  process.once("exit", () => stdin.setRawMode(false));
  // A run that is through does not wait for keys.
  stdin.unref();
}
