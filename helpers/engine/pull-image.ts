import type Dockerode from "dockerode";
import { progress } from "./image-progress.ts";

/**
 * Pulls an image through the engine, and gives up early where no registry is in reach: the engine itself would try
 * for minutes behind a firewall that drops its packets.
 *
 * @param silence longest time without any word of progress, in milliseconds
 * @param total longest time altogether, in milliseconds
 * @throws Error with the engine's reason, or with the deadline that passed
 */
export async function pullImage(
  docker: Dockerode,
  reference: string,
  { silence = 15_000, total = 180_000 }: { readonly silence?: number; readonly total?: number } = {},
): Promise<void> {
  const controller = new AbortController();
  const giveUp = (after: number, what: string): (() => void) => {
    return () => controller.abort(new Error(`${what} for ${after / 1000} s`));
  };
  let quiet = setTimeout(giveUp(silence, "no word from the registry"), silence);
  const whole = setTimeout(giveUp(total, "not finished"), total);
  try {
    const stream = await docker.pull(reference, { abortSignal: controller.signal });
    await progress(docker, stream, () => {
      clearTimeout(quiet);
      quiet = setTimeout(giveUp(silence, "no word from the registry"), silence);
    });
  } catch (error) {
    throw controller.signal.aborted ? controller.signal.reason : error;
  } finally {
    clearTimeout(quiet);
    clearTimeout(whole);
  }
}
