import { type IncomingMessage, request as plainRequest, type RequestOptions } from "node:http";
import { request as tlsRequest } from "node:https";
import type { SecureContextOptions } from "node:tls";

/** Where an engine listens, as node's own clients are told. */
export type Way = Pick<RequestOptions, "socketPath" | "host" | "port"> &
  Pick<SecureContextOptions, "ca" | "cert" | "key"> & { readonly protocol: "http" | "https" };

/** What came back for a question to whatever listens at an engine's address. */
interface RawAnswer {
  readonly status: number;
  /** Where a redirection leads; empty without one. */
  readonly location: string;
  readonly body: string;
  /** The body goes on beyond what was read of it. */
  readonly endless: boolean;
}

/** An engine's /version and /info are a few kB; a thousand times as much is something else. */
const LONGEST_BODY = 4 * 1024 * 1024;

/**
 * Asks what listens at an engine's address, before it is known to be an engine: unlike dockerode's own calls this reads
 * no body without end into memory, and follows nobody elsewhere.
 *
 * @param signal gives up, also while the body is coming
 * @returns whatever was answered; rejects when nothing was
 */
export async function askEngine(way: Way, path: string, signal: AbortSignal): Promise<RawAnswer> {
  const { protocol, ...where } = way;
  // No agent: node's own may be told by the environment to go through a proxy.
  const options = { ...where, path, signal, agent: false } as const;
  const response = await new Promise<IncomingMessage>((resolve, reject) => {
    const asked = protocol === "https" ? tlsRequest(options, resolve) : plainRequest(options, resolve);
    asked.on("error", reject).end();
  });
  const chunks: Buffer[] = [];
  let length = 0;
  for await (const chunk of response as AsyncIterable<Buffer>) {
    chunks.push(chunk);
    length += chunk.length;
    // Leaving the loop closes the connection.
    if (length > LONGEST_BODY) break;
  }
  return {
    status: response.statusCode ?? 0,
    location: response.headers.location ?? "",
    body: Buffer.concat(chunks).toString(),
    endless: length > LONGEST_BODY,
  };
}
