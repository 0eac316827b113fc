import { readFile } from "node:fs/promises";
import type { TlsEndpoint } from "./endpoint.ts";
import { UserError } from "./errors.ts";

/** Contents of an endpoint's PEM files, in the names that `node:tls` takes; absent where the endpoint has none. */
interface TlsMaterial {
  readonly ca?: Buffer;
  readonly cert?: Buffer;
  readonly key?: Buffer;
}

/** Reads an endpoint's TLS files. Throws UserError naming the one that can't be read. */
export async function readTls(endpoint: TlsEndpoint): Promise<TlsMaterial> {
  const { ca, cert, key } = endpoint.tls;
  return {
    ...(ca === null ? {} : { ca: await read(endpoint, ca) }),
    ...(cert === null ? {} : { cert: await read(endpoint, cert) }),
    ...(key === null ? {} : { key: await read(endpoint, key) }),
  };
}

async function read(endpoint: TlsEndpoint, path: string): Promise<Buffer> {
  try {
    return await readFile(path);
  } catch (error) {
    throw new UserError({
      tried: `Reading the TLS files for ${endpoint.url} (${endpoint.origin})`,
      seen: error instanceof Error ? error.message : String(error),
      todo: `Make ${path} readable for this user.`,
    });
  }
}
