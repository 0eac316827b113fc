import { messageOf } from "../engine/docker-error.ts";

/**
 * Why no container looks at the host, by what its start threw: the engine's own words, and what to do where it has lost a
 * network that it makes at its start. While containers run, an engine with live-restore does not make it (moby#38160).
 */
export function whyNoView(thrown: unknown): string {
  const message = messageOf(thrown);
  const lost = /network (host|bridge|none) not found/.exec(message)?.[1];
  if (lost === undefined) return message;
  return `${message}: the engine has lost its own network ${lost}; stop all containers, then \`systemctl restart docker\` makes it anew`;
}
