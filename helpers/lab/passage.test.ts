import { once } from "node:events";
import { connect } from "node:net";
import { afterAll, describe, expect, test } from "vitest";
import { labelsOf, nameOf } from "../engine/run-identity.ts";
import { removeContainer } from "../engine/sweep.ts";
import { testRun } from "../vantage/testing/test-run.ts";
import { openPassage } from "./passage.ts";

const run = await testRun();

describe.skipIf(run === null)("a passage", () => {
  if (run === null) return;
  const { docker, images, runId } = run;
  afterAll(async () => await run.end());

  /** Sends a text, ends, and gives what came back until the other side ended. */
  async function exchange(port: number, text: string): Promise<string> {
    const socket = connect({ port, host: "127.0.0.1", allowHalfOpen: true });
    let answer = "";
    socket.setEncoding("utf8").on("data", (piece: string) => {
      answer += piece;
    });
    socket.end(text);
    await once(socket, "end");
    return answer;
  }

  test("leads several connections at once to a port that only the container has, both ways and to the last byte", async () => {
    const container = await docker.createContainer({
      name: nameOf(runId, "passage"),
      Image: images.busybox,
      Labels: labelsOf(runId),
      Cmd: ["busybox", "nc", "-ll", "-p", "2375", "-e", "cat"],
      NetworkDisabled: true,
      HostConfig: { AutoRemove: true, NetworkMode: "none" },
    });
    const passage = await openPassage(docker, container.id, 2375);
    const nowhere = await openPassage(docker, container.id, 2376);
    try {
      await container.start();
      const texts = ["a", "b".repeat(300_000), "line\nline\n"];
      // The server binds a moment after its container has started.
      await expect.poll(() => exchange(passage.port, "x"), { timeout: 10_000 }).toBe("x");
      expect(await Promise.all(texts.map((text) => exchange(passage.port, text)))).toEqual(texts);
      expect(await exchange(nowhere.port, "x"), "where nobody listens").toBe("");
      passage.close();
      await expect(exchange(passage.port, "x")).rejects.toThrow("ECONNREFUSED");
    } finally {
      passage.close();
      nowhere.close();
      await removeContainer(docker, container.id);
    }
  });
});
