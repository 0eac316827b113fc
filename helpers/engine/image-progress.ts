import type Dockerode from "dockerode";

/**
 * Reads the progress of a pull or an import to its end.
 *
 * @param onMessage called for every message of the engine
 * @throws Error with the engine's own words when it reports one: it answers 200 first and fails in the stream
 */
export async function progress(
  docker: Dockerode,
  stream: NodeJS.ReadableStream,
  onMessage: () => void = () => {},
): Promise<void> {
  await new Promise<void>((resolve, reject) => {
    docker.modem.followProgress(stream, (error: Error | null) => (error ? reject(error) : resolve()), onMessage);
  });
}
