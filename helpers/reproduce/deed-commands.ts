import type { Deed } from "../vantage/recorder.ts";
import { endpointFlags } from "./docker-flags.ts";
import { CannotReproduce } from "./steps.ts";

/** What was asked of the engine, as words of the docker command. */
interface DeedCommand {
  readonly words: readonly string[];
  /** The container that it is done to, by name or id as it stood in the request; null where it is a network's. */
  readonly container: string | null;
  /** The container runs anew afterwards. */
  readonly starts: boolean;
}

/** @throws CannotReproduce for what is no plain command about something that a topology made */
export function deedCommand({ method, path, body }: Deed): DeedCommand {
  const [, kind = "", id = "", verb = ""] = /^(?:\/v[\d.]+)?\/(\w+)\/([^/]+)(?:\/(\w+))?$/.exec(path) ?? [];
  const { Container, EndpointConfig, Force } = body;
  if (kind === "networks" && typeof Container === "string") {
    if (verb === "connect")
      return {
        words: ["network", "connect", ...endpointFlags(EndpointConfig).flat(), id, Container],
        container: Container,
        starts: false,
      };
    if (verb === "disconnect")
      return {
        words: ["network", "disconnect", ...(Force === true ? ["--force"] : []), id, Container],
        container: Container,
        starts: false,
      };
  }
  if (kind === "networks" && method === "DELETE")
    return { words: ["network", "rm", id], container: null, starts: false };
  if (kind === "containers") {
    if (method === "DELETE") return { words: ["rm", "--force", "--volumes", id], container: id, starts: false };
    const grace = typeof body.t === "number" ? ["--time", String(body.t)] : [];
    if (verb === "stop") return { words: ["stop", ...grace, id], container: id, starts: false };
    if (verb === "restart") return { words: ["restart", ...grace, id], container: id, starts: true };
    if (verb === "start") return { words: ["start", id], container: id, starts: true };
    if (verb === "pause" || verb === "unpause") return { words: [verb, id], container: id, starts: false };
  }
  throw new CannotReproduce(
    `between its questions it asks the engine's API for more than a plain command does (${method} ${path.replace(/[0-9a-f]{12,}/, "…")})`,
  );
}
