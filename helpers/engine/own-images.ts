import type Dockerode from "dockerode";
import { dockerErrorOf } from "./docker-error.ts";

/** An image that this project made on the engine: the suites' BusyBox and nginx, the lab's engines. */
interface OwnImage {
  readonly reference: string;
  readonly bytes: number;
}

const OURS = "docker-network-conformance/";

/** The images that this project made, found by their names, which nobody else's have. */
export async function ownImages(docker: Dockerode): Promise<OwnImage[]> {
  const images = await docker.listImages();
  return images
    .flatMap(({ RepoTags, Size }) => (RepoTags ?? []).map((reference) => ({ reference, bytes: Size })))
    .filter(({ reference }) => reference.startsWith(OURS))
    .toSorted((a, b) => a.reference.localeCompare(b.reference));
}

/**
 * Removes one of them.
 * @returns null when it is gone, else the engine's reason to keep it: a container uses it
 */
export async function removeImage(docker: Dockerode, { reference }: OwnImage): Promise<string | null> {
  try {
    await docker.getImage(reference).remove();
    return null;
  } catch (error) {
    const refusal = dockerErrorOf(error);
    if (refusal?.statusCode === 404) return null;
    if (refusal?.statusCode !== 409) throw error;
    return refusal.message;
  }
}

/** `docker-network-conformance/engine:28.5-4 (450 MB)` */
export function imageText({ reference, bytes }: OwnImage): string {
  return `${reference} (${Math.round(bytes / 1e6)} MB)`;
}
