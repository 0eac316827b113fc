import type Dockerode from "dockerode";
import { assembleImages, ORIGIN_LABEL } from "./assemble-images.ts";
import { dockerErrorOf, messageOf } from "./docker-error.ts";
import { EXIT, UserError } from "./errors.ts";
import {
  chooseReference,
  IMAGE_ROLES,
  IMAGE_SOURCES,
  type ImageOrigin,
  type ImageRole,
  type ImageSettings,
  imageSettings,
  localRepositories,
  pullReference,
} from "./image-choice.ts";
import { type FoundImage, readImageRecord, recordImages } from "./image-record.ts";
import { pullImage } from "./pull-image.ts";

export type { ImageOrigin, ImageRole } from "./image-choice.ts";
export type { FoundImage } from "./image-record.ts";

interface ImageOnEngine {
  readonly reference: string;
  readonly id: string;
  readonly assembled: boolean;
}

/** Looks up the exact reference (tag, digest or id) asked for; null when the engine doesn't have it. */
async function inspectExact(docker: Dockerode, role: ImageRole, reference: string): Promise<ImageOnEngine | null> {
  try {
    // Dockerode puts it into the path as it is, and Node refuses a blank there in words that name nothing.
    const image = await docker.getImage(encodeURI(reference)).inspect();
    return { reference, id: image.Id, assembled: image.Config?.Labels?.[ORIGIN_LABEL] === "assembled" };
  } catch (error) {
    const answer = dockerErrorOf(error);
    if (answer?.statusCode === 404) return null;
    if (answer?.statusCode !== 400) throw error;
    throw new UserError({
      tried: `looking for ${reference}, which ${IMAGE_SOURCES[role].variable} asks for`,
      seen: answer.message,
      todo: "Write repository:tag, or repository@sha256: and 64 hexadecimal digits.",
      exitCode: EXIT.usage,
    });
  }
}

/** Finds what the engine has for every role: two calls side by side, one list for all roles that have no exact reference. */
async function lookUp(
  docker: Dockerode,
  settings: ImageSettings,
): Promise<Readonly<Record<ImageRole, ImageOnEngine | null>>> {
  const repositories = IMAGE_ROLES.flatMap((role) => [
    ...localRepositories(role, settings),
    ...IMAGE_SOURCES[role].assembled.split(":").slice(0, 1),
  ]);
  const listed = docker.listImages({ filters: { reference: repositories } });
  const find = async (role: ImageRole): Promise<ImageOnEngine | null> => {
    const exact = settings.exact[role];
    if (exact !== undefined) return inspectExact(docker, role, exact);
    const images = await listed;
    const reference = chooseReference(
      role,
      images.flatMap((image) => image.RepoTags ?? []),
      settings,
    );
    const image = images.find((candidate) => candidate.RepoTags?.includes(reference ?? ""));
    if (reference === undefined || image === undefined) return null;
    return { reference, id: image.Id, assembled: image.Labels?.[ORIGIN_LABEL] === "assembled" };
  };
  const [busybox, nginx] = await Promise.all([find("busybox"), find("nginx"), listed]);
  return { busybox, nginx };
}

/**
 * Finds the images that a test run uses. Never pulls, never assembles: that is `provideImages`.
 *
 * @throws UserError when the engine lacks one; it says what to do
 */
export async function findImages(
  docker: Dockerode,
  env: Readonly<Record<string, string | undefined>> = process.env,
): Promise<Record<ImageRole, FoundImage>> {
  const settings = imageSettings(env);
  const [found, record, info] = await Promise.all([lookUp(docker, settings), readImageRecord(), docker.info()]);
  const describe = (role: ImageRole): FoundImage => {
    const image = found[role];
    if (image === null) {
      const { variable } = IMAGE_SOURCES[role];
      const exact = settings.exact[role];
      throw new UserError({
        tried: `looking for the ${role} image on the engine`,
        seen: exact === undefined ? "the engine has none" : `the engine has no ${exact}, which ${variable} asks for`,
        todo: `Run ./setup${exact === undefined ? `, or name an image that the engine has in ${variable}` : ""}.`,
      });
    }
    const recorded = record[String(info.ID)]?.[role];
    const origin: ImageOrigin = image.assembled ? "assembled" : recorded?.id === image.id ? recorded.origin : "unknown";
    return { reference: image.reference, id: image.id, origin };
  };
  return { busybox: describe("busybox"), nginx: describe("nginx") };
}

/** The first line of whatever was thrown, in the engine's own words where it is the engine's error. */
function reason(error: unknown): string {
  const message = messageOf(error);
  return message.split("\n")[0] ?? "";
}

/**
 * Sees to it that the engine has both images: what it already has is taken, else pulled, else assembled from the
 * distribution's packages. An exact reference (`DNC_BUSYBOX_IMAGE`, `DNC_NGINX_IMAGE`) is pulled or nothing: nobody
 * who names an image wants another one.
 *
 * @param report gets one line per image
 * @throws UserError when an image can't be had
 */
export async function provideImages(
  docker: Dockerode,
  report: (role: ImageRole, line: string) => void,
  env: Readonly<Record<string, string | undefined>> = process.env,
): Promise<Record<ImageRole, FoundImage>> {
  const settings = imageSettings(env);
  const before = await lookUp(docker, settings);
  const origins: Record<ImageRole, ImageOrigin> = { busybox: "present", nginx: "present" };
  const notes: Record<ImageRole, string> = { busybox: "", nginx: "" };

  const missing = IMAGE_ROLES.filter((role) => before[role] === null);
  const unpulled: ImageRole[] = [];
  await Promise.all(
    missing.map(async (role) => {
      const reference = pullReference(role, settings);
      try {
        await pullImage(docker, reference);
        origins[role] = "pulled";
      } catch (error) {
        if (settings.exact[role] !== undefined) {
          throw new UserError({
            tried: `pulling ${reference}, which ${IMAGE_SOURCES[role].variable} asks for`,
            seen: reason(error),
            todo: `Load it into the engine (docker load), log in and pull it by hand, or unset ${IMAGE_SOURCES[role].variable}.`,
          });
        }
        unpulled.push(role);
        origins[role] = "assembled";
        notes[role] = `; ${reference} could not be pulled: ${reason(error)}`;
      }
    }),
  );
  if (unpulled.length > 0) await assembleImages(docker, unpulled);

  const after = missing.length > 0 ? await lookUp(docker, settings) : before;
  const [record, info] = await Promise.all([readImageRecord(), docker.info()]);
  const engineId = String(info.ID);
  const known = record[engineId];
  const describe = (role: ImageRole): FoundImage => {
    const image = after[role];
    if (image === null) {
      throw new UserError({
        tried: `providing the ${role} image`,
        seen: `the engine took it (${origins[role]}), yet does not list it`,
        todo: "Look at `docker images` and at the engine's log.",
      });
    }
    const recorded = known?.[role];
    const origin = image.assembled
      ? "assembled"
      : origins[role] === "present" && recorded?.id === image.id
        ? recorded.origin
        : origins[role];
    report(
      role,
      `${image.reference} (${origins[role] === "present" ? `on the engine already, ${origin}` : origin}${notes[role]})`,
    );
    return { reference: image.reference, id: image.id, origin };
  };
  const images = { busybox: describe("busybox"), nginx: describe("nginx") };
  if (JSON.stringify(known) !== JSON.stringify(images)) await recordImages(engineId, images);
  return images;
}
