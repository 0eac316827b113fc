import { expect, test } from "vitest";
import type { Evidence } from "../model/evidence.ts";
import { download, upload, WHOLE } from "./transfers.ts";

function answering(stdout: string) {
  return {
    label: "container c",
    ask: async (command: string): Promise<Evidence> => ({
      vantage: "container c",
      command,
      exitCode: 0,
      timedOut: false,
      stdout,
      stderr: "",
      ms: 1,
    }),
  };
}

test("the whole is what `seq 1 300000` prints", () => {
  expect(WHOLE).toEqual({ bytes: 1_988_895, md5: "daef482d6c698625ab13d987d14e8781" });
});

test("a download tells how much of it arrived", async () => {
  expect(await download(answering(`131072\n${WHOLE.md5}  -\n`), "192.0.2.1", 1)).toMatchObject({
    bytes: 131_072,
    md5: WHOLE.md5,
  });
  expect(await download(answering(""), "192.0.2.1", 1)).toMatchObject({ bytes: null, md5: "" });
});

test("an upload is told by the other side, or not at all", async () => {
  expect(await upload(answering(`${WHOLE.md5}  -\n`), "192.0.2.1", 1)).toMatchObject({ md5: WHOLE.md5 });
  expect(await upload(answering(""), "192.0.2.1", 1)).toMatchObject({ md5: "" });
});
