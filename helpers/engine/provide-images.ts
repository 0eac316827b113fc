import type Dockerode from "dockerode";
import { messageOf } from "./docker-error.ts";
import { UserError } from "./errors.ts";
import {
  IMAGE_ROLES,
  IMAGE_SOURCES,
  type ImageOrigin,
  type ImageRole,
  imageSettings,
  pullReference,
} from "./image-choice.ts";
import { type FoundImage, readImageRecord, recordImages } from "./image-record.ts";
import { lookUp } from "./images.ts";
import { pullImage } from "./pull-image.ts";

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
  if (unpulled.length > 0) {
    const { assembleImages } = await import("./assemble-images.ts");
    await assembleImages(docker, unpulled);
  }

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
