import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { ImageRole } from "../engine/images.ts";
import { labelsOf, nameOf } from "../engine/run-identity.ts";
import { ResidentShell, residentShellScript } from "./resident-shell.ts";
import { testRun } from "./testing/test-run.ts";

const run = await testRun();

async function container(image: ImageRole, what: string): Promise<{ id: string; shell: ResidentShell }> {
  if (run === null) throw new Error("no engine");
  const { docker, images, runId } = run;
  const { id } = await docker.createContainer({
    name: nameOf(runId, what),
    Image: images[image],
    Entrypoint: ["sh", "-c", residentShellScript([])],
    Cmd: [],
    Labels: labelsOf(runId),
    OpenStdin: true,
    StdinOnce: true,
    AttachStdin: true,
    AttachStdout: true,
    AttachStderr: true,
    HostConfig: { AutoRemove: true, NetworkMode: "none", CapDrop: ["ALL"] },
  });
  const shell = await ResidentShell.attach(docker, id, what);
  await docker.getContainer(id).start();
  await shell.ready();
  return { id, shell };
}

describe.skipIf(run === null)("resident shell", () => {
  let shell: ResidentShell;
  beforeAll(async () => {
    ({ shell } = await container("busybox", "shell"));
  });
  afterAll(async () => await run?.end());

  test("tells stdout, stderr and exit code apart", async () => {
    const evidence = await shell.ask("echo out; echo err >&2; echo more; exit 7");
    expect(evidence).toMatchObject({
      vantage: "shell",
      stdout: "out\nmore\n",
      stderr: "err\n",
      exitCode: 7,
      timedOut: false,
    });
    expect(await shell.ask("true")).toMatchObject({ stdout: "", stderr: "", exitCode: 0 });
    expect(await shell.ask("no-such-command")).toMatchObject({ exitCode: 127 });
    expect((await shell.ask("printf 'a\\n\\n  b \\t\\n\\nlast'")).stdout).toBe("a\n\n  b \t\n\nlast\n");
  });

  test("one question of many at one moment is asked once, and asked anew whatever came between", async () => {
    const mark = "cat /proc/sys/kernel/random/uuid";
    const [one, other] = await Promise.all([shell.ask(mark), shell.ask(mark)]);
    expect(other.stdout).toBe(one.stdout);
    const before = shell.ask(mark);
    // Within one turn of the event loop: a busy machine reads several answers in one.
    await new Promise<void>((done) => process.nextTick(done));
    const after = shell.ask(mark);
    expect((await after).stdout).not.toBe((await before).stdout);
  });

  test.each([
    ["quotes", `printf '%s\\n' "it's" 'say "hi"'`, `it's\nsay "hi"\n`],
    ["dollars", `x=1; echo "$x" '$x' \\$x $((x + 1)) $(echo sub) \`echo old\``, "1 $x $x 2 sub old\n"],
    ["backslashes", String.raw`printf '%s\n' 'a\b\\c\n' "a\\b"`, "a\\b\\\\c\\n\na\\b\n"],
    ["blanks at both ends", String.raw`  printf '[%s]' a\ `, "[a ]\n"],
    [
      "globs and redirections",
      `cd /proc/self && echo 'a*' >/dev/shm/t && cat <"/dev/shm/t" | tr a b; rm /dev/shm/t`,
      "b*\n",
    ],
    ["what looks like an answer", `echo '@1 x 0'; echo @ready; echo '@2 o '`, "@1 x 0\n@ready\n@2 o \n"],
    ["dots", `echo .x.; echo .`, ".x.\n.\n"],
    ["UTF-8", "echo 'Brücke 网桥 🐳'", "Brücke 网桥 🐳\n"],
  ])("a question arrives intact: %s", async (_, command, stdout) => {
    expect(await shell.ask(command)).toMatchObject({ stdout, stderr: "", exitCode: 0 });
  });

  test("refuses a question of more than one line", async () => {
    await expect(shell.ask("echo a\necho b")).rejects.toThrow("a question must be one line");
  });

  test.each(["busybox", "nginx"] as const)(
    "two hundred questions at once don't tear each other's answers (%s)",
    async (image) => {
      const { id, shell: own } = await container(image, `many-${image}`);
      const answers = await Promise.all(
        Array.from({ length: 200 }, async (_, n) => {
          const line = `${n}·网桥-${"x".repeat(n)}`;
          const command = `i=0; while [ $i -lt 10 ]; do echo "$i ${line}"; echo "$i ${line}" >&2; i=$((i+1)); done; exit ${n}`;
          return { n, line, evidence: await own.ask(command, { seconds: 60 }) };
        }),
      );
      for (const { n, line, evidence } of answers) {
        const expected = Array.from({ length: 10 }, (_, i) => `${i} ${line}\n`).join("");
        expect(evidence).toMatchObject({ stdout: expected, stderr: expected, exitCode: n });
      }
      await run?.docker.getContainer(id).kill();
    },
  );

  test("long lines side by side arrive whole, also where a character lies on a cut", async () => {
    const answers = await Promise.all(
      ["a", "b", "ä", "网", "🐳"].map(async (letter) => ({
        letter,
        evidence: await shell.ask(
          `s=; i=0; while [ $i -lt 5000 ]; do s="\${s}${letter}"; i=$((i+1)); done; printf 'x%s\\n%s' "$s" "$s"`,
          { seconds: 60 },
        ),
      })),
    );
    for (const { letter, evidence } of answers) {
      expect(evidence.stdout).toBe(`x${letter.repeat(5000)}\n${letter.repeat(5000)}\n`);
    }
  });

  test("more output than a pipe holds", async () => {
    const { stdout, exitCode } = await shell.ask("seq 1 20000", { seconds: 60 });
    expect(exitCode).toBe(0);
    expect(stdout.length).toBeGreaterThan(100_000);
    expect(stdout.trimEnd().split("\n")).toEqual(Array.from({ length: 20_000 }, (_, i) => String(i + 1)));
  });

  test.each(["busybox", "nginx"] as const)(
    "the deadline ends a command and what it printed until then is kept (%s)",
    async (image) => {
      const { id, shell: own } = await container(image, `deadline-${image}`);
      const evidence = await own.ask("echo before; sleep 60 | sleep 61; echo after", { seconds: 1 });
      expect(evidence).toMatchObject({ stdout: "before\n", exitCode: null, timedOut: true });
      expect(evidence.ms).toBeGreaterThan(950);
      const killed = await own.ask("kill -9 $$");
      expect(killed).toMatchObject({ exitCode: 137, timedOut: false });
      const processes = await own.ask(
        "for p in /proc/[0-9]*; do tr '\\0' ' ' <$p/cmdline; echo; done 2>/dev/null; true",
      );
      expect(processes.stdout, "what outlived the deadline").not.toMatch(/^sleep/m);
      await run?.docker.getContainer(id).kill();
    },
  );

  test("leaves neither files nor zombies behind", async () => {
    await Promise.all(Array.from({ length: 30 }, (_, n) => shell.ask(`echo ${n}`)));
    // A shell that ended is a zombie until the resident one has waited for it.
    const left = async (command: string): Promise<number> => Number((await shell.ask(`${command} | wc -l`)).stdout);
    // The question itself has its two.
    await expect.poll(() => left("ls /dev/shm/q-*"), { timeout: 10_000 }).toBeLessThanOrEqual(4);
    await expect
      .poll(() => left("grep -l '^State:.Z' /proc/[0-9]*/status 2>/dev/null"), { timeout: 10_000 })
      .toBeLessThanOrEqual(2);
  });

  test("a question asked twice at one moment is asked once, a command with an effect twice", async () => {
    await shell.act("echo 0 >/dev/shm/count");
    const count = "n=$(($(cat /dev/shm/count)+1)); echo $n >/dev/shm/count; echo $n";
    const asked = await Promise.all([shell.ask(count), shell.ask(count), shell.ask(count)]);
    expect(asked.map(({ stdout }) => stdout)).toEqual(["1\n", "1\n", "1\n"]);
    await shell.act(count);
    await shell.act(count);
    expect((await shell.ask(count)).stdout).toBe("4\n");
  });

  test("a question after a change is not told what was seen before it", async () => {
    await shell.act("echo old >/dev/shm/state");
    const read = "cat /dev/shm/state; touch /dev/shm/seen; sleep 1";
    const early = shell.ask(read);
    await shell.act("until [ -e /dev/shm/seen ]; do sleep 0.05; done; echo new >/dev/shm/state");
    expect((await shell.ask(read)).stdout).toBe("new\n");
    expect((await early).stdout).toBe("old\n");
  });

  test("the death of the container rejects what is pending and what is asked later, and says so", async () => {
    const { id, shell: mortal } = await container("busybox", "mortal");
    const pending = [mortal.ask("sleep 20"), mortal.act("sleep 21")].map((answer) =>
      answer.then(String, (error: Error) => `${error.name}: ${error.message}`),
    );
    await mortal.ask("true");
    await run?.docker.getContainer(id).kill();
    const expected = "ProbeFailed: mortal can't be asked: its container ended";
    expect(await Promise.all(pending)).toEqual([expected, expected]);
    await expect(mortal.ask("true")).rejects.toThrow("mortal can't be asked: its container ended");
  });

  test("a container that ends before its shell reads questions rejects with what it said", async () => {
    if (run === null) return;
    const { id } = await run.docker.createContainer({
      name: nameOf(run.runId, "stillborn"),
      Image: run.images.busybox,
      Entrypoint: ["sh", "-c", "echo the server is missing >&2; exit 3"],
      Labels: labelsOf(run.runId),
      OpenStdin: true,
      StdinOnce: true,
      AttachStdin: true,
      AttachStdout: true,
      AttachStderr: true,
      HostConfig: { AutoRemove: true, NetworkMode: "none" },
    });
    const stillborn = await ResidentShell.attach(run.docker, id, "stillborn");
    await run.docker.getContainer(id).start();
    await expect(stillborn.ready()).rejects.toThrow("its container ended (it said: the server is missing)");
  });

  test("its container ends by itself when the asker lets go", async () => {
    const { id, shell: released } = await container("busybox", "released");
    const gone = run?.docker.getContainer(id).wait({ condition: "removed" });
    released.close();
    await gone;
    await expect(released.ask("true")).rejects.toThrow("it was closed");
  });

  test("figures: milliseconds per question", async () => {
    const sequential = performance.now();
    for (let n = 0; n < 50; n++) await shell.act("true");
    const each = (performance.now() - sequential) / 50;
    const parallel = performance.now();
    await Promise.all(Array.from({ length: 50 }, () => shell.act("true")));
    const atOnce = (performance.now() - parallel) / 50;
    console.log(`resident shell: ${each.toFixed(1)} ms a question one by one, ${atOnce.toFixed(1)} ms with 50 at once`);
    // Far above both on any machine: an exec would take longer.
    expect(each).toBeLessThan(200);
  });
});
