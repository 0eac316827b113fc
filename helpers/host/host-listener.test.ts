import { afterAll, describe, expect, test } from "vitest";
import { ProbeFailed } from "../model/evidence.ts";
import { http } from "../probes/reach.ts";
import { freeHostPort } from "../topology/host-ports.ts";
import { testRun } from "../vantage/testing/test-run.ts";
import { gatherFacts } from "./gather-facts.ts";
import { listenOnHost } from "./host-listener.ts";

const run = await testRun();

describe.skipIf(run === null)("a listener on the host", () => {
  afterAll(async () => await run?.end());

  test("answers as soon as it is there, and is gone when it is stopped", async () => {
    if (run === null) return;
    const port = freeHostPort(await gatherFacts(run.docker, run.view));
    const ask = () => http(run.view, "127.0.0.1", port).ask(2);
    for (let time = 0; time < 5; time++) {
      const listener = await listenOnHost(run.view, port);
      expect((await ask()).answer.trim()).toBe(listener.line);
      await listener.stop();
      expect((await ask()).outcome).toBe("refused");
    }
    await expect(listenOnHost(run.view, 99_999)).rejects.toBeInstanceOf(ProbeFailed);
  });
});
