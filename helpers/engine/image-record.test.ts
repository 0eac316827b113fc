import { readdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { type FoundImage, readImageRecord, recordImages } from "./image-record.ts";
import { scratchDirectory } from "./scratch-directory.ts";

const image = (origin: FoundImage["origin"]): FoundImage => ({ reference: "busybox:1.37", id: "sha256:4b0f", origin });

test("what is recorded for one engine leaves the others' entries alone", async () => {
  using scratch = scratchDirectory();
  const file = join(scratch.path, "cache", "images.json");
  const pulled = { busybox: image("pulled"), nginx: image("pulled") };
  const assembled = { busybox: image("assembled"), nginx: image("assembled") };
  await recordImages("A", pulled, file);
  await recordImages("B", pulled, file);
  await recordImages("A", assembled, file);
  expect(await readImageRecord(file)).toEqual({ A: assembled, B: pulled });
  expect(readdirSync(join(scratch.path, "cache"))).toEqual(["images.json"]);
});

test.each(["", "{", "null", '"text"'])("a damaged file (%j) is an empty record", async (content) => {
  using scratch = scratchDirectory();
  const file = join(scratch.path, "images.json");
  writeFileSync(file, content);
  expect(await readImageRecord(file)).toEqual({});
});
