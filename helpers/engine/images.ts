import type Dockerode from "dockerode";
import { dockerErrorOf } from "./docker-error.ts";
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
  ORIGIN_LABEL,
} from "./image-choice.ts";
import { type FoundImage, readImageRecord } from "./image-record.ts";

export type { ImageRole } from "./image-choice.ts";

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
export async function lookUp(
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
