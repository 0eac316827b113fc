import { mkdir, readFile, rename, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { CACHE_FOLDER } from "../project-root.ts";
import type { ImageOrigin, ImageRole } from "./image-choice.ts";

/** An image as a run uses it. */
export interface FoundImage {
  readonly reference: string;
  /** `sha256:…` */
  readonly id: string;
  readonly origin: ImageOrigin;
}

/** By engine id, then by role. */
export type ImageRecord = Readonly<Record<string, Readonly<Partial<Record<ImageRole, FoundImage>>>>>;

const RECORD = join(CACHE_FOLDER, "images.json");

/** Reads which way the images of every engine came; a missing or damaged file is an empty record, not an error. */
export async function readImageRecord(file = RECORD): Promise<ImageRecord> {
  try {
    const record: unknown = JSON.parse(await readFile(file, "utf8"));
    return typeof record === "object" && record !== null ? (record as ImageRecord) : {};
  } catch {
    return {};
  }
}

/** Writes down which way the images of one engine came; other engines' entries stay. */
export async function recordImages(
  engineId: string,
  images: Readonly<Record<ImageRole, FoundImage>>,
  file = RECORD,
): Promise<void> {
  const record = { ...(await readImageRecord(file)), [engineId]: images };
  await mkdir(dirname(file), { recursive: true });
  await writeFile(`${file}.new`, `${JSON.stringify(record, null, 2)}\n`);
  await rename(`${file}.new`, file);
}
