import { execa } from "execa";
import { expect, test } from "vitest";

/** Runs a module that says "ready" when it may be interrupted, and sends it signals then. */
async function interrupted(body: string, signals: readonly NodeJS.Signals[]) {
  const module = `
    import { interruptionIsTheEnd, onInterruption, unlessInterrupted } from "${new URL("interruption.ts", import.meta.url).href}";
    const pause = (ms) => new Promise((resolve) => setTimeout(resolve, ms));
    const kept = setInterval(() => {}, 1000);
    ${body}`;
  const child = execa(process.execPath, ["--input-type=module", "--eval", module], { reject: false, timeout: 20_000 });
  child.stdout.on("data", (text: Buffer) => {
    if (String(text).includes("ready")) for (const signal of signals) child.kill(signal);
  });
  const { exitCode, stdout, stderr, signal } = await child;
  return { exitCode, signal, stdout: stdout.split("\n"), stderr: stderr.trim() };
}

test("what was registered is removed, the last first, and nothing goes on meanwhile", async () => {
  const outcome = await interrupted(
    `onInterruption(async () => { await pause(50); console.log("lab gone"); });
     onInterruption(async () => console.log("run gone"));
     setTimeout(async () => { await unlessInterrupted(); console.log("went on"); }, 60);
     console.log("ready");`,
    ["SIGINT", "SIGINT", "SIGTERM"],
  );
  expect(outcome).toEqual({
    exitCode: 2,
    signal: undefined,
    stdout: ["ready", "run gone", "lab gone"],
    stderr: expect.stringMatching(/^SIG(INT|TERM): removing what was started…$/),
  });
});

test("one that fails does not keep the others, and is told", async () => {
  const outcome = await interrupted(
    `onInterruption(async () => console.log("lab gone"));
     onInterruption(async () => { throw new Error("no engine"); });
     interruptionIsTheEnd();
     console.log("ready");`,
    ["SIGTERM"],
  );
  expect(outcome).toMatchObject({ exitCode: 2, stdout: ["ready", "lab gone"] });
  expect(outcome.stderr).toContain("npm run clean removes: no engine");
});

test("a command that runs until somebody ends it has then succeeded", async () => {
  const body = `onInterruption(async () => {}); interruptionIsTheEnd(); console.log("ready");`;
  expect(await interrupted(body, ["SIGINT"])).toMatchObject({ exitCode: 0 });
});

test("where nothing is registered any more a signal ends the process as ever", async () => {
  const body = `{ using _ = onInterruption(async () => {}); } console.log("ready");`;
  expect(await interrupted(body, ["SIGINT"])).toMatchObject({ signal: "SIGINT", stderr: "" });
});
